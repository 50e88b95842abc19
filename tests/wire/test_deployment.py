"""``Deployment`` on a real platform: when it deploys, when it need not, and what it says when that goes wrong."""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mirrors.resources.deployment import DeploymentProvider
from tests.wire.conftest import Drive
from tests.wire.platform import CANARY, Site, deployment_of
from tests.wire.provider import CheckedWire, Refused, Wire, marked, provider_process

PASSWORD = f"{CANARY}-password"
DATABASE = f"postgres://acme:{PASSWORD}@db.example.com/acme"
START = "POST deployments"


@pytest.fixture
def deployment(drive_checked: Drive) -> Wire:
    return drive_checked(DeploymentProvider())


@pytest.fixture
def props(site: Site, original: Site) -> dict[str, Any]:
    """The deployment of a mirror whose variables are as declared; it was never deployed."""
    site.is_to_be_found_at("www.acme.example")
    site.by_hand("SITE_ID", "2")
    site.by_hand("DATABASE_URL", DATABASE, sensitive=True)
    site.forget_requests()
    return deployment_of(site, original, ["DATABASE_URL"], SITE_ID="2", DATABASE_URL=DATABASE)


def starts(site: Site) -> int:
    return site.requests().count(START)


def test_a_fresh_mirror_is_deployed_and_its_address_told(deployment: Wire, site: Site, props: dict[str, Any]) -> None:
    id_, outs = deployment.create(props)
    [uuid] = site.deployments()
    assert id_ == site.environment
    assert outs == {**props, "deployment": uuid, "url": "https://www.acme.example/"}
    assert site.frozen(uuid)["DATABASE_URL"] == DATABASE
    assert starts(site) == 1


def test_a_sufficient_deployment_is_adopted(deployment: Wire, site: Site, props: dict[str, Any]) -> None:
    uuid = site.deployed_by_hand()
    site.forget_requests()
    _, outs = deployment.create(props)
    assert outs["deployment"] == uuid
    assert site.writes() == []
    assert deployment.update(outs, props) == outs
    assert site.writes() == []


@pytest.mark.parametrize("name", ["SITE_ID", "DATABASE_URL"])
def test_a_deployment_with_another_value_is_not_adopted(
    deployment: Wire, site: Site, props: dict[str, Any], name: str
) -> None:
    uuid = site.deployed_by_hand()
    site.by_hand(name, "9", sensitive=name == "DATABASE_URL")
    site.forget_requests()
    _, outs = deployment.create(props | {name: "9"})
    assert outs["deployment"] == site.deployments()[0] != uuid
    assert starts(site) == 1


def test_a_deployment_of_an_older_release_is_not_adopted(
    deployment: Wire, site: Site, original: Site, props: dict[str, Any]
) -> None:
    uuid = site.deployed_by_hand()
    assert deployment.create(props)[1]["deployment"] == uuid
    release = original.deployed_by_hand(original.live)
    site.forget_requests()
    outs = deployment.update(props, props | {"release": release})
    assert outs["deployment"] != uuid
    assert starts(site) == 1


@pytest.mark.parametrize("form", ["null", "absent"])
def test_a_deployment_whose_values_are_hidden_proves_nothing_and_is_not_adopted(
    deployment: Wire, site: Site, props: dict[str, Any], switches: Path, form: str
) -> None:
    site.deployed_by_hand()
    site.forget_requests()
    switches.write_text(
        json.dumps({"sensitive_values_in_frozen_variables": "hidden", "hidden_frozen_value": form}), encoding="utf-8"
    )
    _, outs = deployment.create(props)
    assert starts(site) == 1
    assert outs["deployment"] == site.deployments()[0]
    assert outs["DATABASE_URL"] == DATABASE
    _, shown, _ = deployment.read(outs)
    assert shown["DATABASE_URL"] == marked(DATABASE)


