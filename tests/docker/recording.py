"""Record what a one-node swarm answers about a service, into ``recorded``: ``python -m tests.docker.recording``.

The engine is the one of ``make engine``. It leaves its swarm at the end. The decisions of ``mirrors.docker.swarm`` are
tested with these answers.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker

from mirrors.docker.host.client import DockerHost
from mirrors.docker.swarm.manager import SwarmManager
from tests.docker.manager import RECORDED, Snapshot
from tests.docker.swarm import swarm_of
from tools.docker_engine.images import ACME
from tools.docker_engine.layout import Layout

NAME = "acme_test_acme-de"
SECOND = 10**9
SERVES = "touch /tmp/ok; trap 'exit 0' TERM; sleep 600 & wait"
DIES = "echo it dies; exit 3"
SICK = "echo it is never well; trap 'exit 0' TERM; sleep 600 & wait"
LIMIT = 90.0  # seconds


def template(revision: str, script: str, image: str = ACME, constraints: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "ContainerSpec": {
            "Image": image,
            "Command": ["sh", "-c", script],
            "Env": ["SITE_ID=2", "WHISPER=canary-5d11aa", "STAGE=test"],
            "Labels": {
                "mirrors.fleet": "acme",
                "mirrors.environment": "test",
                "mirrors.site": "acme-de",
                "mirrors.revision": revision,
            },
            "Healthcheck": {
                "Test": ["CMD-SHELL", "test -e /tmp/ok"],
                "Interval": SECOND,
                "Timeout": SECOND,
                "Retries": 2,
                "StartPeriod": SECOND // 2,
            },
            "StopGracePeriod": SECOND,
        },
        "Placement": {"Constraints": list(constraints)},
        "RestartPolicy": {"Condition": "any", "Delay": 2 * SECOND},
    }


class Recorder:
    """One service, which goes through what can happen to it."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.api: Any = client.api

    def create(self, given: dict[str, Any], replicas: int = 1, action: str = "rollback") -> None:
        self.api.create_service(given, name=NAME, **self._asked(replicas, action))

    def update(self, given: dict[str, Any], replicas: int = 1, action: str = "rollback") -> None:
        data = self.service()
        self.api.update_service(NAME, data["Version"]["Index"], given, name=NAME, **self._asked(replicas, action))

    def _asked(self, replicas: int, action: str) -> dict[str, Any]:
        config = {"Order": "start-first", "Parallelism": 1, "FailureAction": action, "Monitor": 2 * SECOND}
        return {
            "mode": {"Replicated": {"Replicas": replicas}},
            "update_config": config,
            "rollback_config": {"Order": "start-first"},
            "endpoint_spec": {"Mode": "dnsrr"},
        }

    def service(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.inspect_service(NAME)
        return found

    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.tasks(filters={"service": NAME})
        return found

    def remove(self) -> None:
        self.api.remove_service(NAME)
        time.sleep(2)

    def until(self, what: Callable[[dict[str, Any], list[dict[str, Any]]], bool]) -> Snapshot:
        """Return the first moment at which something holds."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            service, tasks = self.service(), self.tasks()
            found: Snapshot = {"service": service, "tasks": tasks}
            if what(service, tasks):
                return found
            time.sleep(0.2)
        raise AssertionError(json.dumps(found, indent=1))

    def record(self, name: str, what: Callable[[dict[str, Any], list[dict[str, Any]]], bool]) -> None:
        found = self.until(what)
        RECORDED.mkdir(exist_ok=True)
        path: Path = RECORDED / f"{name}.json"
        path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        sys.stdout.write(f"{name}\n")


def in_state(*states: str) -> Callable[[dict[str, Any], list[dict[str, Any]]], bool]:
    return lambda _service, tasks: any(task["Status"]["State"] in states for task in tasks)


def updated(*states: str) -> Callable[[dict[str, Any], list[dict[str, Any]]], bool]:
    return lambda service, _tasks: (service.get("UpdateStatus") or {}).get("State") in states


def waits_for_a_node(_service: dict[str, Any], tasks: list[dict[str, Any]]) -> bool:
    return any(task["Status"]["State"] == "pending" and task["Status"].get("Err") for task in tasks)


def record_updates(record: Recorder) -> None:
    """Record a service that starts, and what becomes of each update of it."""
    record.create(template("aaaa", SERVES))
    record.record("starting", in_state("starting"))
    record.record("serving", in_state("running"))
    record.update(template("bbbb", SERVES))
    record.record("updating", updated("updating"))
    record.record("updated", updated("completed"))
    record.update(template("cccc", DIES))
    record.record("task-failed", in_state("failed"))
    record.record("rolled-back", updated("rollback_completed"))
    record.update(template("dddd", SICK))
    record.record("unhealthy-rolled-back", updated("rollback_completed"))


def record_pending_update(record: Recorder, manager: SwarmManager) -> None:
    """Record an update that no node takes, and what Mirrors makes of it."""
    record.update(template("eeee", SERVES, constraints=("node.labels.web==true",)))
    record.record("update-pending", waits_for_a_node)
    assert manager.roll_back(record.service())
    record.record("taken-back", updated("rollback_completed"))
    record.remove()


def record_new_services(record: Recorder) -> None:
    """Record new services that never serve."""
    record.create(template("ffff", SERVES, constraints=("node.labels.web==true",)))
    record.record("pending", waits_for_a_node)
    record.remove()
    record.create(template("gggg", SERVES, image="mirrors-test-none:1"))
    record.record("rejected", in_state("rejected"))
    record.remove()
    record.create(template("hhhh", DIES))
    record.record("new-failed", in_state("failed"))
    record.remove()


def record_changes_by_hand(record: Recorder) -> None:
    """Record an update that Swarm pauses, and a service that a person scales."""
    good = template("aaaa", SERVES)
    record.create(good, action="pause")
    record.until(in_state("running"))
    record.update(template("iiii", DIES), action="pause")
    record.record("paused", updated("paused"))
    record.update(good, replicas=2)
    record.record("scaled", lambda _s, tasks: sum(task["Status"]["State"] == "running" for task in tasks) >= 2)
    record.remove()


def record_runs(record: Recorder) -> None:
    """Record commands that run once."""
    record.create(template("jjjj", "echo migrated") | {"RestartPolicy": {"Condition": "none"}})
    record.record("run-complete", in_state("complete"))
    record.remove()
    record.create(template("kkkk", DIES) | {"RestartPolicy": {"Condition": "none"}})
    record.record("run-failed", in_state("failed"))
    record.remove()


def main() -> None:
    host = Layout.of().host
    if host is None:
        raise SystemExit("no engine: make engine")
    with swarm_of(host) as client:
        record = Recorder(client)
        record_updates(record)
        record_pending_update(record, SwarmManager(DockerHost(client, host)))
        record_new_services(record)
        record_changes_by_hand(record)
        record_runs(record)


if __name__ == "__main__":
    main()
