"""``Serving``: a wait until a site's container is healthy. It ends early if the container ends."""

import time
from collections.abc import Mapping
from typing import Any

import pulumi
from docker.models.containers import Container
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from mirrors.docker.errors import ContainerFailedError
from mirrors.docker.host import ENDED, PAUSE, variables_of
from mirrors.docker.provider import DockerProvider
from mirrors.resources.health import wait_until_healthy
from mirrors.resources.provider import Properties

QUIET = 3.0
"""Seconds that a container without a health check has to live before it counts as serving."""

RETRIES = 3
"""Docker's own number, where a health check has none."""


class ServingProvider(DockerProvider):
    """Waits for a container."""

    inputs = ("site", "container", "name", "timeout", "url", "verified")

    def create(self, props: Properties) -> CreateResult:
        """Wait until the container is healthy. Raises ContainerFailedError with the last lines of its log."""
        inputs = self.checked(props)
        self._wait(inputs)
        return CreateResult(inputs["name"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Wait for the new container. A failure stops the waves behind it."""
        inputs = self.checked(_news)
        self._wait(inputs)
        return UpdateResult(inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Do nothing: the container is another resource."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state: the container's own resource says whether it still exists."""
        stored = self.checked(props)
        return ReadResult(id_, stored, stored)

    def _wait(self, inputs: Properties) -> None:
        container = self.engine.find(inputs["container"])
        if container is None:
            found = "its container was removed before it was healthy"
            raise ContainerFailedError("container-missing", inputs["site"], found, "")
        Watch(self, inputs["site"], container, float(inputs["timeout"])).until_healthy()
        if inputs.get("verified") and inputs.get("url") and self.rollout.health is not None:
            outputs = {"url": inputs["url"], "deployment": container.short_id}
            wait_until_healthy(inputs["site"], outputs, self.rollout.health, variables_of(container))


class Watch:
    """One wait for one container.

    Args:
        timeout: In seconds.
    """

    def __init__(self, provider: ServingProvider, site: str, container: Container, timeout: float) -> None:
        self.provider = provider
        self.site = site
        self.container = container
        self.timeout = timeout
        self.begun = time.monotonic()
        self.restarts = int(container.attrs.get("RestartCount") or 0)
        self.failures = self._failures()

    def until_healthy(self) -> None:
        while not self._healthy():
            self._still_alive()
            if time.monotonic() + PAUSE >= self.begun + self.timeout:
                found = f"its container was not healthy within {self.timeout:g} s{self._last_answer()}"
                self._fail("container-unhealthy", found)
            time.sleep(PAUSE)
            self._look()

    def _look(self) -> None:
        with self.provider.engine.asked(f"look at the container {self.container.name}"):
            self.container.reload()

    def _healthy(self) -> bool:
        """Return whether the container is healthy. Without a health check it has to run for a while."""
        state = self.container.attrs["State"]
        if health := state.get("Health"):
            return bool(state["Running"] and health["Status"] == "healthy")
        lives = bool(state["Running"] and not state["Restarting"])
        return lives and time.monotonic() - self.begun >= min(QUIET, self.timeout)

    def _still_alive(self) -> None:
        """Fail at once if the container ends: Docker may start it again and again.

        Restarts before the first look do not count: their cause may have been corrected since.
        """
        state, restarts = self.container.attrs["State"], int(self.container.attrs.get("RestartCount") or 0)
        if state["Status"] in ENDED or restarts > self.restarts:
            runs_again = state["Running"] and not state["Restarting"]  # then its exit code is 0
            code = "" if runs_again else f" with exit code {state['ExitCode']}"
            memory = ", out of memory" if state.get("OOMKilled") else ""
            self._fail("container-ended", f"its container ended{code}{memory}")
        if (state.get("Health") or {}).get(
            "Status"
        ) == "unhealthy" and self._failures() >= self.failures + self._most():
            self._fail("container-unhealthy", f"its container is unhealthy{self._last_answer()}")

    def _failures(self) -> int:
        """Return how many checks in a row have failed."""
        return int((self.container.attrs["State"].get("Health") or {}).get("FailingStreak") or 0)

    def _most(self) -> int:
        """Return how many failed checks make a container unhealthy; Docker's own number where none is set."""
        return int((self.container.attrs["Config"].get("Healthcheck") or {}).get("Retries") or RETRIES)

    def _last_answer(self) -> str:
        """Return the exit code of the last check. Its output may hold anything, so no message shows it."""
        log = (self.container.attrs["State"].get("Health") or {}).get("Log") or ()
        return f" (its last check ended with {log[-1]['ExitCode']})" if log else ""

    def _fail(self, code: str, found: str) -> None:
        raise ContainerFailedError(code, self.site, found, self.provider.engine.log_of(self.container))


class Serving(Resource, module="mirrors", name="Serving"):
    """A wait that ends when a site's container is healthy. The next wave begins when all sites of a wave are healthy.

    Args:
        props: ``site`` is the application with its environment, for messages. ``container`` is an id, so that a new
            container is awaited; ``name`` is the container's name. ``timeout`` is in seconds. ``url`` is asked only
            with ``verified``, as ``rollout.health`` says.
    """

    container: pulumi.Output[str]
    """The id of the container that serves."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(ServingProvider(), name, dict(props), opts)
