"""``Release``: a command that runs once for an image, in a container of its own, before sites run that image."""

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import pulumi
from docker.models.containers import Container
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult
from pulumi.output import Unknown

from mirrors.docker.host.client import ENDED_STATUSES, POLL_INTERVAL
from mirrors.docker.host.failures import container_error
from mirrors.docker.provider import DockerProvider
from mirrors.planning.site_properties import Properties
from mirrors.pulumi_internals import mark_secret

KEPT_INPUTS = ("timeout", "network", "labels", "volumes", "environment")
"""Inputs that the command runs with, and that are no reason to run it again."""

RELEASE_LABEL = "mirrors.release"
"""A digest of image, command and reasons. It tells whose run a container is that an earlier update left."""


class ReleaseProvider(DockerProvider):
    """Runs the command once for each image."""

    inputs = ("site", "name", "image", "command", "told", "timeout", "network", "labels", "volumes", "environment")

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Keep what has run for this image, although variables have changed since."""
        inputs = self.select_inputs(news)
        if not _olds or _is_another_release(_olds, inputs):
            return CheckResult(inputs, [])
        kept = {key: _olds[key] for key in KEPT_INPUTS if key in _olds}
        # The engine does not know that an unknown value is a secret, and would show the value in its place.
        return CheckResult(inputs | kept | {"environment": mark_secret(kept["environment"])}, [])

    def create(self, props: Properties) -> CreateResult:
        """Run the command.

        Raises:
            MirrorsError: The command failed; the problem has the end of its log. The sites keep what they ran
                before.
        """
        inputs = self.select_inputs(props)
        self._run_once(inputs)
        return CreateResult(inputs["name"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Run the command for another image or command."""
        inputs = self.select_inputs(_news)
        if _is_another_release(_olds, inputs):
            self._run_once(inputs)
        return UpdateResult(inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Do nothing: the command has run, and its container is gone."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state: a finished run does not change."""
        stored = self.select_inputs(props)
        return ReadResult(id_, stored, stored)

    def _run_once(self, inputs: Properties) -> None:
        """Run the command once. A container that an earlier update left is awaited first.

        If that was a run of the same release, it counts. Otherwise this release then runs.
        """
        wanted = release_digest(inputs)
        left = self.host.find_container(inputs["name"])
        if left is not None:
            code = self._wait_for_exit(left, inputs)
            self._remove(left)
            if left.labels.get(RELEASE_LABEL) == wanted and code == 0:
                return
        with self.host.wrap_errors(f"start {inputs['name']}"):
            container = self.host.client.containers.create(
                inputs["image"],
                inputs["command"],
                name=inputs["name"],
                network=inputs["network"],
                labels={**inputs["labels"], RELEASE_LABEL: wanted},
                environment=inputs["environment"],
                volumes={name: {"bind": place, "mode": "rw"} for name, place in inputs["volumes"].items()},
            )
            container.start()
        code = self._wait_for_exit(container, inputs)
        log = self.host.read_log(container) if code else ""
        self._remove(container)
        if code:
            command = " ".join(inputs["command"])
            found = f"the command '{command}' ended with exit code {code}"
            raise container_error("release-command-failed", inputs["site"], found, log)

    def _wait_for_exit(self, container: Container, inputs: Properties) -> int:
        """Wait for the end of a run, and return its exit code.

        Raises:
            MirrorsError: The command did not end in time. It runs on.
        """
        deadline = time.monotonic() + inputs["timeout"]
        while container.attrs["State"]["Status"] not in ENDED_STATUSES:
            if time.monotonic() >= deadline:
                found = f"its command has not ended within {inputs['timeout']:g} s and runs on, in {inputs['name']}"
                log = self.host.read_log(container)
                raise container_error("release-command-unended", inputs["site"], found, log)
            time.sleep(POLL_INTERVAL)
            with self.host.wrap_errors(f"look at {inputs['name']}"):
                container.reload()
        return int(container.attrs["State"]["ExitCode"])

    def _remove(self, container: Container) -> None:
        with self.host.wrap_errors(f"remove {container.name}"):
            container.remove(v=True, force=True)


def _release_inputs(properties: Mapping[str, Any]) -> Properties:
    return {key: properties.get(key) for key in ("image", "command", "told")}


def _is_another_release(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether it is another release. An unknown value does not count as different."""
    old, new = _release_inputs(before), _release_inputs(now)
    return any(old[key] != new[key] and not isinstance(new[key], Unknown) for key in new)


def release_digest(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_release_inputs(inputs), sort_keys=True).encode()).hexdigest()[:16]


class Release(Resource, module="mirrors", name="Release"):
    """A command that runs once for an image.

    Args:
        props: ``image`` is an id, ``command`` a list, ``environment`` the site's variables as a secret. ``told`` has
            the variables in clear that are a reason to run the command again. ``volumes`` is {volume: its path}.
            ``timeout`` is in seconds.
    """

    image: pulumi.Output[str]
    """The image that the command has run for."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["environment"])
        super().__init__(ReleaseProvider(), name, dict(props), pulumi.ResourceOptions.merge(opts, hidden))
