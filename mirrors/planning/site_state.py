"""A site in a stack's state: its variables, its deployed variables, and its deployment. Part of the state's schema."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from mirrors.planning.site_properties import (
    ABSENT_ENTRY,
    OUTPUTS,
    RUNNING_SUFFIX,
    Properties,
    is_variable,
    make_property_key,
    read_variable_name,
)
from mirrors.planning.variable_entries import VariableEntries, VariableEntry, find_differences


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site in the state.

    Args:
        is_set: {name: entry} of the variables that are set.
        runs: {name: entry} of the deployed variables; empty without a deployment.
        found: The names that were set before Mirrors managed the site.
        release: The release of ``image_environment`` that the site runs; empty where none is wanted.
        verified: Whether the deployment was found healthy; None where the configuration asks for no health.
        deployment: The uuid of the deployment; None where Mirrors knows none.
        url: The site's address.
        failed: The failure in the run ``attempt``, where Mirrors records failures instead of stopping.
        attempt: The run that failed.
        image_environment: The uuid of the original's environment whose image the site runs.
    """

    is_set: VariableEntries = field(default_factory=dict)
    runs: VariableEntries = field(default_factory=dict)
    found: frozenset[str] = frozenset()
    release: str | None = None
    verified: bool | None = None
    deployment: str | None = None
    url: str | None = None
    failed: str | None = None
    attempt: str | None = None
    image_environment: str | None = None

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Self:
        """Return the site of a resource's inputs or outputs; an empty one without properties."""
        is_set = {
            read_variable_name(key): VariableEntry.of(properties[key]) for key in _list_keys(properties, running=False)
        }
        others = {read_variable_name(key): properties[key] for key in _list_keys(properties, running=True)}
        runs = {name: entry for name, entry in is_set.items() if name not in others}
        runs |= {name: VariableEntry.of(stored) for name, stored in others.items() if stored != ABSENT_ENTRY}
        site = cls(
            is_set,
            runs,
            frozenset(properties.get("found") or ()),
            *(properties.get(key) for key in ("release", "verified", *OUTPUTS)),
        )
        return replace(site, url=site.url or None, image_environment=properties.get("image_environment"))

    @property
    def known(self) -> VariableEntries:
        """Return {name: entry} of each known name, deployed or set."""
        return {**self.is_set, **self.runs}

    @property
    def inputs(self) -> Properties:
        """Return the inputs after a refresh. The next update repairs each difference from the declared inputs.

        Without a deployment they have no release. The inputs of ``check`` always have one, so they differ.
        """
        entries = {make_property_key(name): entry.stored for name, entry in self.is_set.items()}
        kept: Properties = {"found": sorted(self.found)} if self.found else {}
        kept |= {} if self.image_environment is None else {"image_environment": self.image_environment}
        if self.deployment is None:
            return entries | kept
        verified = {} if self.verified is None else {"verified": self.verified}
        return entries | self._running | kept | {"release": self.release or ""} | verified

    @property
    def outputs(self) -> Properties:
        """Return the outputs.

        Pulumi treats an absent output as unknown, in a preview and in a refresh that runs the program. So ``url`` is
        always there, and empty where the site has no address.
        """
        done = {key: getattr(self, key) for key in ("release", *OUTPUTS)} | {"url": self.url or ""}
        return self.inputs | {key: value for key, value in done.items() if value is not None}

    @property
    def _running(self) -> Properties:
        """Return the properties of the deployed values that differ from the set ones."""
        entries = ((name, self.runs.get(name)) for name in find_differences(self.is_set, self.runs))
        return {
            f"{make_property_key(name)}{RUNNING_SUFFIX}": dict(ABSENT_ENTRY) if item is None else item.stored
            for name, item in entries
        }

    def needs_deployment(self, declared: Self) -> bool:
        """Return whether the site does not run as declared."""
        released = self.deployment is not None and declared.release == self.release
        return not released or bool(find_differences(self.only_managed(declared.is_set).runs, declared.is_set))

    def outdated_by(self, declared: Self) -> Literal["value", "release"] | None:
        """Return what makes the deployment outdated as far as the state knows: a value for sure, or maybe its release.

        A variable that Mirrors does not manage yet proves nothing: the site may run with the declared value. A release
        does not, either: the platform has deployed the newest image, which may be newer than the one in the state.
        """
        runs = ((entry, self.runs.get(name)) for name, entry in declared.is_set.items())
        if any(now is not None and now.secret == entry.secret and now.value != entry.value for entry, now in runs):
            return "value"
        return "release" if declared.release and self.release != declared.release else None

    def needs_health_check(self, declared: Self) -> bool:
        """Return whether the site failed before, or its health is not verified yet, even if it runs as declared."""
        return self.failed is not None or bool(declared.verified and not self.verified)

    def matches(self, declared: Self) -> bool:
        """Return whether an update has nothing to do."""
        left = self.needs_deployment(declared) or self.needs_health_check(declared)
        return not left and self.is_set == declared.is_set

    def with_wanted_release(self, release: str | None) -> Self:
        """Return the site for comparison with the wanted release.

        Without a deployment the state knows no release. If no release is wanted, the empty one stays.
        """
        return self if self.deployment is not None else replace(self, release=None if release else release)

    def with_kept_release(self, before: Self, restriction: str | None) -> Self:
        """Return the declared site, with the release that its restriction lets it keep.

        A site that follows no release keeps the one that it runs. Mirrors does not ask a held site for its health.
        ``check`` knows only the inputs, which after a failure are those of the attempt.

        Args:
            before: The site as the outputs have it.
            restriction: Why the site does not get each release, as ``check`` gets it.
        """
        if restriction not in ("keep-release", "held"):
            return self
        image = before.image_environment or self.image_environment
        kept = replace(self, release=before.release or "", image_environment=image)
        return replace(kept, verified=before.verified) if restriction == "held" else kept

    def only_managed(self, declared: Collection[str]) -> Self:
        """Return the site without the variables from before Mirrors that are not declared: those stay as they are."""
        left = self.found.difference(declared)
        return replace(self, is_set=_drop_names(self.is_set, left), runs=_drop_names(self.runs, left))


def _list_keys(properties: Mapping[str, Any], *, running: bool) -> Iterable[str]:
    return [key for key in properties if is_variable(key) and key.endswith(RUNNING_SUFFIX) is running]


def _drop_names(entries: VariableEntries, names: Collection[str]) -> dict[str, VariableEntry]:
    return {name: entry for name, entry in entries.items() if name not in names}


def record_writes(
    before: SiteState, made: VariableEntries, removed: Collection[str], found: frozenset[str]
) -> SiteState:
    """Return the site after an attempt that failed behind these writes. The deployed variables are as before."""
    return replace(before, is_set={**_drop_names(before.is_set, removed), **made}, found=found)
