"""``Deployment``: a site runs a release with the declared variables. Deploys only where it does not already."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors import divio
from mirrors.divio import DeploymentRunning, DeploymentTimeout, DivioError, NotFound
from mirrors.errors import (
    DeploymentFailedError,
    DeploymentsInTheWayError,
    DeploymentUnendedError,
    OtherVariablesError,
    ReadBackError,
)
from mirrors.planning.addresses import address_of
from mirrors.planning.deployments import Wanted, next_step
from mirrors.planning.names import DOMAIN, PUBLIC
from mirrors.planning.observed import DeploymentSeen, VariableSeen
from mirrors.planning.redaction import redact
from mirrors.planning.releases import newest_successful, release_of
from mirrors.planning.variables import different_names, not_set, running_values
from mirrors.remedies import explained
from mirrors.resources.base import (
    READ_BACK,
    Properties,
    VariablesProvider,
    about,
    deployments_seen,
    is_gone,
    listed,
    marked,
    say,
)
from mirrors.resources.first_write import FIRST_DEPLOYMENT, FIRST_WRITE

Seen = TypeVar("Seen")

SAY_EVERY = 30.0
"""Seconds between two lines about a deployment that takes its time."""

APPEARS_AFTER = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks for a deployment that the platform does not show yet."""

LOG_LINES = 15
"""How much of a failed deployment's log an error shows."""


