"""The memory of a provider process between the calls of the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from mirrors.divio import Divio, EnvironmentVariable
from mirrors.errors import MirrorsError
from mirrors.planning.site_properties import read_check_only
from mirrors.planning.site_state import SiteState
from mirrors.planning.variables.writes import DesiredVariable
from mirrors.resources.bulk_reads import BulkReadCache
from mirrors.resources.failures import held_site, paused_site, site_not_checked
from mirrors.resources.locked_cache import locked_cache
from mirrors.resources.write_gate import WriteGate

START_REFUSALS: Mapping[str, Callable[[str], MirrorsError]] = {"held": held_site, "paused": paused_site}
"""{restriction: the error to raise instead of starting a deployment}."""


@dataclass(frozen=True, slots=True)
class CheckedSite:
    """A site as ``check`` saw it, beyond what the state keeps.

    A check-only input has its name in ``CHECK_ONLY`` here. ``slot`` has no field. ``secrets`` comes from the variables,
    and ``unchanged`` from ``check`` itself.

    Args:
        variables: {name: the desired value}, secrets with their values.
        secrets: The names of the secret ones.
        restriction: Why the site does not get each release (``held``, ``paused`` or ``keep-release``); None where it
            does.
        deferring_run: The run, if it reports a failure at its end. The failure then stops the repair of no other site.
            None where a failure stops the update.
        newest_release: The newest release when the program planned, for a site that gets each release.
        shared_digests: {name: digest} of the values that the original's mirrors get in this run.
        databases: The identities of the databases that a new site may run with, the original's first.
        unchanged: Whether the checked inputs are those of the state.
        observed: The names of the variables that were set when the program planned.
    """

    variables: Mapping[str, DesiredVariable] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = frozenset()
    restriction: str | None = None
    deferring_run: str | None = None
    newest_release: str | None = None
    shared_digests: Mapping[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    unchanged: bool = False
    observed: frozenset[str] = frozenset()

    @classmethod
    def from_check(
        cls, news: Mapping[str, Any], variables: Mapping[str, DesiredVariable], secrets: frozenset[str]
    ) -> Self:
        """Return the site of the properties that ``check`` got."""
        inputs = read_check_only(news)
        # The original has no release: what it deploys is one.
        follows_releases = inputs["restriction"] is None and news.get("release")
        return cls(
            variables,
            secrets,
            inputs["restriction"],
            deferring_run=inputs["deferring_run"],
            newest_release=inputs["newest_release"] if follows_releases else None,
            shared_digests=inputs["shared_digests"] or {},
            databases=tuple(inputs["databases"] or ()),
            observed=frozenset(inputs["observed"] or ()),
        )

    @property
    def is_held(self) -> bool:
        return self.restriction == "held"

    @property
    def is_paused(self) -> bool:
        return self.restriction == "paused"

    @property
    def values(self) -> dict[str, str]:
        """{name: value}, secrets too."""
        return {name: item.value for name, item in self.variables.items()}

    @property
    def sensitive(self) -> frozenset[str]:
        """The names of the variables that the platform must hide."""
        return frozenset(name for name, item in self.variables.items() if item.sensitive)

    @property
    def start_refusal(self) -> Callable[[str], MirrorsError] | None:
        """The error to raise instead of starting a deployment."""
        return START_REFUSALS.get(self.restriction or "")


class ProcessMemory:
    """The memory of a process. The engine starts one process for each operation and ends it with that.

    The engine calls ``check`` of a resource before it creates or updates it, in the same process. It makes no two calls
    at once for one resource. So ``check`` leaves here what the state must not hold, and the next call takes it from
    here. A missing entry was not checked: that is an error, never a default. A held or paused site must not pass for
    one that is neither.

    Each entry belongs to one environment, and only calls for its resource write it. ``variable_gate``,
    ``deployment_gate`` and the ``bulk_reads`` lock themselves.
    """

    def __init__(self) -> None:
        self._checked_sites: dict[str, CheckedSite] = {}
        self.stored_sites: dict[str, SiteState] = {}
        """{environment: the stored state of its site} for each site that this process reads, checks or removes.

        It says who owns a variable where the engine replaces a resource: ``check`` gets no old inputs then.
        """

        self.verified_variables: dict[str, Mapping[str, str]] = {}
        """{environment: {name: value}} as this process has verified them. A deployment need not verify them again."""
        self.unchanged_variables: dict[str, Sequence[EnvironmentVariable]] = {}
        """{environment: its variables} where no variable had to be written. A deployment need not read them again."""
        self.variable_gate = WriteGate()
        self.deployment_gate = WriteGate()
        """A gate of its own: a token may set variables and yet start no deployment."""

        self.bulk_reads: Callable[[Divio], BulkReadCache] = locked_cache(BulkReadCache)
        """Return the bulk reads: one cache for all threads, because they share their client."""

    def record_check(self, environment: str, site: CheckedSite) -> None:
        self._checked_sites[environment] = site

    def require_checked_site(self, environment: str, site: str) -> CheckedSite:
        """Return the site that ``check`` saw. Raises MirrorsError if this process did not check it."""
        if (checked := self._checked_sites.get(environment)) is None:
            raise site_not_checked(site)
        return checked

    def find_checked_site(self, environment: str) -> CheckedSite | None:
        """Return the checked site, or None, for calls that may come without a check: a removal or a comparison."""
        return self._checked_sites.get(environment)

    def forget_variables(self, environment: str) -> None:
        """Forget the variables that this process has seen there: others may write during a wait."""
        self.verified_variables.pop(environment, None)
        self.unchanged_variables.pop(environment, None)


PROCESS_MEMORY = ProcessMemory()
