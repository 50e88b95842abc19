"""A site in a stack's state: its variables, its deployed variables, and its deployment. Part of the state's schema.

Each variable is a property. A plain one has its value, a secret has ``{fingerprint}``: no state has a secret's value.
``NAME (running)`` exists only where the site runs with another value than is set.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from mirrors.planning.variables.names import is_service_variable, sort_for_writing
from mirrors.planning.variables.writes import PROVIDER_PROPERTY, pick_deployed_values

INPUTS = ("site", "environment", "image_environment", "release", "verified", "found", "hmac_key")
OUTPUTS = ("deployment", "url", "failed", "attempt")
CHECK_ONLY = ("variables", "rollout", "turn", "observed", "databases", "collected", "newest", "shared")
"""The check-only inputs. The state keeps none of them."""

RUNNING_SUFFIX = " (running)"
"""The end of the key of a deployed value. No variable's name contains a blank."""

ABSENT_ENTRY: Mapping[str, Any] = {"absent": True}
"""The deployed value of a variable that is set, and that the site does not run with as far as Mirrors knows."""

FINGERPRINT_BYTES = 16

Properties = dict[str, Any]
StoredEntry = str | Mapping[str, Any]


def fingerprint_secret(key: str, name: str, value: str) -> str:
    """Return a keyed digest that shows whether two secrets are equal. Each site has its own ``key``, a secret."""
    digest = hmac.digest(key.encode(), f"{name}\0{value}".encode(), "sha256")
    return urlsafe_b64encode(digest[:FINGERPRINT_BYTES]).decode().rstrip("=")


def make_property_key(name: str) -> str:
    """Return the property of a variable. A taken name gets an equals sign before it, which no variable's name contains.

    Mirrors' properties and those of every resource are taken. So are names that begin with an underscore. Pulumi shows
    no property that begins with two, and in the SDK such a property would hide an attribute of the resource.
    """
    taken = name in (*INPUTS, *OUTPUTS, *CHECK_ONLY, "id", "urn") or name.startswith(("_", "="))
    return f"={name}" if taken else name


def read_variable_name(key: str) -> str:
    """Return the variable's name of a property."""
    return key.removesuffix(RUNNING_SUFFIX).removeprefix("=")


def is_variable(key: str) -> bool:
    """Return whether a property is a variable."""
    return key not in (*INPUTS, *OUTPUTS, *CHECK_ONLY, PROVIDER_PROPERTY, "id", "urn")


@dataclass(frozen=True, slots=True)
class VariableEntry:
    """A variable in the state.

    Args:
        value: The plain value, or the fingerprint of a secret.
        secret: Whether ``value`` is a fingerprint.
        sensitive: Whether the platform hides the value.
    """

    value: str
    secret: bool = False
    sensitive: bool = False

    @classmethod
    def of(cls, stored: StoredEntry) -> Self:
        """Return the entry of a stored property."""
        if isinstance(stored, str):
            return cls(stored)
        secret = "fingerprint" in stored
        value = stored["fingerprint"] if secret else stored["value"]
        return cls(str(value), secret, bool(stored.get("sensitive", secret)))

    @property
    def stored(self) -> StoredEntry:
        """Return the property in the state, without the flags that have their usual value."""
        if self.secret:
            return {"fingerprint": self.value} | ({} if self.sensitive else {"sensitive": False})
        return {"value": self.value, "sensitive": True} if self.sensitive else self.value

    def has_value_of(self, other: "VariableEntry | None") -> bool:
        """Return whether both have one value, whatever their flags."""
        return other is not None and (self.value, self.secret) == (other.value, other.secret)


