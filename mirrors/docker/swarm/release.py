"""``ServiceRelease``: a command that runs once for an image, as one task of the swarm, before sites run that image."""

import time
from collections.abc import Mapping
from typing import Any, NoReturn

import pulumi
from pulumi.dynamic import Resource

from mirrors.docker.command_provider import RELEASE_LABEL, CommandProvider, release_digest
from mirrors.docker.host.client import POLL_INTERVAL
from mirrors.docker.host.failures import container_error
from mirrors.docker.swarm.manager import SwarmManager
from mirrors.docker.swarm.observed import ServiceData
from mirrors.docker.swarm.run_verdict import RunOutcome, RunVerdict, judge_run
from mirrors.planning.site_properties import Properties


class ServiceReleaseProvider(CommandProvider):
    """Runs the command once for each image, in a service that no one starts again. Swarm takes no name twice."""

    def run_once(self, inputs: Properties) -> None:
        """Run the command once. A service that an earlier update left is awaited first.

        If that was a run of the same release, it counts. Otherwise this release then runs.
        """
        manager, wanted = SwarmManager(self.host), release_digest(inputs)
        left = manager.find_service(inputs["name"])
        if left is not None:
            verdict = self._wait_for_end(manager, left, inputs)
            manager.remove_service(left["ID"])
            if left["Spec"]["Labels"].get(RELEASE_LABEL) == wanted and verdict.outcome is RunOutcome.DONE:
                return
        asked = inputs | {"labels": {**inputs["labels"], RELEASE_LABEL: wanted}}
        service = manager.start_task(inputs["name"], inputs["image"], inputs["command"], asked)
        started = manager.find_service(service)
        if started is None:
            self._fail("service-missing", inputs, "its service was removed before it ended", "")
        verdict = self._wait_for_end(manager, started, inputs)
        log = manager.read_task_log(started, verdict.task) if verdict.is_failure and verdict.task else ""
        manager.remove_service(service)
        if verdict.is_failure:
            self._fail("release-command-failed", inputs, verdict.found, log)

    def _wait_for_end(self, manager: SwarmManager, service: ServiceData, inputs: Properties) -> RunVerdict:
        """Wait for the end of a run.

        Raises:
            MirrorsError: The command did not end in time. It runs on.
        """
        begun = time.monotonic()
        while True:
            elapsed = time.monotonic() - begun
            verdict = judge_run(manager.list_tasks(service), elapsed)
            if verdict.outcome is not RunOutcome.RUNNING:
                return verdict
            if elapsed >= inputs["timeout"]:
                log = manager.read_task_log(service, verdict.task) if verdict.task else ""
                found = f"it has not ended within {inputs['timeout']:g} s and runs on, in {inputs['name']}"
                self._fail("release-command-unended", inputs, found, log)
            time.sleep(POLL_INTERVAL)

    def _fail(self, code: str, inputs: Properties, found: str, log: str) -> NoReturn:
        command = " ".join(inputs["command"])
        raise container_error(code, inputs["site"], f"the command '{command}': {found}", log)


class ServiceRelease(Resource, module="mirrors", name="ServiceRelease"):
    """A command that runs once for an image, as a task of the swarm.

    Args:
        props: ``image`` is a name with its digest, ``command`` a list, ``environment`` the site's variables as a
            secret. ``told`` has the variables in clear that are a reason to run the command again. ``network`` is an
            id, ``constraints`` a list. ``timeout`` is in seconds.
    """

    image: pulumi.Output[str]
    """The image that the command has run for."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["environment"])
        merged = pulumi.ResourceOptions.merge(opts, hidden)
        super().__init__(ServiceReleaseProvider(), name, dict(props), merged)
