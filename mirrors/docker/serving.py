"""``Serving``: a wait until a site's container is healthy. It ends early if the container ends."""

import time
from collections.abc import Mapping
from typing import Any

import pulumi
from docker.models.containers import Container
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from mirrors.docker.host.client import ENDED_STATUSES, POLL_INTERVAL, read_container_variables
from mirrors.docker.host.failures import container_error
from mirrors.docker.provider import DockerProvider
from mirrors.planning.site_properties import Properties
from mirrors.resources.health import wait_until_healthy

MINIMUM_UPTIME = 3.0
"""Seconds that a container without a health check has to live before it counts as serving."""

DEFAULT_RETRIES = 3
"""Docker's own number, where a health check has none."""


class ServingProvider(DockerProvider):
    """Waits for a container."""

    inputs = ("site", "container", "name", "timeout", "url", "verified")

    def create(self, props: Properties) -> CreateResult:
        """Wait until the container is healthy. Raises MirrorsError with the last lines of its log."""
        inputs = self.select_inputs(props)
        self._wait(inputs)
        return CreateResult(inputs["name"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Wait for the new container. A failure stops the waves behind it."""
        inputs = self.select_inputs(_news)
        self._wait(inputs)
        return UpdateResult(inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Do nothing: the container is another resource."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state: the container's own resource says whether it still exists."""
        stored = self.select_inputs(props)
        return ReadResult(id_, stored, stored)

    def _wait(self, inputs: Properties) -> None:
        container = self.host.find_container(inputs["container"])
        if container is None:
            found = "its container was removed before it was healthy"
            raise container_error("container-missing", inputs["site"], found, "")
        HealthWait(self, inputs["site"], container, float(inputs["timeout"])).wait()
        if inputs.get("verified") and inputs.get("url") and self.rollout.health is not None:
            outputs = {"url": inputs["url"], "deployment": container.short_id}
            wait_until_healthy(inputs["site"], outputs, self.rollout.health, read_container_variables(container))


class HealthWait:
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
        self.failures = self._count_failed_checks()

    def wait(self) -> None:
        while not self._is_healthy():
            self._fail_if_ended()
            if time.monotonic() + POLL_INTERVAL >= self.begun + self.timeout:
                found = f"its container was not healthy within {self.timeout:g} s{self._describe_last_check()}"
                self._fail("container-unhealthy", found)
            time.sleep(POLL_INTERVAL)
            self._reload()

    def _reload(self) -> None:
        with self.provider.host.wrap_errors(f"look at the container {self.container.name}"):
            self.container.reload()

    def _is_healthy(self) -> bool:
        """Return whether the container is healthy. Without a health check it has to run for a while."""
        state = self.container.attrs["State"]
        if health := state.get("Health"):
            return bool(state["Running"] and health["Status"] == "healthy")
        lives = bool(state["Running"] and not state["Restarting"])
        return lives and time.monotonic() - self.begun >= min(MINIMUM_UPTIME, self.timeout)

    def _fail_if_ended(self) -> None:
        """Fail at once if the container ends: Docker may start it again and again.

        Restarts before the first look do not count: their cause may have been corrected since.
        """
        state, restarts = self.container.attrs["State"], int(self.container.attrs.get("RestartCount") or 0)
        if state["Status"] in ENDED_STATUSES or restarts > self.restarts:
            runs_again = state["Running"] and not state["Restarting"]  # then its exit code is 0
            code = "" if runs_again else f" with exit code {state['ExitCode']}"
            memory = ", out of memory" if state.get("OOMKilled") else ""
            self._fail("container-ended", f"its container ended{code}{memory}")
        if (state.get("Health") or {}).get(
            "Status"
        ) == "unhealthy" and self._count_failed_checks() >= self.failures + self._count_most_failed_checks():
            self._fail("container-unhealthy", f"its container is unhealthy{self._describe_last_check()}")

    def _count_failed_checks(self) -> int:
        """Return how many checks in a row have failed."""
        return int((self.container.attrs["State"].get("Health") or {}).get("FailingStreak") or 0)

    def _count_most_failed_checks(self) -> int:
        """Return how many failed checks make a container unhealthy; Docker's own number where none is set."""
        return int((self.container.attrs["Config"].get("Healthcheck") or {}).get("Retries") or DEFAULT_RETRIES)

    def _describe_last_check(self) -> str:
        """Return the exit code of the last check. Its output may hold anything, so no message shows it."""
        log = (self.container.attrs["State"].get("Health") or {}).get("Log") or ()
        return f" (its last check ended with exit code {log[-1]['ExitCode']})" if log else ""

    def _fail(self, code: str, found: str) -> None:
        raise container_error(code, self.site, found, self.provider.host.read_log(self.container))


class Serving(Resource, module="mirrors", name="Serving"):
    """A wait that ends when a site's container is healthy. The next wave begins when all sites of a wave are healthy.

    Args:
        props: ``site`` is the application with its environment, for messages. ``container`` is an id, so that a new
            container is awaited; ``name`` is the container's name. ``timeout`` is in seconds. ``url`` is asked only
            with ``verified``, as ``rollout.health`` says.
    """

    site: pulumi.Output[str]
    container: pulumi.Output[str]
    """The id of the container that serves."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(ServingProvider(), name, dict(props), opts)
