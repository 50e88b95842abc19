"""``Release``: a command that runs once for an image, in a container of its own, before sites run that image."""

import time
from collections.abc import Mapping
from typing import Any

import pulumi
from docker.models.containers import Container
from pulumi.dynamic import Resource

from mirrors.docker.command_provider import RELEASE_LABEL, CommandProvider, release_digest
from mirrors.docker.host.client import ENDED_STATUSES, POLL_INTERVAL
from mirrors.docker.host.failures import container_error
from mirrors.planning.site_properties import Properties


class ReleaseProvider(CommandProvider):
    """Runs the command once for each image, in a container."""

    def run_once(self, inputs: Properties) -> None:
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


class Release(Resource, module="mirrors", name="Release"):
    """A command that runs once for an image.

    Args:
        props: ``image`` is an id, ``command`` a list, ``environment`` the site's variables as a secret. ``told`` has
            the variables in clear that are a reason to run the command again. ``volumes`` is {volume: its path}.
            ``timeout`` is in seconds.
    """

    site: pulumi.Output[str]
    image: pulumi.Output[str]
    """The image that the command has run for."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["environment"])
        super().__init__(ReleaseProvider(), name, dict(props), pulumi.ResourceOptions.merge(opts, hidden))
