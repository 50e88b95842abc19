"""What a rollout asks of the resources: to stay as they are, to look whether a site is healthy, to fail later."""

from typing import Any

import pytest

from mirrors.planning.shared import fingerprint
from mirrors.resources.base import VariablesProvider
from mirrors.resources.deployment import DeploymentProvider
from mirrors.resources.environment_variables import EnvironmentVariablesProvider
from mirrors.sandbox.process import free_port
from tests.wire.conftest import Drive
from tests.wire.platform import CANARY, Site, deployment_of
from tests.wire.provider import UNKNOWN, CheckedWire, Refused, Wire, marked, provider_process

VALUE = f"{CANARY}-value"
DEPLOYMENT: dict[str, Any] = {
    "site": "acme-de (test)",
    "environment": "e-1",
    "image_environment": "e-2",
    "release": "r-1",
    "secrets": ["TOKEN"],
    "SITE_ID": "2",
    "TOKEN": VALUE,
}
VARIABLES: dict[str, Any] = {
    "site": "acme-de (test)",
    "environment": "e-1",
    "secrets": ["TOKEN"],
    "found": {},
    "SITE_ID": {"value": "2", "sensitive": False},
    "TOKEN": {"value": VALUE, "sensitive": True},
}
BOTH = pytest.mark.parametrize(
    ("provider", "olds"),
    [(DeploymentProvider(), DEPLOYMENT), (EnvironmentVariablesProvider(), VARIABLES)],
    ids=["Deployment", "EnvironmentVariables"],
)


def as_declared(olds: dict[str, Any], **changed: str) -> dict[str, Any]:
    """The same with other values of these variables."""
    entries = {
        name: {**olds[name], "value": value} if isinstance(olds[name], dict) else value
        for name, value in changed.items()
    }
    return {**olds, **entries}


@BOTH
@pytest.mark.parametrize("rollout", ["stays", "held", "paused", None])
def test_what_a_rollout_says_is_not_kept(
    offline: Drive, provider: VariablesProvider, olds: dict[str, Any], rollout: str | None
) -> None:
    inputs, failures = offline(provider).check(olds, {**olds, "rollout": rollout, "turn": None, "collected": None})
    assert failures == []
    assert inputs.keys() == olds.keys()


@pytest.mark.parametrize(("rollout", "release"), [(None, "r-2"), ("stays", "r-1"), ("held", "r-1"), ("paused", "r-1")])
def test_a_release_is_taken_where_it_is_followed(offline: Drive, rollout: str | None, release: str) -> None:
    news = {**DEPLOYMENT, "release": "r-2", "rollout": rollout}
    assert offline(DeploymentProvider()).check(DEPLOYMENT, news)[0]["release"] == release


@pytest.mark.parametrize("rollout", ["stays", "held", "paused"])
def test_another_environment_for_images_is_no_reason_to_deploy_what_follows_no_release(
    offline: Drive, rollout: str
) -> None:
    news = {**DEPLOYMENT, "release": "r-9", "image_environment": "e-9", "rollout": rollout}
    inputs, _ = offline(DeploymentProvider()).check(DEPLOYMENT, news)
    assert (inputs["release"], inputs["image_environment"]) == ("r-1", "e-2")


def test_a_site_that_is_new_and_follows_no_release_keeps_whichever_it_runs(offline: Drive) -> None:
    assert offline(DeploymentProvider()).check({}, {**DEPLOYMENT, "rollout": "stays"})[0]["release"] == ""


@BOTH
def test_a_paused_site_keeps_what_it_has_and_its_secrets_stay_secret(
    offline: Drive, provider: VariablesProvider, olds: dict[str, Any]
) -> None:
    news = {key: value for key, value in as_declared(olds, SITE_ID="9").items() if key != "TOKEN"}
    inputs, failures = offline(provider).check(olds, {**news, "rollout": "paused"})
    secret = marked(VALUE) if provider.outputs else {"value": marked(VALUE), "sensitive": True}
    assert (inputs, failures) == ({**olds, "TOKEN": secret}, [])


@BOTH
def test_a_held_sites_variables_may_not_change_and_no_value_is_told(
    offline: Drive, provider: VariablesProvider, olds: dict[str, Any]
) -> None:
    news = as_declared(olds, TOKEN=f"{VALUE}-new", SITE_ID="3")
    _, [(name, reason)] = offline(provider).check(olds, {**news, "rollout": "held"})
    assert name == ""
    assert reason.startswith("acme-de (test): it is held, but its variables change: SITE_ID, TOKEN. ")
    assert CANARY not in reason


@BOTH
def test_what_is_not_known_yet_is_no_change_of_a_held_site(
    offline: Drive, provider: VariablesProvider, olds: dict[str, Any]
) -> None:
    assert offline(provider).check(olds, {**as_declared(olds, SITE_ID=UNKNOWN), "rollout": "held"})[1] == []


def test_a_held_site_is_not_asked_whether_it_is_healthy(offline: Drive) -> None:
    deployment = offline(DeploymentProvider())
    assert "verified" not in deployment.check(DEPLOYMENT, {**DEPLOYMENT, "verified": True, "rollout": "held"})[0]
    olds = {**DEPLOYMENT, "verified": False}
    assert deployment.check(olds, {**olds, "verified": True, "rollout": "held"})[0]["verified"] is False


@pytest.fixture
def props(site: Site, original: Site) -> dict[str, Any]:
    site.by_hand("SITE_ID", "2")
    return deployment_of(site, original, SITE_ID="2")


