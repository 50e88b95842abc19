"""What a provider process remembers between the calls of the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mirrors.divio import Divio
from mirrors.errors import HeldError, MirrorsError, NotCheckedError, PausedError
from mirrors.planning.site_state import SiteState
from mirrors.planning.variables.writes import Desired
from mirrors.resources.bulk_reads import BulkReadCache
from mirrors.resources.once import once
from mirrors.resources.write_gate import WriteGate

NOT_STARTED: Mapping[str, Callable[[str], MirrorsError]] = {"held": HeldError, "paused": PausedError}


@dataclass(frozen=True, slots=True)
class CheckedSite:
    """What ``check`` has seen of a site and the state does not keep.

    ``variables``: {name: what to set}, secrets with their values. ``secrets``: the names of those. ``rollout``: what
    keeps the site from following each release. ``attempt``: the run that reports a failure at its end, so that it keeps
    no other site from being repaired. ``newest``: of a site that gets each release, the newest one when the program
    planned. ``shared``: of the original, {name: fingerprint} of the values that its mirrors get in this run.
    ``databases``: identities of those that a new site may run with, the original's first. ``unchanged``: whether the
    checked inputs are those that the state has. ``observed``: names of the variables that were set when the program
    looked.
    """

    variables: Mapping[str, Desired] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = frozenset()
    rollout: str | None = None
    attempt: str | None = None
    newest: str | None = None
    shared: Mapping[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    unchanged: bool = False
    observed: frozenset[str] = frozenset()

    @classmethod
    def from_check(cls, news: Mapping[str, Any], variables: Mapping[str, Desired], secrets: frozenset[str]) -> Self:
        rollout = news.get("rollout")
        # The original has no release: what it deploys is one.
        newest = news.get("newest") if rollout is None and news.get("release") else None
        shared, databases = news.get("shared") or {}, tuple(news.get("databases") or ())
        observed = frozenset(news.get("observed") or ())
        return cls(variables, secrets, rollout, news.get("collected"), newest, shared, databases, observed=observed)

    @property
    def values(self) -> dict[str, str]:
        """{name: value}, secrets too."""
        return {name: item.value for name, item in self.variables.items()}

    @property
    def sensitive(self) -> frozenset[str]:
        """The names of those that the platform is to hide."""
        return frozenset(name for name, item in self.variables.items() if item.sensitive)

    @property
    def refusal(self) -> Callable[[str], MirrorsError] | None:
        """What is raised instead of starting a deployment."""
        return NOT_STARTED.get(self.rollout or "")


class Operation:
    """The memory of a process. The engine starts one for each of its operations, and ends it with that.

    The engine calls ``check`` of a resource before it creates or updates it, in the same process, and no two calls at
    once for one resource. So ``check`` leaves here what may not stand in the state, and the call after it takes it from
    here. What is not here was not checked: that is an error, never a default. A site that is held or paused must not
    pass for one that is neither.

    Each entry belongs to one environment, and only calls for its resource write it. ``variable_gate``,
    ``deployment_gate`` and the ``reads`` lock themselves.
    """

    def __init__(self) -> None:
        self._declared: dict[str, CheckedSite] = {}
        self.stored: dict[str, SiteState] = {}
        """{environment: what the state has of its site}, of what this process was asked to read, to check or to remove.

        It tells whose a variable is where the engine replaces a resource: then ``check`` gets no old inputs.
        """

        self.read_back: dict[str, Mapping[str, str]] = {}
        """{environment: {name: value}} as this process has read them back. It spares a deployment the same look."""
        self.variable_gate = WriteGate()
        self.deployment_gate = WriteGate()
        """A right of its own: a token may set variables and yet start no deployment."""

        self.reads: Callable[[Divio], BulkReadCache] = once(BulkReadCache)
        """What was read in bulk: one for all threads, as they share their client."""

    def checks(self, environment: str, declared: CheckedSite) -> None:
        self._declared[environment] = declared

    def declared(self, environment: str, site: str) -> CheckedSite:
        """Raises NotCheckedError."""
        if (declared := self._declared.get(environment)) is None:
            raise NotCheckedError(site)
        return declared

    def known(self, environment: str) -> CheckedSite | None:
        """For what only may have been checked: a resource that goes, or one that is compared."""
        return self._declared.get(environment)


OPERATION = Operation()
