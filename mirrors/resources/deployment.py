"""``Deployment``: a site runs a release with the declared variables. Deploys only where it does not already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from mirrors.errors import HeldError, MirrorsError, NotCheckedError, PausedError, SharedChangedError
from mirrors.planning.holds import changes_at_held_site
from mirrors.planning.observed import DeploymentSeen
from mirrors.planning.releases import newest_successful, release_of
from mirrors.planning.shared import no_longer_shared
from mirrors.planning.variables import running_values
from mirrors.resources.base import (
    Properties,
    VariablesProvider,
    about,
    changed_names,
    deployments_seen,
    is_gone,
    marked,
    say,
)
from mirrors.resources.deploying import Conditions, Deploying, frozen_of, outputs_of
from mirrors.resources.health import wait_until_healthy

NOT_STARTED = {"held": HeldError, "paused": PausedError}


@dataclass(frozen=True, slots=True)
class Intent:
    """What the hints of a check say about the deployment that follows in the same process. It is in no state.

    ``attempt``: the run that reports a failure at its end, so that it keeps no other site from being repaired.
    ``refusal``: what is raised instead of starting a deployment.
    ``newest``: of a site that gets each release, the newest one when the program planned.
    ``shared``: of the original, {name: fingerprint} of the values that its mirrors get in this run.
    """

    attempt: str | None = None
    refusal: Callable[[str], MirrorsError] | None = None
    newest: str | None = None
    shared: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def by(cls, news: Properties) -> Self:
        rollout = news.get("rollout")
        # The original has no release: what it deploys is one.
        newest = news.get("newest") if rollout is None and news.get("release") else None
        return cls(news.get("collected"), NOT_STARTED.get(str(rollout)), newest, news.get("shared") or {})

    @property
    def paused(self) -> bool:
        return self.refusal is PausedError

    def conditions(self, release: str) -> Conditions:
        # Where a target leaves the original out, the inputs have the release of an earlier run.
        expected = {self.newest, release} if self.newest else None
        return Conditions(expected, self.refusal, alone=self.attempt is not None)


INTENTS: dict[str, Intent] = {}
"""By environment, of each that this process has checked. Where there is none nothing is deployed: a site that is held
or paused must not pass for one that is neither."""


class DeploymentProvider(VariablesProvider):
    """``verified`` is an input, so that a deployment that nobody has looked at is a change which a preview shows."""

    inputs = ("site", "environment", "image_environment", "release", "secrets", "verified")
    outputs = ("deployment", "url", "failed", "attempt")
    hints = ("rollout", "collected", "newest", "shared")
    immutable = ("environment",)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """What is not rolled out to a site keeps its release; what is held or paused keeps everything."""
        inputs, rollout = self.checked(news), news.get("rollout")
        olds = _olds if _olds.get("environment") == inputs["environment"] else {}
        INTENTS[inputs["environment"]] = Intent.by(news)
        if rollout == "paused" and olds:
            return CheckResult(self._as_inputs(olds, self.variables_in(olds)), [])
        if rollout in ("stays", "held"):
            # Both, because a release of the one environment is not known in the other.
            inputs |= {key: olds[key] for key in ("release", "image_environment") if key in olds} or {"release": ""}
        if rollout == "held" and olds:
            inputs.pop("verified", None)
            inputs |= {"verified": olds["verified"]} if "verified" in olds else {}
            changing = changed_names(self.variables_in(olds), self.variables_in(inputs))
            failures = [CheckFailure("", changes_at_held_site(inputs["site"], changing))] if changing else []
            return CheckResult(inputs, failures)
        return CheckResult(inputs, [])

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """As for the others; and a failure that was collected is a change: in the state it looks like none.

        Not where the site is paused: there the next attempt comes with its wave.
        """
        result = super().diff(_id, _olds, _news)
        intent = INTENTS.get(str(_news.get("environment")))
        again = _olds.get("failed") and not result.replaces and not (intent and intent.paused)
        return DiffResult(changes=True) if again else result

    def create(self, props: Properties) -> CreateResult:
        """Adopts a deployment that runs as declared, waits for one that is running, or else starts one.

        Then it compares the variables that the instances run with, and asks whether the site is healthy.
        """
        inputs = self.checked(props)
        return CreateResult(inputs["environment"], self._deployed(inputs, lambda work: work.outputs(adopting=True)))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """The same. A failure leaves the site with what it ran before, and stops the waves behind it."""
        inputs = self.checked(_news)
        gone = frozenset(self.variables_in(_olds)) - frozenset(self.variables_in(inputs))
        return UpdateResult(self._deployed(inputs, lambda work: work.outputs(gone=gone)))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What the site runs now. Only another deployment than the stored one is looked into: frozen is frozen."""
        stored = self.checked(props)
        outputs = {key: props[key] for key in self.outputs if props.get(key) is not None}
        values = self.variables_in(stored)
        with about(stored["site"]):
            if not self.reads.is_last(stored["environment"], outputs.get("deployment")):
                done = newest_successful(deployments_seen(self.divio, stored["environment"]))
                if done is None:
                    is_gone(self.divio, stored["environment"])  # raises where the token may only not see it
                    return ReadResult("", {})
                if done.uuid != outputs.get("deployment"):
                    values, outputs = self._look_into(stored, done)
        inputs = self._as_inputs(stored, values)
        return ReadResult(id_, inputs | outputs, inputs)

    def _look_into(self, stored: Properties, done: DeploymentSeen) -> tuple[Properties, Properties]:
        """Of a deployment that we did not start, or that was never healthy: its values of our names, and its outputs.

        Sets the release, and says that nobody has verified it.
        """
        frozen = frozen_of(self.divio, done.uuid)
        known = self.variables_in(stored)
        if stored["release"]:
            release = release_of(done, deployments_seen(self.divio, stored["image_environment"]))
            stored["release"] = release or stored["release"]
        if "verified" in stored:
            stored["verified"] = False
        return running_values(known, frozen, stored["secrets"]), outputs_of(done.uuid, frozen)

    def _deployed(self, inputs: Properties, deploy: Callable[[Deploying], Properties]) -> Properties:
        """The state after a deployment; one that failed is in it only where failures are collected."""
        site, intent = inputs["site"], INTENTS.get(inputs["environment"])
        if intent is None:
            raise NotCheckedError(site)
        conditions = intent.conditions(inputs["release"])
        work = Deploying(self.connection, self.divio, inputs, self.variables_in(inputs), conditions)
        try:
            with about(site):
                outputs = deploy(work)
                if changed := no_longer_shared(intent.shared, frozen_of(self.divio, outputs["deployment"])):
                    raise SharedChangedError(site, changed)
                if inputs.get("verified") and self.connection.rollout.health is not None:
                    wait_until_healthy(site, outputs, self.connection.rollout.health, work.variables)
        except MirrorsError as error:
            if intent.attempt is None:
                raise
            say(f"{site}: failed; the other sites go on, and what went wrong is said at the end")
            return inputs | {"failed": str(error), "attempt": intent.attempt}
        return inputs | outputs

    def _as_inputs(self, stored: Properties, values: Properties) -> Properties:
        """The checked inputs with these values; of a secret that a provider brings in the engine knows nothing."""
        inputs = {key: stored[key] for key in self.inputs if key in stored}
        return inputs | self.flattened(marked(values, stored["secrets"]))


