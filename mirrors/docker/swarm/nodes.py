"""The nodes of a swarm, and which of them the constraints of a stack allow. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_CONSTRAINT = re.compile(r"([^=!]+)(==|!=)(.+)")


@dataclass(frozen=True, slots=True)
class ObservedNode:
    """One node.

    Args:
        is_ready: Whether it answers the managers.
        is_active: Whether it takes tasks. A node that is drained or paused takes none.
        facts: {name as a constraint has it: value} of what constraints ask for.
        is_reachable_manager: Whether it is a manager that the others reach; None for a worker.
    """

    id: str
    host_name: str
    is_ready: bool
    is_active: bool
    facts: Mapping[str, str] = field(default_factory=dict)
    is_reachable_manager: bool | None = None

    def allows(self, constraints: Iterable[str]) -> bool:
        """Return whether each constraint holds for the node."""
        return all(self._holds(item.replace(" ", "")) for item in constraints)

    def _holds(self, constraint: str) -> bool:
        found = _CONSTRAINT.fullmatch(constraint)
        if found is None:
            return False
        name, kind, value = found.groups()
        return (self.facts.get(name, "").lower() == value.lower()) is (kind == "==")


def read_node(data: Mapping[str, Any]) -> ObservedNode:
    """Read a node from the answer of ``GET /nodes``."""
    spec, about, manager = data["Spec"], data["Description"], data.get("ManagerStatus")
    platform, engine = about.get("Platform") or {}, about.get("Engine") or {}
    facts = {
        "node.id": data["ID"],
        "node.hostname": about["Hostname"],
        "node.role": spec["Role"],
        "node.platform.os": platform.get("OS", ""),
        "node.platform.arch": platform.get("Architecture", ""),
        **{f"node.labels.{name}": value for name, value in (spec.get("Labels") or {}).items()},
        **{f"engine.labels.{name}": value for name, value in (engine.get("Labels") or {}).items()},
    }
    reachable = manager.get("Reachability") == "reachable" if manager else None
    is_ready, is_active = data["Status"]["State"] == "ready", spec["Availability"] == "active"
    return ObservedNode(data["ID"], about["Hostname"], is_ready, is_active, facts, reachable)


def find_node_faults(nodes: Sequence[ObservedNode], constraints: Sequence[str]) -> list[str]:
    """Return what keeps a swarm from running sites, or from going on when a node fails."""
    able = [node for node in nodes if node.is_ready and node.is_active and node.allows(constraints)]
    managers = [node for node in nodes if node.is_reachable_manager is not None]
    lost = [node.host_name for node in nodes if not node.is_ready]
    faults = []
    if not able:
        asked = f", takes tasks and satisfies {', '.join(constraints)}" if constraints else " and takes tasks"
        faults.append(f"none of the {len(nodes)} nodes is ready{asked}")
    if lost:
        faults.append(f"{', '.join(lost)}: not ready, so Swarm has moved their tasks")
    if len(managers) == 2:
        faults.append("the swarm has 2 managers, so it stops when either fails: use 1, 3 or 5")
    return faults
