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

from mirrors.docker.errors import ContainerFailedError
from mirrors.docker.host import ENDED, PAUSE
from mirrors.docker.provider import DockerProvider
from mirrors.pulumi_internals import secret
from mirrors.resources.provider import Properties

KEPT = ("timeout", "network", "labels", "volumes", "environment")
"""Inputs that the command runs with, and that are no reason to run it again."""

LABEL = "mirrors.release"
"""A digest of image, command and reasons. It tells whose run a container is that an earlier update left."""


class ReleaseProvider(DockerProvider):
    """Runs the command once for each image."""

    inputs = ("site", "name", "image", "command", "told", "timeout", "network", "labels", "volumes", "environment")

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Keep what has run for this image, although variables have changed since."""
        inputs = self.checked(news)
        if not _olds or _is_another(_olds, inputs):
            return CheckResult(inputs, [])
        kept = {key: _olds[key] for key in KEPT if key in _olds}
        # The engine does not know that an unknown value is a secret, and would show the value in its place.
        return CheckResult(inputs | kept | {"environment": secret(kept["environment"])}, [])

    def create(self, props: Properties) -> CreateResult:
        """Run the command.

        Raises:
            ContainerFailedError: The command failed; the problem has the end of its log. The sites keep what they ran
                before.
        """
        inputs = self.checked(props)
        self._run(inputs)
        return CreateResult(inputs["name"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Run the command for another image or command."""
        inputs = self.checked(_news)
        if _is_another(_olds, inputs):
            self._run(inputs)
        return UpdateResult(inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Do nothing: the command has run, and its container is gone."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state: a finished run does not change."""
        stored = self.checked(props)
        return ReadResult(id_, stored, stored)

    def _run(self, inputs: Properties) -> None:
        """Run the command once. A container that an earlier update left is awaited first.

        If that was a run of the same release, it counts. Otherwise this release then runs.
        """
        wanted = digest_of(inputs)
        left = self.engine.find(inputs["name"])
        if left is not None:
            code = self._end_of(left, inputs)
            self._remove(left)
            if left.labels.get(LABEL) == wanted and code == 0:
                return
        with self.engine.asked(f"start {inputs['name']}"):
            container = self.engine.client.containers.create(
                inputs["image"],
                inputs["command"],
                name=inputs["name"],
                network=inputs["network"],
                labels={**inputs["labels"], LABEL: wanted},
                environment=inputs["environment"],
                volumes={name: {"bind": place, "mode": "rw"} for name, place in inputs["volumes"].items()},
            )
            container.start()
        code = self._end_of(container, inputs)
        log = self.engine.log_of(container) if code else ""
        self._remove(container)
        if code:
            command = " ".join(inputs["command"])
            found = f"the command '{command}' ended with {code}"
            raise ContainerFailedError("release-command-failed", inputs["site"], found, log)

    def _end_of(self, container: Container, inputs: Properties) -> int:
        """Wait for the end of a run, and return its exit code.

        Raises:
            ContainerFailedError: The command did not end in time. It runs on.
        """
        deadline = time.monotonic() + inputs["timeout"]
        while container.attrs["State"]["Status"] not in ENDED:
            if time.monotonic() >= deadline:
                found = f"its command has not ended within {inputs['timeout']:g} s and runs on, in {inputs['name']}"
                log = self.engine.log_of(container)
                raise ContainerFailedError("release-command-unended", inputs["site"], found, log)
            time.sleep(PAUSE)
            with self.engine.asked(f"look at {inputs['name']}"):
                container.reload()
        return int(container.attrs["State"]["ExitCode"])

    def _remove(self, container: Container) -> None:
        with self.engine.asked(f"remove {container.name}"):
            container.remove(v=True, force=True)


def _identity(properties: Mapping[str, Any]) -> Properties:
    return {key: properties.get(key) for key in ("image", "command", "told")}


def _is_another(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether it is another release. An unknown value does not count as different."""
    old, new = _identity(before), _identity(now)
    return any(old[key] != new[key] and not isinstance(new[key], Unknown) for key in new)


def digest_of(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_identity(inputs), sort_keys=True).encode()).hexdigest()[:16]


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