class Deployment(Resource, module="mirrors", name="Deployment"):
    """A site runs a release with the declared variables: one property a variable, its value.

    ``site``: application and environment, for messages.
    ``environment``: its uuid.
    ``image_environment``: the uuid of the environment whose image the site runs.
    ``release``: the original's deployment whose image it shall run.
    ``secrets``: the names of the variables whose values are secrets.
    ``verified``: whether somebody has asked this deployment if it is healthy; false is a change that a preview shows.
    ``rollout``: whether the site is held, behind a pause, or gets no new release.
    ``newest``: the newest release when the program planned; a deployment that would take a later one is not started.
    ``collected``: the run, where it tells a failure at its end and none keeps another site from being repaired.
    ``shared``: of the original, {name: fingerprint} of the values that its mirrors get.
    """

    deployment: pulumi.Output[str]
    """The uuid of the deployment that the site runs."""

    url: pulumi.Output[str]
    """Where a browser finds the site."""

    failed: pulumi.Output[str | None]
    """What went wrong, where failures are collected. The next ``up`` tries again."""

    attempt: pulumi.Output[str | None]
    """In which run it ``failed``: a site that is no target of another one keeps what it has."""

    def __init__(
        self, name: str, props: Mapping[str, Any], variables: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        provider = DeploymentProvider()
        computed = dict.fromkeys(provider.outputs)
        super().__init__(provider, name, {**props, **provider.flattened(variables), **computed}, opts)