VariableEntries = Mapping[str, VariableEntry]


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
            read_variable_name(key): VariableEntry.of(properties[key]) for key in _keys(properties, running=False)
        }
        others = {read_variable_name(key): properties[key] for key in _keys(properties, running=True)}
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

    def with_kept_release(self, before: Self, rollout: str | None) -> Self:
        """Return the declared site, with the release that the rollout lets it keep.

        A site that follows no release keeps the one that it runs. Mirrors does not ask a held site for its health.
        ``check`` knows only the inputs, which after a failure are those of the attempt.

        Args:
            before: The site as the outputs have it.
            rollout: The site's part in the rollout, as ``check`` gets it.
        """
        if rollout not in ("keep-release", "held"):
            return self
        image = before.image_environment or self.image_environment
        kept = replace(self, release=before.release or "", image_environment=image)
        return replace(kept, verified=before.verified) if rollout == "held" else kept

    def only_managed(self, declared: Collection[str]) -> Self:
        """Return the site without the variables from before Mirrors that are not declared: those stay as they are."""
        left = self.found.difference(declared)
        return replace(self, is_set=_without(self.is_set, left), runs=_without(self.runs, left))


def _keys(properties: Mapping[str, Any], *, running: bool) -> Iterable[str]:
    return [key for key in properties if is_variable(key) and key.endswith(RUNNING_SUFFIX) is running]


def _without(entries: VariableEntries, names: Collection[str]) -> dict[str, VariableEntry]:
    return {name: entry for name, entry in entries.items() if name not in names}


def _same(one: VariableEntry | None, other: VariableEntry | None) -> bool:
    return one is other or (one is not None and one.has_value_of(other))


def find_differences(before: VariableEntries, now: VariableEntries) -> list[str]:
    """Return the names whose values differ, in the order of writing. Another flag needs no deployment."""
    return sort_for_writing(name for name in {*before, *now} if not _same(before.get(name), now.get(name)))


def record_writes(
    before: SiteState, made: VariableEntries, removed: Collection[str], found: frozenset[str]
) -> SiteState:
    """Return the site after an attempt that failed behind these writes. The deployed variables are as before."""
    return replace(before, is_set={**_without(before.is_set, removed), **made}, found=found)


def make_entry(key: str, name: str, value: str, *, secret: bool, sensitive: bool) -> VariableEntry:
    """Return the entry of a value. ``key`` is the key of the site's fingerprints."""
    return VariableEntry(fingerprint_secret(key, name, value) if secret else value, secret, sensitive)


def make_set_entry(known: VariableEntry, key: str, name: str, value: str, *, sensitive: bool) -> VariableEntry:
    """Return the entry of a value that is set and shown.

    A service with a new value counts as a secret, because an update that was killed may have written it as one.
    """
    secret = known.secret or (is_service_variable(name) and value != known.value)
    return make_entry(key, name, value, secret=secret, sensitive=sensitive)


def _running_entry(
    known: VariableEntry, is_set: VariableEntry | None, key: str, name: str, value: str
) -> VariableEntry:
    """Return the entry of a deployed value. It is plain only where the state has it, or has it set, as plain.

    Any other value may be a secret, even if the variable is plain now: the platform shows what it hid at deployment.
    """
    if is_set is not None and is_set.has_value_of(VariableEntry(value)):
        return is_set
    found_secret = not known.secret and value != known.value
    return make_entry(key, name, value, secret=known.secret or found_secret, sensitive=known.sensitive or found_secret)


def make_deployed_entries(
    known: VariableEntries, is_set: VariableEntries, deployed: Mapping[str, str | None], key: str
) -> dict[str, VariableEntry]:
    """Return {name: entry} of the known names that the platform shows in a deployment which Mirrors did not make.

    Args:
        known: {name: entry} that the state knows.
        is_set: {name: entry} that are set now.
        deployed: The deployed variables; None for a hidden value.
        key: The key of the site's fingerprints.
    """
    shown = pick_deployed_values(known, deployed, [name for name, entry in known.items() if entry.sensitive])
    return {
        name: _running_entry(known[name], is_set.get(name), key, name, value)
        for name, value in shown.items()
        if value is not None
    }