def test_a_held_site_is_adopted_as_it_runs_and_never_deployed(drive: Drive, site: Site, props: dict[str, Any]) -> None:
    deployment, runs = drive(DeploymentProvider()), site.deployed_by_hand()
    held = {**props, "release": "", "rollout": "held"}
    adopted, _ = deployment.check({}, held)
    assert deployment.create(adopted)[1]["deployment"] == runs
    other, _ = deployment.check({}, {**held, "SITE_ID": "3"})
    with pytest.raises(Refused, match="it is held, and what it runs is not known to be what is declared"):
        deployment.create(other)
    assert site.deployments() == [runs]
    site.by_hand("SITE_ID", "3")
    free, _ = deployment.check({}, {**other, "rollout": None})
    deployment.create(free)
    assert len(site.deployments()) == 2


def test_a_deployment_that_somebody_else_made_has_to_be_verified(
    drive_checked: Drive, site: Site, props: dict[str, Any]
) -> None:
    deployment = drive_checked(DeploymentProvider())
    _, outs = deployment.create(props)
    verified = {**outs, "verified": True}
    assert deployment.read(verified)[2]["verified"] is True
    site.deployed_by_hand()
    assert deployment.read(verified)[2]["verified"] is False
    assert "verified" not in deployment.read(outs)[2]


def test_a_site_that_does_not_answer_is_deployed_and_fails_until_it_does(
    platform_with_health: Wire, site: Site, props: dict[str, Any]
) -> None:
    site.is_to_be_found_at(f"127.0.0.1:{free_port()}")
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            platform_with_health.create({**props, "verified": True})
        assert f"{site.name}: it runs deployment {site.deployments()[0]}, but was not healthy within 1 s" in str(
            refused.value
        )
        assert "no connection" in str(refused.value)
    assert len(site.deployments()) == 1
    assert platform_with_health.create(props)[1]["deployment"] == site.deployments()[0]


@pytest.fixture
def platform_with_health(site: Site, tmp_path: Any) -> Any:
    """A provider process that asks sites, where nobody serves any."""
    config = site.platform.configuration | {"mirrors:rollout": '{"timeout": "50s", "health": {"timeout": "1s"}}'}
    with provider_process(config, tmp_path / "said") as stub:
        yield CheckedWire(stub, DeploymentProvider())


def test_a_failure_that_is_collected_is_told_in_the_state_and_tried_again(
    drive: Drive, site: Site, props: dict[str, Any]
) -> None:
    deployment = drive(DeploymentProvider())
    checked, _ = deployment.check({}, {**props, "collected": "run-1"})
    site.will_meet("deployment-fails")
    _, outs = deployment.create(checked)
    assert outs["failed"].startswith(f"{site.name}: deployment {site.deployments()[0]} failed; ")
    assert outs["attempt"] == "run-1"
    assert "deployment" not in outs
    assert deployment.diff(outs, checked).changes == 2  # DIFF_SOME
    done = deployment.update(outs, checked)
    assert not {"failed", "attempt"} & done.keys()
    assert done["deployment"] == site.deployments()[0]
    assert deployment.diff(done, checked).changes == 0  # DIFF_UNKNOWN: the engine compares the inputs


def test_a_paused_site_that_failed_before_stays_as_it_is(
    drive: Drive, drive_later: Drive, site: Site, original: Site, props: dict[str, Any]
) -> None:
    checked, _ = drive(DeploymentProvider()).check({}, {**props, "collected": "run-1"})
    site.will_meet("deployment-fails")
    _, failed = drive(DeploymentProvider()).create(checked)
    later = drive_later(DeploymentProvider())
    release = original.deployed_by_hand(original.live)
    kept, failures = later.check(failed, {**props, "release": release, "rollout": "paused"})
    assert (kept, failures) == (checked, [])
    assert later.diff(failed, kept).changes == 0  # DIFF_UNKNOWN: the engine compares the inputs
    with pytest.raises(Refused, match=r"it is behind mirrors:rollout\.pauseAfter"):
        later.update(failed, kept)  # whatever else makes the engine do it
    assert len(site.deployments()) == 1


def test_what_this_process_has_not_checked_is_not_deployed(
    drive_later: Drive, site: Site, props: dict[str, Any]
) -> None:
    """A process that does not know whether the site is held or paused does not take it for one that is free."""
    deployment = drive_later(DeploymentProvider())
    for asked in (lambda: deployment.create(props), lambda: deployment.update({**props, "release": "r-0"}, props)):
        with pytest.raises(Refused, match="is not known whether this run may deploy it"):
            asked()
    assert site.deployments() == []


def test_an_original_that_runs_with_other_values_than_its_mirrors_get_is_an_error(
    drive: Drive, site: Site, props: dict[str, Any]
) -> None:
    deployment, shared = drive(DeploymentProvider()), {"DATABASE_URL": fingerprint(f"{CANARY}-before"), "GONE": "?"}
    checked, _ = deployment.check({}, {**props, "release": "", "shared": shared})
    assert "shared" not in checked
    site.by_hand("DATABASE_URL", f"{CANARY}-now")
    with pytest.raises(Refused, match="runs with another DATABASE_URL now") as refused:
        deployment.create(checked)
    assert CANARY not in str(refused.value)
    known, _ = deployment.check({}, {**props, "release": "", "shared": {"DATABASE_URL": fingerprint(f"{CANARY}-now")}})
    assert deployment.create(known)[1]["deployment"] == site.deployments()[0]
    assert len(site.deployments()) == 1