@pytest.mark.parametrize("fits", [True, False])
def test_a_running_deployment_is_waited_for_and_then_judged(
    deployment: Wire, site: Site, props: dict[str, Any], fits: bool
) -> None:
    if not fits:
        site.by_hand("SITE_ID", "1")
    site.will_meet("deployment-hangs")
    running = site.platform.divio.deployments.start(site.environment).uuid
    site.by_hand("SITE_ID", "2")
    site.forget_requests()
    with ThreadPoolExecutor() as pool:
        created = pool.submit(deployment.create, props)
        site.wait_for_request("GET deployment")
        assert starts(site) == 0
        site.finish(running)
        _, outs = created.result()
    assert starts(site) == (0 if fits else 1)
    assert (outs["deployment"] == running) is fits


def test_nothing_is_deployed_where_the_variables_are_not_as_declared(
    deployment: Wire, site: Site, props: dict[str, Any]
) -> None:
    site.by_hand("SITE_ID", "1")
    with pytest.raises(Refused, match=r"does not have as declared: SITE_ID\. Nothing was deployed"):
        deployment.create(props)
    site.deleted_by_hand("DATABASE_URL")
    with pytest.raises(Refused, match="SITE_ID, DATABASE_URL"):
        deployment.create(props)
    assert site.deployments() == []


def test_a_failure_shows_the_end_of_the_log_without_secrets(
    deployment: Wire, site: Site, props: dict[str, Any]
) -> None:
    lines = [*(f"line {number}" for number in range(30)), f"no connection with {DATABASE}", f"password={PASSWORD}"]
    site.will_meet("deployment-fails")
    site.log_says("\n".join(lines))
    with pytest.raises(Refused) as told:
        deployment.create(props)
    [uuid] = site.deployments()
    text = str(told.value)
    assert f"{site.name}: deployment {uuid} failed; the site goes on with what it ran before." in text
    assert text.endswith("line 29\nno connection with [secret]\npassword=[secret]")
    assert "line 16\n" not in text
    assert CANARY not in text
    assert "Traceback" not in text


def test_the_log_of_a_failure_has_no_secret_in_another_form(
    deployment: Wire, site: Site, props: dict[str, Any]
) -> None:
    """Other commands of a site print them so: an HTTP client's trace, a pretty printer, a narrow terminal."""
    token, encoded = site.platform.sandbox.token, b64encode(f"acme:{PASSWORD}".encode()).decode()
    lines = [
        f"Authorization: Basic {encoded}",
        f"{DATABASE[:30]}\n{DATABASE[30:]}",
        f"refused: {PASSWORD.upper()}, {PASSWORD[:12]}…",
        f"{PASSWORD.encode().hex()} \x1b[31m{PASSWORD[:9]}\x1b[0m{PASSWORD[9:]}",
        f"Token {token}",
        f"no such host: db.example.com, serving {site.name}",
    ]
    site.will_meet("deployment-fails")
    site.log_says("\n".join(lines))
    with pytest.raises(Refused) as told:
        deployment.create(props)
    assert str(told.value).splitlines()[-7:] == [
        "Authorization: Basic [secret]",
        "postgres://acme:[secret]",
        "[secret]@db.example.com/acme",
        "refused: [secret], [secret]…",
        "[secret] \x1b[31m[secret]",
        "Token [secret]",
        f"no such host: db.example.com, serving {site.name}",
    ]


def test_after_a_failure_the_next_run_deploys_again(deployment: Wire, site: Site, props: dict[str, Any]) -> None:
    site.will_meet("deployment-fails")
    with pytest.raises(Refused):
        deployment.create(props)
    _, outs = deployment.create(props)
    assert outs["deployment"] == site.deployments()[0]
    assert starts(site) == 2


def test_a_deployment_that_runs_with_other_variables_is_an_error_without_their_values(
    deployment: Wire, site: Site, props: dict[str, Any]
) -> None:
    site.will_meet("deployment-wrong-variables", set={"SITE_ID": f"{CANARY}-9"}, drop=["DATABASE_URL"])
    with pytest.raises(Refused) as told:
        deployment.create(props)
    [uuid] = site.deployments()
    assert f"{site.name}: deployment {uuid} succeeded, but runs with other values than declared of: " in str(told.value)
    assert "SITE_ID, DATABASE_URL." in str(told.value)
    assert CANARY not in str(told.value)


