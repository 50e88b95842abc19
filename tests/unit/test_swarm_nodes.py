"""The nodes of a swarm, and the constraints that they satisfy."""

from typing import Any

import pytest

from mirrors.docker.swarm.nodes import find_node_faults, read_node


def node(name: str, role: str = "worker", *, state: str = "ready", availability: str = "active") -> dict[str, Any]:
    """A node as ``GET /nodes`` shows it; the first letter of its name is its label ``zone``."""
    return {
        "ID": f"id-{name}",
        "Spec": {"Role": role, "Availability": availability, "Labels": {"zone": name[0]}},
        "Description": {
            "Hostname": name,
            "Platform": {"Architecture": "x86_64", "OS": "linux"},
            "Engine": {"EngineVersion": "20.10.24"},
        },
        "Status": {"State": state, "Addr": "127.0.0.1"},
        **({"ManagerStatus": {"Reachability": "reachable"}} if role == "manager" else {}),
    }


def faults(*nodes: dict[str, Any], constraints: tuple[str, ...] = ()) -> list[str]:
    return find_node_faults([read_node(item) for item in nodes], constraints)


@pytest.mark.parametrize(
    ("constraint", "holds"),
    [
        ("node.labels.zone == a", True),
        ("node.labels.zone==b", False),
        ("node.labels.zone != b", True),
        ("node.labels.disk != ssd", True),
        ("node.role == WORKER", True),
        ("node.hostname == a-1", True),
        ("node.id == id-a-1", True),
        ("node.platform.os == linux", True),
        ("node.role", False),
    ],
)
def test_a_constraint_is_compared_as_swarm_does(constraint: str, *, holds: bool) -> None:
    assert read_node(node("a-1")).allows([constraint]) is holds


def test_ready_nodes_have_no_fault() -> None:
    assert faults(node("a-1", "manager"), node("a-2"), constraints=("node.labels.zone==a",)) == []


def test_no_node_that_may_run_a_site_is_a_fault() -> None:
    drained = node("a-1", "manager", availability="drain")
    [fault] = faults(drained, node("b-1"), constraints=("node.labels.zone==a",))
    assert fault == "none of the 2 nodes is ready, takes tasks and satisfies node.labels.zone==a"


def test_a_lost_node_and_an_even_number_of_managers_are_faults() -> None:
    lost, even = faults(node("a-1", "manager"), node("a-2", "manager"), node("a-3", state="down"))
    assert lost.startswith("a-3: not ready")
    assert "2 managers" in even
