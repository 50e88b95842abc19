"""Brings an environment to a wanted deployment: adopts one, waits for one, or starts one. Checks the result."""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from mirrors.config.connection import DivioConnection
from mirrors.divio import Deployment, DeploymentRunning, DeploymentTimeout, Divio, DivioError, NotFound
from mirrors.errors import (
    ConcurrentDeploymentError,
    DeployedVariablesMismatchError,
    DeploymentFailedError,
    DeploymentTimeoutError,
    MirrorsError,
    NewerReleaseError,
    VariableVerificationError,
)
from mirrors.observation.convert import convert_variables
from mirrors.observation.remediation import convert_error
from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.reports.logs import redact_log
from mirrors.planning.rollout.deployments import DesiredDeployment, decide_deployment, runs_release
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_properties import Properties
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.names import DOMAIN
from mirrors.planning.variables.writes import compare_values, find_unset
from mirrors.resources.process import OPERATION
from mirrors.resources.provider import list_deployments_or_empty, list_or_empty, say

Seen = TypeVar("Seen")

SAY_EVERY = 30.0
"""Seconds between two lines about a deployment that takes its time."""

APPEARS_AFTER = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks for a new deployment that the platform does not show yet."""

LOG_LINES = 15
"""How much of a failed deployment's log an error shows."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions for starting a deployment.

    Args:
        expected: the releases that may be the newest one; None: any may be.
        refusal: makes the error to raise where a deployment would start.
        alone: whether a platform that refuses this deployment may accept the next one.
    """

    expected: Collection[str] | None = None
    refusal: Callable[[str], MirrorsError] | None = None
    alone: bool = False


class DeploymentRunner:
    """One attempt at one site. ``inputs``: the checked inputs; ``variables``: {name: value} of the declared ones."""

    def __init__(
        self,
        connection: DivioConnection,
        divio: Divio,
        inputs: Properties,
        variables: Mapping[str, str],
        conditions: Conditions,
    ) -> None:
        self.connection = connection
        self.conditions = conditions
        self.divio = divio
        self.reads = OPERATION.reads(divio)
        self.inputs = inputs
        self.variables = variables
        self.site: str = inputs["site"]
        self.environment: str = inputs["environment"]
        self.secrets, self.sensitive = frozenset(inputs["secrets"]), frozenset(inputs["sensitive"])
        self.began = time.monotonic()

    def run(
        self, before: str | None, *, outdated: str | None, gone: frozenset[str] = frozenset(), known: str | None = None
    ) -> Properties:
        """Return the outputs of the deployment that the environment has in the end.

        Args:
            before: the deployment that the state has; None for a site that is new to it.
            outdated: what makes that deployment outdated as far as the state knows, "value" or "release".
            gone: the names of the variables that are no longer declared.
            known: the deployment that is known to run as declared; None where the site needs another one.

        Raises:
            MirrorsError, DivioError: The environment does not run as declared.
        """
        wanted = DesiredDeployment(self.inputs["release"], self.variables, before is None, gone, self.sensitive, known)
        look = not self._has_none_to_adopt(before, outdated)
        while time.monotonic() - self.began < self.connection.rollout.timeout:
            seen = list_deployments_or_empty(self.divio, self.environment) if look else ()
            done = newest_successful(seen)
            frozen = deployed_variables_of(self.divio, done.uuid) if done else None
            step = decide_deployment(wanted, seen, self._releases(done), frozen)
            if step.kind == "adopt":
                return deployment_outputs(step.deployment, frozen or {})
            if step.kind == "attach":
                say(f"{self.site}: waiting for a deployment that is already running")
                self._wait(step.deployment)
                continue
            if self.conditions.refusal:
                raise self.conditions.refusal(self.site)
            self._check_release()
            self._check_variables(done.uuid if done else None if look else before)
            look = True
            started = self._started()
            if started is not None:
                say(f"{self.site}: deployment started; waiting until it has ended")
                return self._finished(started)
        raise ConcurrentDeploymentError(self.site)

    def _has_none_to_adopt(self, before: str | None, outdated: str | None) -> bool:
        """Return whether bulk reads save a look at the deployments of this environment.

        They do where there is none, or where the last one is the outdated one that the state has, and none runs. If one
        has begun since then, the platform refuses to start another.
        """
        if before is None:
            return self.reads.never_deployed(self.environment)
        last = self.reads.last(self.environment, before) if outdated else None
        if last is None:
            return False
        release, image = self.inputs["release"], self.inputs["image_environment"]
        return outdated == "value" or not runs_release(release, last, self.reads.releases(image))

    def _started(self) -> str | None:
        """Return the uuid of the new deployment; None where someone else's ran, and has been waited for."""
        self.reads.deploys(self.environment)
        try:
            with nullcontext() if self.conditions.alone else OPERATION.deployment_gate.attempt(self.site, "deploy it"):
                return self.divio.deployments.start(self.environment).uuid
        except DeploymentRunning as busy:
            if busy.deployment:
                self._wait(busy.deployment.uuid)
            return None

    def _check_release(self) -> None:
        """Refuse to start where the original has a newer release: the platform would deploy that one."""
        image, expected = self.inputs["image_environment"], self.conditions.expected
        if expected is None or self.reads.newest_release(image) in expected:
            return
        newest = newest_successful(list_deployments_or_empty(self.divio, image))
        if newest is not None and newest.uuid not in expected:
            raise NewerReleaseError(self.site)

    def _check_variables(self, deployment: str | None) -> None:
        """Verify the variables before a deployment starts, also where nothing was written: what is set is what deploys.

        Only the values of the present ``deployment`` show that someone else has written a value that the platform
        hides.
        """
        environment, values = self.environment, self.variables
        if OPERATION.read_back.get(environment) == values:
            return
        live = OPERATION.unchanged.pop(environment, None)
        if live is None:
            live = list_or_empty(self.divio.environment_variables.list, self.divio, environment)
        wrong = find_unset(values, convert_variables(live))
        if wrong:
            raise VariableVerificationError(self.site, wrong)
        hidden = [item for item in live if item.value is None and item.name in values]
        frozen = deployed_variables_of(self.divio, deployment) if hidden and deployment else {}
        for item in hidden:
            if frozen.get(item.name) != values[item.name]:
                self.reads.writes(environment)
                with OPERATION.variable_gate.attempt(self.site, f"set {item.name} to its declared value; then deploy"):
                    self.divio.environment_variables.update(item.uuid, values[item.name], item.is_sensitive)

    def _releases(self, done: ObservedDeployment | None) -> tuple[ObservedDeployment, ...]:
        return list_deployments_or_empty(self.divio, self.inputs["image_environment"]) if done else ()

    def _wait(self, uuid: str) -> bool:
        left = self.connection.rollout.timeout - (time.monotonic() - self.began)
        say_so = patience(self.site)
        try:
            wait = partial(self.divio.deployments.wait, uuid, max(left, 1), say_so, self.environment)
            ended = _appeared(wait)
        except DeploymentTimeout as error:
            raise DeploymentTimeoutError(self.site, convert_error(error), self._log_end(uuid)) from None
        OPERATION.looks_again(self.environment)
        return ended.succeeded

    def _finished(self, uuid: str) -> Properties:
        if not self._wait(uuid):
            raise DeploymentFailedError(self.site, uuid, self._log_end(uuid))
        frozen = deployed_variables_of(self.divio, uuid)
        different, _ = compare_values(self.variables, frozen, self.sensitive)
        if different:
            raise DeployedVariablesMismatchError(self.site, uuid, different, self._log_end(uuid))
        say(f"{self.site}: deployed after {time.monotonic() - self.began:.0f} s")
        return deployment_outputs(uuid, frozen)

    def _log_end(self, uuid: str) -> str:
        """Return the end of the log without secrets.

        It also blanks the platform's own values, which a log may quote.
        """
        try:
            frozen = [(name, value) for name, value in deployed_variables_of(self.divio, uuid).items() if value]
            log = self.divio.deployments.logs(uuid)
        except DivioError as error:
            return f"(it cannot be read: {error})"
        log = redact_log(log, [*frozen, *self.variables.items()], self.secrets, self.divio.tokens)
        return "\n".join(log.splitlines()[-LOG_LINES:])


def deployed_variables_of(divio: Divio, deployment: str) -> Mapping[str, str | None]:
    """Return the variables that a deployment runs with."""
    return _appeared(lambda: OPERATION.reads(divio).frozen(deployment))


def deployment_outputs(deployment: str, frozen: Mapping[str, str | None]) -> Properties:
    return {"deployment": deployment, "url": make_site_url(frozen.get(DOMAIN))}


def _appeared(look: Callable[[], Seen]) -> Seen:
    """Look again until the item appears. A platform of several servers may not show a new one everywhere at once."""
    for pause in APPEARS_AFTER:
        try:
            return look()
        except NotFound:
            time.sleep(pause)
    return look()


def patience(
    site: str, tell: Callable[[str], None] = say, clock: Callable[[], float] = time.monotonic
) -> Callable[[Deployment], None]:
    """Return a function for each look at a deployment. It prints a line every half minute."""
    began = said = clock()

    def look(deployment: Deployment) -> None:
        nonlocal said
        now = clock()
        if deployment.running and now - said >= SAY_EVERY:
            said = now
            tell(f"{site}: still deploying after {now - began:.0f} s ({deployment.status})")

    return look