def test_a_deployment_that_never_ends_is_given_up_and_adopted_once_it_has(
    site: Site, props: dict[str, Any], tmp_path: Path
) -> None:
    site.will_meet("deployment-hangs")
    config = site.platform.configuration | {"mirrors:rollout": '{"timeout": "1s"}'}
    with provider_process(config, tmp_path / "said") as stub:
        impatient = CheckedWire(stub, DeploymentProvider())
        with pytest.raises(Refused, match=r"has not ended within [\d.]+ s") as told:
            impatient.create(props)
        assert site.name in str(told.value)
        [uuid] = site.deployments()
        site.finish(uuid)
        assert impatient.create(props)[1]["deployment"] == uuid
    assert starts(site) == 1


def test_read_shows_what_a_deployment_made_by_hand_runs_with(
    deployment: Wire, site: Site, original: Site, props: dict[str, Any]
) -> None:
    _, stored = deployment.create(props)
    release = original.deployed_by_hand(original.live)
    site.by_hand("SITE_ID", "1")
    site.by_hand("DATABASE_URL", DATABASE + "-by-hand", sensitive=True)
    uuid = site.deployed_by_hand()
    id_, outs, news = deployment.read(stored, site.environment)
    expected = {**props, "release": release, "SITE_ID": "1", "DATABASE_URL": marked(DATABASE + "-by-hand")}
    assert (id_, news) == (site.environment, expected)
    assert outs == {**expected, "deployment": uuid, "url": stored["url"]}


def test_read_of_what_we_deployed_changes_nothing_and_looks_at_no_variable(
    deployment: Wire, site: Site, props: dict[str, Any]
) -> None:
    _, stored = deployment.create(props)
    site.by_hand("SITE_ID", "1")
    site.forget_requests()
    _, outs, news = deployment.read(stored)
    assert news == {**props, "DATABASE_URL": marked(DATABASE)}
    assert outs == {**stored, "DATABASE_URL": marked(DATABASE)}
    assert site.requests() == ["GET deployments"]


def test_read_shows_a_variable_that_a_deployment_made_by_hand_lacks(
    deployment: Wire, site: Site, props: dict[str, Any]
) -> None:
    _, stored = deployment.create(props)
    site.deleted_by_hand("SITE_ID")
    site.deployed_by_hand()
    _, outs, news = deployment.read(stored)
    assert "SITE_ID" not in outs
    assert "SITE_ID" not in news


@pytest.mark.parametrize("unknown", ["empty", "refused"])
def test_an_environment_without_a_deployment_has_no_id(
    deployment: Wire, site: Site, props: dict[str, Any], switches: Path, unknown: str
) -> None:
    stored = props | {"deployment": "d-1"}
    assert deployment.read(stored, site.environment) == ("", {}, {})
    site.is_deleted()
    switches.write_text(json.dumps({"unknown_uuid_in_filter": unknown}), encoding="utf-8")
    assert deployment.read(stored, site.environment) == ("", {}, {})


def test_a_variable_called_like_an_output_of_ours_is_compared_as_a_variable(
    deployment: Wire, site: Site, props: dict[str, Any]
) -> None:
    names = ("url", "deployment", "release", "site")
    for name in names:
        site.by_hand(name, f"value of {name}")
    more = DeploymentProvider.flattened({name: f"value of {name}" for name in names})
    _, outs = deployment.create(props | more)
    [uuid] = site.deployments()
    assert outs["deployment"] == uuid
    assert {key: outs[key] for key in more} == more
    site.by_hand("url", "by hand")
    site.deployed_by_hand()
    _, shown, _ = deployment.read(outs)
    assert shown[DeploymentProvider.key_of("url")] == "by hand"
    assert shown["url"] == outs["url"]


def test_deleting_it_asks_for_nothing(deployment: Wire, site: Site, props: dict[str, Any]) -> None:
    _, stored = deployment.create(props)
    site.forget_requests()
    deployment.delete(stored)
    assert site.requests() == []
