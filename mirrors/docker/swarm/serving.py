"""``ServiceServing``: a wait until a site's service runs what is declared. A failed update is taken back."""

import time
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from mirrors.docker.host.client import POLL_INTERVAL
from mirrors.docker.host.failures import container_error
from mirrors.docker.provider import DockerProvider
from mirrors.docker.swarm.manager import SwarmManager
from mirrors.docker.swarm.observed import ObservedService, ObservedTask, ServiceData, read_service
from mirrors.docker.swarm.verdict import (
    Declared,
    Outcome,
    Verdict,
    judge_service,
    judge_time_out,
    may_roll_back,
)
from mirrors.planning.site_properties import Properties
from mirrors.pulumi_internals import mark_secret
from mirrors.resources.health import wait_until_healthy

CHANGED_BY_HAND = "changed by hand"
"""The revision of a service whose label is as declared, and whose form is not."""

ROLLBACK_TIMEOUT = 60.0
"""Seconds that Swarm has for a rollback. The former tasks serve meanwhile."""


class ServiceServingProvider(DockerProvider):
    """Waits for a service."""

    inputs = ("site", "service", "name", "revision", "image", "replicas", "timeout", "url", "verified")
    outputs = ("form",)

    def create(self, props: Properties) -> CreateResult:
        """Wait until the service serves. Raises MirrorsError with the reason, and with the log of a task."""
        inputs = self.select_inputs(props)
        return CreateResult(inputs["name"], self._wait(inputs, None))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Wait for the changed service. A failure takes the update back, and stops the waves behind it."""
        return UpdateResult(self._wait(self.select_inputs(_news), (_olds["revision"], _olds["image"])))

    def delete(self, _id: str, _props: Properties) -> None:
        """Do nothing: the service is another resource."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the revision that runs. After a rollback or a change by hand, the next update repairs and waits."""
        stored = self.select_inputs(props)
        data = SwarmManager(self.host).find_service(stored["service"])
        if data is not None:
            stored |= _read_running(read_service(data), stored, props.get("form"))
        stored["revision"] = mark_secret(stored["revision"])
        return ReadResult(id_, stored | {"form": mark_secret(props.get("form", ""))}, stored)

    def _wait(self, inputs: Properties, served: tuple[str, str] | None) -> Properties:
        wait = ServiceWait(SwarmManager(self.host), inputs, served)
        service = wait.wait()
        if inputs.get("verified") and inputs.get("url") and self.rollout.health is not None:
            outputs = {"url": inputs["url"], "deployment": service.id}
            wait_until_healthy(inputs["site"], outputs, self.rollout.health, service.variables)
        return inputs | {"revision": mark_secret(inputs["revision"]), "form": mark_secret(service.fingerprint)}


def _read_running(service: ObservedService, stored: Mapping[str, Any], form: str | None) -> Properties:
    """Return the inputs that differ from what the service runs."""
    if service.revision != stored["revision"]:
        return {"revision": service.revision or CHANGED_BY_HAND}
    if form and service.fingerprint != form:
        return {"revision": CHANGED_BY_HAND}
    return {}


class ServiceWait:
    """One wait for one service.

    Args:
        inputs: The inputs of the resource.
        served: The revision and the image that served before; None for a new service.
    """

    def __init__(self, manager: SwarmManager, inputs: Properties, served: tuple[str, str] | None) -> None:
        self.manager = manager
        self.site = inputs["site"]
        self.name = inputs["service"]
        self.declared = Declared(inputs["revision"], inputs["image"], int(inputs["replicas"]))
        self.timeout = float(inputs["timeout"])
        self.served = served

    def wait(self) -> ObservedService:
        """Return the service that serves. Raises MirrorsError where it does not."""
        begun = time.monotonic()
        data, tasks = self._look()
        ended = frozenset(task.id for task in tasks if task.has_ended)
        while True:
            service, elapsed = read_service(data), time.monotonic() - begun
            verdict = judge_service(service, tasks, self.declared, ended, elapsed)
            if verdict.outcome is Outcome.SERVING:
                return service
            if verdict.outcome is Outcome.STARTING and elapsed + POLL_INTERVAL >= self.timeout:
                verdict = judge_time_out(tasks, self.declared, self.timeout)
            if verdict.outcome is Outcome.FAILED:
                self._fail(data, verdict)
            time.sleep(POLL_INTERVAL)
            data, tasks = self._look()

    def _look(self) -> tuple[ServiceData, tuple[ObservedTask, ...]]:
        data = self.manager.find_service(self.name)
        if data is None:
            raise container_error("service-missing", self.site, "its service was removed before it served", "")
        return data, self.manager.list_tasks(data)

    def _fail(self, data: ServiceData, verdict: Verdict) -> None:
        log = self.manager.read_task_log(data, verdict.task) if verdict.task else ""
        kept = self._roll_back(data) or verdict.keeps_serving
        ends = "Its former tasks go on serving" if kept else "It does not serve"
        raise container_error(verdict.code, self.site, f"{verdict.found}. {ends}", log)

    def _roll_back(self, data: ServiceData) -> bool:
        """Take the failed update back, and wait for that. Return whether the service then runs what served before."""
        if not may_roll_back(read_service(data), self.declared, self.served):
            return False
        self.manager.roll_back(data)  # where Swarm was quicker, its own rollback leads to the same
        deadline = time.monotonic() + ROLLBACK_TIMEOUT
        while time.monotonic() < deadline:
            service = read_service(self._look()[0])
            if (service.revision, service.image) == self.served and service.update_state in ("", "rollback_completed"):
                return True
            time.sleep(POLL_INTERVAL)
        return False


class ServiceServing(Resource, module="mirrors", name="ServiceServing"):
    """A wait that ends when a site's service runs what is declared. The next wave begins after it.

    Args:
        props: ``site`` is the application with its environment, for messages. ``service`` is an id and ``name`` the
            service's name. ``revision``, ``image`` and ``replicas`` say what has to run. ``timeout`` is in seconds.
            ``url`` is asked only with ``verified``, as ``rollout.health`` says.
    """

    service: pulumi.Output[str]
    """The id of the service that serves."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["revision", "form"])
        merged = pulumi.ResourceOptions.merge(opts, hidden)
        super().__init__(ServiceServingProvider(), name, {**props, "form": None}, merged)
