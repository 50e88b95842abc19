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
"""What counts when the command runs, and is no reason to run it again."""

LABEL = "mirrors.release"
"""A digest of image, command and reasons: whose run a container is that was left behind."""


class ReleaseProvider(DockerProvider):
    inputs = ("site", "name", "image", "command", "told", "timeout", "network", "labels", "volumes", "environment")

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """What has run for this image stays as it is, also where variables have changed since."""
        inputs = self.checked(news)
        if not _olds or _is_another(_olds, inputs):
            return CheckResult(inputs, [])
        kept = {key: _olds[key] for key in KEPT if key in _olds}
        # The engine knows of no secret in what is not known yet, and would show what stands in its place.
        return CheckResult(inputs | kept | {"environment": secret(kept["environment"])}, [])

    def create(self, props: Properties) -> CreateResult:
        """Raises ContainerFailedError with the last lines of its log. The sites go on with what they ran before."""
        inputs = self.checked(props)
        self._run(inputs)
        return CreateResult(inputs["name"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """The same, for another image or command."""
        inputs = self.checked(_news)
        if _is_another(_olds, inputs):
            self._run(inputs)
        return UpdateResult(inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Nothing: it has run, and its container is gone."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """As stored: what has run has run."""
        stored = self.checked(props)
        return ReadResult(id_, stored, stored)

    def _run(self, inputs: Properties) -> None:
        """A run of the same release that somebody has left behind is waited for; of another one, too, and then ours."""
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
        """Its exit code. Raises ContainerFailedError where it does not end in time; it is left to run then."""
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
    """Whether it is another release. What is not known yet is not taken for different."""
    old, new = _identity(before), _identity(now)
    return any(old[key] != new[key] and not isinstance(new[key], Unknown) for key in new)


def digest_of(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_identity(inputs), sort_keys=True).encode()).hexdigest()[:16]


class Release(Resource, module="mirrors", name="Release"):
    """``image``: its id; ``command``: as a list; ``environment``: the site's variables, a secret.

    ``told``: those of them in clear that are a reason to run it again. ``volumes``: {volume: where it is}. ``timeout``
    is in seconds.
    """

    image: pulumi.Output[str]
    """The image that the command has run for."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["environment"])
        super().__init__(ReleaseProvider(), name, dict(props), pulumi.ResourceOptions.merge(opts, hidden))
