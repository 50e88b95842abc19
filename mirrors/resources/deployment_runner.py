"""Bring an environment to the wanted deployment: adopt one, wait for one, or start one. Then check the result."""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from mirrors.config.connection import DivioConnection
from mirrors.divio import DeploymentRunning, DeploymentTimeout, Divio, DivioError
from mirrors.errors import MirrorsError
from mirrors.observation.remediation import convert_error
from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.deployments import DesiredDeployment, decide_deployment, runs_release
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_properties import Properties
from mirrors.planning.variables.writes import compare_values
from mirrors.resources.deployed_variables import (
    make_deployment_outputs,
    read_deployed_variables,
    retry_until_shown,
)
from mirrors.resources.failures import (
    deployed_with_other_variables,
    deployment_failed,
    deployment_timed_out,
    other_deployments_running,
)
from mirrors.resources.process import PROCESS_MEMORY
from mirrors.resources.progress_lines import log_progress, make_progress_callback
from mirrors.resources.provider import list_deployments_or_empty
from mirrors.resources.site_logs import redact_log
from mirrors.resources.start_checks import refuse_newer_release, verify_variables

LOG_LINES_SHOWN = 15
"""How many of the last lines of a failed deployment's log an error shows."""


@dataclass(frozen=True, slots=True)
class StartConditions:
    """The conditions for starting a deployment.

    Args:
        newest_releases: The releases of which the original's newest must be one; None: any may be the newest.
        refusal: Makes the error to raise instead of starting a deployment.
        bypasses_gate: Whether a refused deployment of this site says nothing about the next site.
    """

    newest_releases: Collection[str] | None = None
    refusal: Callable[[str], MirrorsError] | None = None
    bypasses_gate: bool = False