class DeploymentProvider(VariablesProvider):
    inputs = ("site", "environment", "image_environment", "release", "secrets")
    outputs = ("deployment", "url")
    immutable = ("environment",)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        return CheckResult(self.checked(news), [])

    def create(self, props: Properties) -> CreateResult:
        inputs = self.checked(props)
        with about(inputs["site"]):
            return CreateResult(inputs["environment"], inputs | self._deployed(inputs, adopting=True))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        inputs = self.checked(_news)
        gone = frozenset(self.variables_in(_olds)) - frozenset(self.variables_in(inputs))
        with about(inputs["site"]):
            return UpdateResult(inputs | self._deployed(inputs, gone=gone))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What the site runs now. Only another deployment than the stored one is looked into: frozen is frozen."""
        stored = self.checked(props)
        outputs = {key: props[key] for key in self.outputs if props.get(key) is not None}
        values = self.variables_in(stored)
        with about(stored["site"]):
            done = newest_successful(deployments_seen(self.divio, stored["environment"]))
            if done is None:
                is_gone(self.divio, stored["environment"])  # raises where the token may only not see it
                return ReadResult("", {})
            if done.uuid != outputs.get("deployment"):
                values, outputs = self._look_into(stored, done)
        inputs = {key: stored[key] for key in self.inputs} | self.flattened(marked(values, stored["secrets"]))
        return ReadResult(id_, inputs | outputs, inputs)

    def _look_into(self, stored: Properties, done: DeploymentSeen) -> tuple[Properties, Properties]:
        """Of a deployment that we did not start: its values of our names, and its outputs. Sets the release."""
        frozen = self._frozen(done.uuid)
        known = self.variables_in(stored)
        if stored["release"]:
            release = release_of(done, deployments_seen(self.divio, stored["image_environment"]))
            stored["release"] = release or stored["release"]
        return running_values(known, frozen, stored["secrets"]), self._outputs(done.uuid, frozen)

    def _deployed(
        self, inputs: Properties, *, adopting: bool = False, gone: frozenset[str] = frozenset()
    ) -> Properties:
        """Bring the environment to the wanted deployment; returns the outputs."""
        wanted = Wanted(inputs["release"], self.variables_in(inputs), adopting, gone, frozenset(inputs["secrets"]))
        began = time.monotonic()
        while time.monotonic() - began < self.connection.rollout.timeout:
            seen = deployments_seen(self.divio, inputs["environment"])
            done = newest_successful(seen)
            frozen = self._frozen(done.uuid) if done else None
            step = next_step(wanted, seen, self._releases(inputs, done), frozen)
            if step.kind == "adopt":
                return self._outputs(step.deployment, frozen or {})
            if step.kind == "attach":
                say(f"{inputs['site']}: waiting for a deployment that is already running")
                self._wait(inputs, step.deployment, began)
                continue
            self._check_variables(inputs, frozen or {})
            try:
                with FIRST_DEPLOYMENT.by(inputs["site"], "deploy it"):
                    started = self.divio.deployments.start(inputs["environment"])
            except DeploymentRunning as busy:
                if busy.deployment:
                    self._wait(inputs, busy.deployment.uuid, began)
                continue
            say(f"{inputs['site']}: deployment started; waiting until it has ended")
            return self._finished(inputs, started.uuid, began)
        raise DeploymentsInTheWayError(inputs["site"])

    def _check_variables(self, inputs: Properties, frozen: Mapping[str, str | None]) -> None:
        """Also where the variables' own resource had nothing to do: what is deployed is what is set now.

        Of a value that is not shown only ``frozen``, what runs now, can tell that somebody else has written it.
        """
        environment, values = inputs["environment"], self.variables_in(inputs)
        if READ_BACK.get(environment) == values:
            return
        live = listed(self.divio.environment_variables.list, self.divio, environment)
        wrong = not_set(values, {item.name: VariableSeen(item.value, item.is_sensitive) for item in live})
        if wrong:
            raise ReadBackError(inputs["site"], wrong)
        for item in live:
            if item.value is None and item.name in values and frozen.get(item.name) != values[item.name]:
                with FIRST_WRITE.by(inputs["site"], f"set {item.name} to its declared value; then deploy"):
                    self.divio.environment_variables.update(item.uuid, values[item.name], item.is_sensitive)

    def _releases(self, inputs: Properties, done: DeploymentSeen | None) -> tuple[DeploymentSeen, ...]:
        return deployments_seen(self.divio, inputs["image_environment"]) if done else ()

    def _wait(self, inputs: Properties, uuid: str, began: float) -> bool:
        left = self.connection.rollout.timeout - (time.monotonic() - began)
        say_so = _patience(inputs["site"])
        try:
            ended = _appeared(lambda: self.divio.deployments.wait(uuid, timeout=max(left, 1), on_progress=say_so))
        except DeploymentTimeout as error:
            raise DeploymentUnendedError(inputs["site"], explained(error), self._log_end(inputs, uuid)) from None
        READ_BACK.pop(inputs["environment"], None)  # a wait is long enough for somebody to write
        return ended.succeeded

    def _finished(self, inputs: Properties, uuid: str, began: float) -> Properties:
        if not self._wait(inputs, uuid, began):
            raise DeploymentFailedError(inputs["site"], uuid, self._log_end(inputs, uuid))
        frozen = self._frozen(uuid)
        different, _ = different_names(self.variables_in(inputs), frozen, inputs["secrets"])
        if different:
            raise OtherVariablesError(inputs["site"], uuid, different, self._log_end(inputs, uuid))
        say(f"{inputs['site']}: deployed after {time.monotonic() - began:.0f} s")
        return self._outputs(uuid, frozen)

    def _log_end(self, inputs: Properties, uuid: str) -> str:
        """The platform's own variables are blanked too: a log may quote a key that we never set, or a line of it."""
        try:
            frozen = [value for name, value in self._frozen(uuid).items() if value and name not in PUBLIC]
            log = self.divio.deployments.logs(uuid)
        except DivioError as error:
            return f"(it cannot be read: {error})"
        values = [value for name, value in self.variables_in(inputs).items() if name in inputs["secrets"]]
        secrets = [*frozen, *values]
        log = redact(log, [*secrets, *(line for value in secrets for line in value.splitlines())])
        return "\n".join(log.splitlines()[-LOG_LINES:])

    def _frozen(self, uuid: str) -> Mapping[str, str | None]:
        return _appeared(lambda: self.divio.deployments.environment_variables(uuid)).environment_variables

    def _outputs(self, uuid: str, frozen: Mapping[str, str | None]) -> Properties:
        return {"deployment": uuid, "url": address_of(frozen.get(DOMAIN))}


def _appeared(look: Callable[[], Seen]) -> Seen:
    """A platform of several servers may not show everywhere at once what one of them has just made."""
    for pause in APPEARS_AFTER:
        try:
            return look()
        except NotFound:
            time.sleep(pause)
    return look()


def _patience(site: str) -> Callable[[divio.Deployment], None]:
    """Says every half minute what is waited for."""
    began = said = time.monotonic()

    def look(deployment: divio.Deployment) -> None:
        nonlocal said
        now = time.monotonic()
        if deployment.running and now - said >= SAY_EVERY:
            said = now
            say(f"{site}: still deploying after {now - began:.0f} s ({deployment.status})")

    return look


class Deployment(Resource, module="mirrors", name="Deployment"):
    """One property a variable: its value. ``deployment``: its uuid; ``url``: where a browser finds the site."""

    deployment: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self, name: str, props: Mapping[str, Any], variables: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        provider = DeploymentProvider()
        computed = dict.fromkeys(provider.outputs)
        super().__init__(provider, name, {**props, **provider.flattened(variables), **computed}, opts)
