"""Tell the fleets of a stack apart by the parents of their resources. Two fleets may use one name for a resource."""

from collections.abc import Collection, Mapping
from typing import Any

from mirrors.planning.reports.pulumi_steps import FLEET_TYPE

__all__ = ["drop_fleets", "find_root"]


def drop_fleets(engine: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """Return Pulumi's preview without the steps of these fleets and of all that is below them.

    Args:
        engine: The output of ``pulumi preview --json``.
        names: The names of the fleets.
    """
    steps = engine.get("steps") or ()
    parents = {str(step["urn"]): _find_parent(step) for step in steps}
    known = {urn for urn in {*parents, *parents.values()} if urn}
    roots = {urn: name for urn in known if (name := _fleet_name_of(urn)) in names}
    return {**engine, "steps": [step for step in steps if find_root(str(step["urn"]), parents, roots) is None]}


def find_root(urn: str, parents: Mapping[str, str | None], roots: Mapping[str, str]) -> str | None:
    """Return the name of the fleet that a resource is below, or is; None if it is below none of these.

    Args:
        urn: The resource.
        parents: {URN: the URN of its parent}.
        roots: {URN of a fleet: its name}.
    """
    place: str | None = urn
    while place and place not in roots:
        place = parents.get(place)
    return roots[place] if place else None


def _find_parent(step: Mapping[str, Any]) -> str | None:
    """Return the parent that the program gives a resource; the one in the state if the resource leaves."""
    parent = (step.get("newState") or step.get("oldState") or {}).get("parent")
    return str(parent) if parent else None


def _fleet_name_of(urn: str) -> str:
    """Return the name of a ``Fleet``; empty for another resource."""
    kinds, name = urn.split("::", 3)[2:]
    return name if kinds.rpartition("$")[2] == FLEET_TYPE else ""