class DeploymentRunner:
    """One site's way to the deployment that it should run.

    Args:
        inputs: The checked inputs.
        variables: {name: value} of the declared variables.
        conditions: The conditions for starting a deployment.
    """

    def __init__(
        self,
        connection: DivioConnection,
        divio: Divio,
        inputs: Properties,
        variables: Mapping[str, str],
        conditions: StartConditions,
    ) -> None:
        self.connection = connection
        self.conditions = conditions
        self.divio = divio
        self.bulk_reads = PROCESS_MEMORY.bulk_reads(divio)
        self.inputs = inputs
        self.variables = variables
        self.site: str = inputs["site"]
        self.environment: str = inputs["environment"]
        self.secrets, self.sensitive = frozenset(inputs["secrets"]), frozenset(inputs["sensitive"])
        self.started_at = time.monotonic()

    def run(
        self,
        stored: str | None,
        *,
        outdated: str | None,
        withdrawn: frozenset[str] = frozenset(),
        recorded: str | None = None,
    ) -> Properties:
        """Return the outputs of the deployment that the environment has in the end.

        Args:
            stored: The deployment that the state has; None for a site that is new to it.
            outdated: What makes that deployment outdated as far as the state knows, "value" or "release".
            withdrawn: The names of the variables that are no longer declared.
            recorded: The deployment that runs as declared by Mirrors' own record; None where the site needs another.

        Raises:
            MirrorsError: The environment does not run as declared.
            DivioError: The platform does not answer.
        """
        release = self.inputs["release"]
        wanted = DesiredDeployment(release, self.variables, stored is None, withdrawn, self.sensitive, recorded)
        needs_lookup = not self._can_skip_lookup(stored, outdated)
        while self._seconds_left > 0:
            seen = list_deployments_or_empty(self.divio, self.environment) if needs_lookup else ()
            newest = newest_successful(seen)
            deployed = read_deployed_variables(self.divio, newest.uuid) if newest else None
            step = decide_deployment(wanted, seen, self._list_releases() if newest else (), deployed)
            if step.kind == "adopt":
                return make_deployment_outputs(step.deployment, deployed or {})
            if step.kind == "attach":
                log_progress(f"{self.site}: waiting for a deployment that is already running")
                self._wait(step.deployment)
                continue
            if self.conditions.refusal:
                raise self.conditions.refusal(self.site)
            self._check_start(newest.uuid if newest else None if needs_lookup else stored)
            needs_lookup = True
            started = self._start()
            if started is not None:
                log_progress(f"{self.site}: deployment started; waiting until it has ended")
                return self._finish(started)
        raise other_deployments_running(self.site)

    @property
    def _seconds_left(self) -> float:
        return self.connection.rollout.timeout - (time.monotonic() - self.started_at)

    def _can_skip_lookup(self, stored: str | None, outdated: str | None) -> bool:
        """Return whether bulk reads show that no deployment of this environment can be adopted or waited for.

        They do where there is none, or where the last one is the outdated one that the state has, and none runs. If one
        has begun since then, the platform refuses to start another.
        """
        if stored is None:
            return self.bulk_reads.never_deployed(self.environment)
        latest = self.bulk_reads.find_latest_finished(self.environment, stored) if outdated else None
        if latest is None:
            return False
        release, image = self.inputs["release"], self.inputs["image_environment"]
        return outdated == "value" or not runs_release(release, latest, self.bulk_reads.releases(image))

    def _check_start(self, deployment: str | None) -> None:
        image, newest = self.inputs["image_environment"], self.conditions.newest_releases
        refuse_newer_release(self.divio, self.site, image, newest)
        verify_variables(self.divio, self.site, self.environment, self.variables, deployment)

    def _start(self) -> str | None:
        """Start a deployment and return its uuid; None where another one ran, which this waits for."""
        self.bulk_reads.forget_deployments(self.environment)
        gate = PROCESS_MEMORY.deployment_gate
        turn = nullcontext() if self.conditions.bypasses_gate else gate.enter(self.site, "deploy it")
        try:
            with turn:
                return self.divio.deployments.start(self.environment).uuid
        except DeploymentRunning as busy:
            if busy.deployment:
                self._wait(busy.deployment.uuid)
            return None

    def _list_releases(self) -> tuple[ObservedDeployment, ...]:
        return list_deployments_or_empty(self.divio, self.inputs["image_environment"])

    def _wait(self, uuid: str) -> bool:
        """Wait until a deployment has ended, and return whether it went well."""
        timeout, on_progress = max(self._seconds_left, 1), make_progress_callback(self.site)
        try:
            wait = partial(self.divio.deployments.wait, uuid, timeout, on_progress, self.environment)
            ended = retry_until_shown(wait)
        except DeploymentTimeout as error:
            raise deployment_timed_out(self.site, convert_error(error), self._read_log_end(uuid)) from None
        PROCESS_MEMORY.forget_variables(self.environment)
        return ended.succeeded

    def _finish(self, uuid: str) -> Properties:
        """Wait for Mirrors' own deployment, and return its outputs if it runs with the declared variables."""
        if not self._wait(uuid):
            raise deployment_failed(self.site, uuid, self._read_log_end(uuid))
        deployed = read_deployed_variables(self.divio, uuid)
        different, _ = compare_values(self.variables, deployed, self.sensitive)
        if different:
            raise deployed_with_other_variables(self.site, uuid, different, self._read_log_end(uuid))
        log_progress(f"{self.site}: deployed after {time.monotonic() - self.started_at:.0f} s")
        return make_deployment_outputs(uuid, deployed)

    def _read_log_end(self, uuid: str) -> str:
        """Return the end of the log without secrets.

        It also blanks the platform's own values, which a log may quote.
        """
        try:
            deployed = [(name, value) for name, value in read_deployed_variables(self.divio, uuid).items() if value]
            log = self.divio.deployments.logs(uuid)
        except DivioError as error:
            return f"(it cannot be read: {error})"
        log = redact_log(log, [*deployed, *self.variables.items()], self.secrets, self.divio.tokens)
        return "\n".join(log.splitlines()[-LOG_LINES_SHOWN:])
