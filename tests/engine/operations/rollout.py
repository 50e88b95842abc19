"""Deployments and rollouts: failures, sites that are not healthy, holds and pauses."""

from typing import Any

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.operations.steps import END_ALL, SECTIONS, SetUps, greet
from tests.engine.pages.reader import Steps
from tests.engine.serving import served
from tests.sandboxes import change


def deployments(fleet: Fleet) -> Steps:
    """Let one deployment fail, the next one end with other variables, and the next one hang."""
    greet(fleet)
    with fleet.fault("deployment-fails", path="^acme-fr/test$", remaining=1):
        yield None
    with fleet.fault(
        "deployment-wrong-variables", path="^acme-fr/test$", remaining=1, settings={"set": {"SITE_ID": "9"}}
    ):
        yield None
    impatient: dict[str, Any] = {"mirrors:rollout": {"value": {"timeout": "2s", "health": False}}}
    with (
        fleet.project.configured(lambda config: config.update(impatient)),
        fleet.fault("deployment-hangs", path="^acme-fr/test$", remaining=1),
    ):
        yield None
    change(fleet.sandbox, END_ALL)
    yield None


def unhealthy(fleet: Fleet) -> Steps:
    """Ask for the first time whether sites are healthy: one of them is not."""
    asked: dict[str, Any] = {"mirrors:rollout": {"value": {"waves": [1, "100%"], "health": {"timeout": "2s"}}}}
    with fleet.project.configured(lambda config: config.update(asked)), served(fleet, MIRRORS) as sites:
        sites["acme-de"].status = 503
        yield None
        sites["acme-de"].status = 500
        for title in BESIDE:
            yield SECTIONS[title]
        yield None
        sites["acme-de"].status = 200
        yield None


def held_back(fleet: Fleet) -> Steps:
    """Hold a site in the stack's own file. Then a new release and a new variable arrive."""
    overrides: dict[str, Any] = {"mirrors:overrides": {"mirrors": {"acme-fr": {"hold": True}}}}
    with fleet.project.configured(lambda config: config.update(overrides), "Pulumi.test.yaml"):
        fleet.sandbox.deploy("acme", "live", report=silently)
        yield None
        greet(fleet, FAREWELL="soon")
        yield None
        greet(fleet)
    yield None


def paused(fleet: Fleet) -> Steps:
    waves: dict[str, Any] = {"mirrors:rollout": {"waves": [1, "100%"], "pauseAfter": 1, "health": False}}
    fleet.sandbox.deploy("acme", "live", report=silently)
    with fleet.project.configured(lambda config: config.update(waves), "Pulumi.test.yaml"):
        yield None
    yield None


SET_UPS: SetUps = {
    "deployment-failed": deployments,
    "hold-a-site": held_back,
    "pause-a-rollout": paused,
    "site-unhealthy": unhealthy,
}
BESIDE = ("A site that is not healthy",)
