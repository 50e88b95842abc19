"""Read the output of ``pulumi preview --json`` of CLI 3.259, as far as Mirrors needs it.

Pulumi prints a step for each resource that it compares. A ``refresh`` step holds the state as it was. The ``update``
step after it holds the state as the platform has it now, so a user has changed each difference by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mirrors.planning.site_state import SiteState
from mirrors.planning.variable_entries import VariableEntries, find_differences
from mirrors.planning.variables.names import sort_for_writing

VariableChangeKind = Literal["added", "changed", "removed", "kept"]

DYNAMIC_TYPES = "pulumi-python:dynamic/mirrors:"
SITE_KINDS = ("Mirror", "OriginalSite")
SITE_TYPES = tuple(f"{DYNAMIC_TYPES}{kind}" for kind in SITE_KINDS)
"""The types of the resources that are sites."""

UNCHANGED_OPS = frozenset({"same", "refresh", "read"})
REMOVAL_OPS = frozenset({"delete", "delete-replaced", "discard-replaced"})
FLEET_TYPE = "mirrors:index:Fleet"
STACK_TYPE = "pulumi:pulumi:Stack"
COMPONENT_TYPES = "mirrors:"
"""The start of the types of the Fleet and its parts. They are components, which only hold resources."""

ResourceProperties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VariableChange:
    """The change of one variable, without its values.

    Args:
        name: The variable's name.
        kind: ``kept`` is a variable that is no longer declared and stays, because it was set before Mirrors managed
            the site.
        secret: Whether a value is a secret.
        by_hand: Whether the platform has another value than Mirrors wrote.
    """

    name: str
    kind: VariableChangeKind
    secret: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class PulumiStep:
    """One step of Pulumi's preview: the change of one resource.

    Args:
        op: Pulumi's word for it, such as ``create``.
        urn: The resource's URN.
        kind: The resource's type; for Mirrors' own resources its last part alone.
        name: The resource's name; the slug for a site.
        old: The inputs in the state.
        new: The inputs of the program.
        keys: The names of the inputs that differ.
        outputs: The outputs in the state.
        paths: The differing values within the inputs, such as ``spec.env.THEME``, where Pulumi names them.
    """

    op: str
    urn: str
    kind: str
    name: str
    old: ResourceProperties
    new: ResourceProperties
    keys: tuple[str, ...]
    outputs: ResourceProperties
    paths: tuple[str, ...] = ()

    def has_change_at(self, place: str) -> bool:
        """Return whether a value at this path, or below it, differs."""
        return any(path == place or path.startswith((f"{place}.", f"{place}[")) for path in self.paths)

    @property
    def creates(self) -> bool:
        """Return whether the resource is new."""
        return self.op in ("create", "create-replacement")

    @property
    def replaces(self) -> bool:
        """Return whether the resource is replaced. ``--json`` has one step for that, not its parts."""
        return self.op in ("replace", "create-replacement")

    @property
    def changes_something(self) -> bool:
        """Return whether the step changes a resource that is no component."""
        return self.op not in UNCHANGED_OPS and self.kind != STACK_TYPE and not self.kind.startswith(COMPONENT_TYPES)

    @property
    def is_below_the_fleet(self) -> bool:
        """Return whether the resource is directly below the Fleet, and so belongs to a single site."""
        return self.urn.split("::", 3)[2].rpartition("$")[0].endswith(FLEET_TYPE)

    @property
    def deployment(self) -> str | None:
        """Return the site's deployment, as far as the state knows it."""
        return self.outputs.get("deployment")

    @property
    def failed(self) -> bool:
        """Return whether the state has a recorded failure of the site. Then no input needs to differ."""
        return bool(self.outputs.get("failed")) or not self.keys

    @property
    def unverified(self) -> bool:
        """Return whether Mirrors has to ask the site for its health. Without keys from Pulumi, the outputs decide."""
        if not self.new.get("verified"):
            return False
        return "verified" in self.keys or not (self.keys or self.outputs.get("verified"))

    @property
    def is_first(self) -> bool:
        """Return whether the state has no deployment of this site yet."""
        return self.creates or self.replaces or self.deployment is None


def read_steps(engine: Mapping[str, Any]) -> list[PulumiStep]:
    """Return the steps of a preview."""
    return [_read_step(item) for item in engine.get("steps") or ()]


def differs_in_secrecy_alone(step: PulumiStep) -> bool:
    """Return whether a site would be deployed only for variables that become secrets, or plain ones.

    A fingerprint does not show whether it is that of the plain value. The platform does, where it shows the value.
    """
    before, now = SiteState.of(step.outputs), SiteState.of(step.new)
    names = find_differences(before.only_managed(now.is_set).runs, now.is_set)
    pairs = [(before.runs.get(name), now.is_set.get(name)) for name in names]
    changed = [old is not None and new is not None and old.secret != new.secret for old, new in pairs]
    return bool(changed) and all(changed) and before.release == now.release


def find_variable_changes(
    step: PulumiStep, stored: PulumiStep | None, restriction: str | None = None
) -> tuple[list[VariableChange], bool]:
    """Return the changes of a site's variables, and whether the site is deployed for them.

    After a failed update, only the outputs know what it left undone. The inputs are those of the attempt until the
    next refresh.

    Args:
        step: The update of the site.
        stored: The refresh step of the same site; None without one. Its values are those that Mirrors wrote.
        restriction: Why the site does not get each release, as ``check`` gets it. It then keeps the one that it runs.
    """
    outputs = SiteState.of(step.outputs)
    declared = SiteState.of(step.new).with_kept_release(outputs, restriction)
    now = declared.is_set
    before = outputs.only_managed(now)
    kept = sort_for_writing(outputs.is_set.keys() - before.is_set.keys())
    known = SiteState.of(stored.outputs) if stored is not None else before
    written = [name for name in {*before.is_set, *now} if before.is_set.get(name) != now.get(name)]
    run, deploys = find_differences(before.runs, now), before.needs_deployment(declared)
    by_hand = {name for name in written if before.is_set.get(name) != known.is_set.get(name)}
    by_hand |= {*run}.intersection(find_differences(before.runs, known.runs))
    names = sort_for_writing({*written, *run})
    known_as = {name: before.is_set if name in written else before.runs for name in names}
    changed = [_make_change(name, known_as[name], now, by_hand=name in by_hand) for name in names]
    return [*changed, *(VariableChange(name, "kept", outputs.is_set[name].secret) for name in kept)], deploys


def _make_change(name: str, before: VariableEntries, now: VariableEntries, *, by_hand: bool) -> VariableChange:
    kind: VariableChangeKind = "removed" if name not in now else "changed" if name in before else "added"
    return VariableChange(
        name, kind, any(entries[name].secret for entries in (before, now) if name in entries), by_hand
    )


def _read_step(item: Mapping[str, Any]) -> PulumiStep:
    kinds, name = item["urn"].split("::", 3)[2:]
    old, new = item.get("oldState") or {}, item.get("newState") or {}
    return PulumiStep(
        item["op"],
        item["urn"],
        kinds.rpartition("$")[2].removeprefix(DYNAMIC_TYPES),
        name,
        old.get("inputs") or {},
        new.get("inputs") or {},
        tuple(item.get("diffReasons") or ()),
        old.get("outputs") or {},
        tuple(item.get("detailedDiff") or ()),
    )
