"""A service of a swarm and its tasks, as a manager's API describes them. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mirrors.docker.observation.observed import parse_time

LABEL_REVISION = "mirrors.revision"
"""The label with a digest of what a service is declared with, apart from its image. It is a container's label, so the
task template has it, and a rollback brings the former one back."""

ENDED_STATES = frozenset({"complete", "failed", "rejected", "orphaned"})
"""The states of a task that ended by itself. A task that Swarm stops is ``shutdown``."""

ServiceData = Mapping[str, Any]
"""A service or a task, as the Engine's API has it."""


@dataclass(frozen=True, slots=True)
class ObservedTask:
    """One task of a service.

    Args:
        id: The task.
        state: Swarm's word for what the task does.
        is_wanted: Whether Swarm wants it to run.
        is_current: Whether it was made from the service's present template.
        error: Swarm's words for what went wrong; empty without an error.
        exit_code: The exit code of its container; None before it has one.
        node: The node that it is on; empty before it has one.
        created: When it was made, as the API writes it.
    """

    id: str
    state: str
    is_wanted: bool
    is_current: bool
    error: str = ""
    exit_code: int | None = None
    node: str = ""
    created: str = ""

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED_STATES


@dataclass(frozen=True, slots=True)
class ObservedService:
    """One service.

    Args:
        id: The service.
        name: Its name.
        version: The number of its last change. Swarm refuses an update that names another one.
        revision: The label of its present template; empty for a service that Mirrors did not declare.
        image: The image of its present template.
        replicas: The number of tasks that Swarm wants; None for a service that is not replicated.
        update_state: Swarm's word for its last update; empty if there was none.
        update_message: Swarm's words about its last update.
        former: The revision and the image that a rollback would bring back; None if there is nothing to go back to.
        variables: {name: value} of its present template.
        labels: The labels of its containers.
        fingerprint: A digest of what an update by hand changes. Variables are in it, so it is a secret.
        updated: When it was last changed.
    """

    id: str
    name: str
    version: int
    revision: str
    image: str
    replicas: int | None
    update_state: str = ""
    update_message: str = ""
    former: tuple[str, str] | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = field(default="", repr=False)
    updated: datetime | None = None


def read_service(data: ServiceData) -> ObservedService:
    """Read a service from the answer of ``GET /services/{id}``."""
    spec, update = data["Spec"], data.get("UpdateStatus") or {}
    template, former = spec["TaskTemplate"], data.get("PreviousSpec")
    container = _read_container(template)
    return ObservedService(
        data["ID"],
        spec["Name"],
        int(data["Version"]["Index"]),
        _read_revision(template),
        container.get("Image", ""),
        (spec["Mode"].get("Replicated") or {}).get("Replicas"),
        update.get("State") or "",
        update.get("Message") or "",
        _read_identity(former["TaskTemplate"]) if former else None,
        _read_variables(container),
        container.get("Labels") or {},
        _make_fingerprint(spec),
        parse_time(data.get("UpdatedAt")),
    )


def read_tasks(service: ServiceData, tasks: Iterable[ServiceData]) -> tuple[ObservedTask, ...]:
    """Read the tasks of a service from the answer of ``GET /tasks``, the newest first."""
    wanted = _select_template(service["Spec"]["TaskTemplate"])
    found = (_read_task(item, wanted) for item in tasks if item["ServiceID"] == service["ID"])
    return tuple(sorted(found, key=lambda task: task.created, reverse=True))


def _read_task(data: ServiceData, wanted: Mapping[str, Any]) -> ObservedTask:
    status = data["Status"]
    exit_code = (status.get("ContainerStatus") or {}).get("ExitCode")
    return ObservedTask(
        data["ID"],
        status["State"],
        data["DesiredState"] == "running",
        _select_template(data["Spec"]) == wanted,
        status.get("Err") or "",
        None if exit_code is None else int(exit_code),
        data.get("NodeID") or "",
        data["CreatedAt"],
    )


def _select_template(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parts of a task's template that say whether a task was made from it."""
    parts = ("ContainerSpec", "Placement", "Resources", "ForceUpdate")
    return {part: template.get(part) or None for part in parts}


def _read_identity(template: Mapping[str, Any]) -> tuple[str, str]:
    return _read_revision(template), _read_container(template).get("Image", "")


def _read_container(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the container of a template; empty for a service that runs a plugin of the engine."""
    found: Mapping[str, Any] = template.get("ContainerSpec") or {}
    return found


def _read_revision(template: Mapping[str, Any]) -> str:
    labels: Mapping[str, str] = _read_container(template).get("Labels") or {}
    return labels.get(LABEL_REVISION, "")


def _read_variables(container: Mapping[str, Any]) -> dict[str, str]:
    pairs = (item.partition("=") for item in container.get("Env") or ())
    return {name: value for name, _, value in pairs}


def _make_fingerprint(spec: Mapping[str, Any]) -> str:
    """Return a digest of a service's form. The order of variables is not in it: Pulumi's plugin sends a random one."""
    template = spec["TaskTemplate"]
    container = _read_container(template)
    parts = {
        "env": sorted(container.get("Env") or ()),
        **{key: container.get(key) or None for key in ("Image", "Command", "Args", "Labels", "Mounts", "Healthcheck")},
        "limits": (template.get("Resources") or {}).get("Limits") or None,
        "constraints": (template.get("Placement") or {}).get("Constraints") or None,
        "mode": spec["Mode"],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
