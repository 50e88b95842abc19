"""``Mirror`` on a real platform: when it deploys, when it need not, and what it says when that goes wrong."""

import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mirrors.planning.site_properties import make_property_key
from mirrors.resources.site import SiteProvider
from tests.wire.declared import START, hints, mirror, observed, plain, secret, stored
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused, Wire, provider_process

PASSWORD = f"{CANARY}-password"
DATABASE = f"postgres://acme:{PASSWORD}@db.example.com/acme"
HIDDEN = "sensitive_values_in_frozen_variables"


@pytest.fixture
def there(site: Site) -> Site:
    """Return a mirror whose variables are as declared; it was never deployed."""
    site.is_to_be_found_at("www.acme.example")
    site.by_hand("SITE_ID", "2")
    site.by_hand("DATABASE_URL", DATABASE, sensitive=True)
    site.forget_requests()
    return site


def declared(site: Site, /, **more: Any) -> dict[str, Any]:
    return hints(site, {"SITE_ID": plain("2"), "DATABASE_URL": secret(DATABASE), **more})


def starts(site: Site) -> int:
    return site.requests().count(START)


def failure(kept: Kept, site: Site) -> str:
    """Return the message to the user."""
    with pytest.raises(Refused) as refused:
        kept.up(declared(site))
    text = str(refused.value)
    assert CANARY not in text
    assert "Traceback" not in text
    return text


def test_a_fresh_mirror_is_deployed_and_its_address_reported(kept: Kept, there: Site) -> None:
    wanted = declared(there)
    kept.up(wanted)
    [uuid] = there.deployments()
    assert kept.id == there.environment
    assert there.frozen(uuid)["DATABASE_URL"] == DATABASE
    assert starts(there) == 1
    key = kept.outputs["hmac_key"]
    where = {name: wanted[name] for name in ("site", "environment", "image_environment", "release")}
    inputs = {**where, "hmac_key": key, **stored(key, wanted["variables"])}
    assert kept.inputs == inputs
    found = ["DATABASE_URL", "SITE_ID"]  # set since the program looked
    assert kept.outputs == {**inputs, "found": found, "deployment": uuid, "url": "https://www.acme.example/"}


def test_a_sufficient_deployment_is_adopted(kept: Kept, there: Site) -> None:
    uuid = there.deployed_by_hand()
    kept.up(declared(there))
    outputs = kept.outputs
    assert outputs["deployment"] == uuid
    there.forget_requests()
    kept.update(declared(there))
    assert kept.outputs == outputs
    assert there.writes() == []


@pytest.mark.parametrize("name", ["SITE_ID", "DATABASE_URL"])
def test_a_deployment_with_another_value_is_not_adopted(kept: Kept, there: Site, name: str) -> None:
    there.by_hand(name, "9", sensitive=name == "DATABASE_URL")
    uuid = there.deployed_by_hand()
    there.forget_requests()
    kept.up(declared(there))
    assert kept.outputs["deployment"] == there.deployments()[0] != uuid
    assert starts(there) == 1


def test_a_deployment_of_an_older_release_is_not_adopted(kept: Kept, there: Site, original: Site) -> None:
    uuid = there.deployed_by_hand()
    original.deployed_by_hand(original.live)
    there.forget_requests()
    kept.up(declared(there))
    assert kept.outputs["deployment"] != uuid
    assert starts(there) == 1


def test_a_newer_release_is_a_change_and_is_deployed(kept: Kept, there: Site, original: Site) -> None:
    kept.up(declared(there))
    release = original.deployed_by_hand(original.live)
    there.forget_requests()
    assert kept.preview(declared(there)) == ["~release"]
    kept.up(declared(there))
    assert kept.outputs["release"] == kept.inputs["release"] == release
    assert there.writes() == [START]


@pytest.fixture
def anew(site: Site, tmp_path: Path) -> Iterator[Kept]:
    """Yield a process of its own, which has listed nothing yet."""
    with provider_process(site.platform.configuration, tmp_path / "said") as stub:
        yield Kept(Wire(stub, SiteProvider()))


@pytest.mark.parametrize("what", ["release", "value"])
def test_an_outdated_deployment_that_is_the_last_one_is_not_looked_into(
    kept: Kept, anew: Kept, there: Site, original: Site, what: str
) -> None:
    kept.up(declared(there))
    if what == "release":
        original.deployed_by_hand(original.live)
    there.forget_requests()
    kept.then(anew).up(declared(there) if what == "release" else declared(there, SITE_ID=plain("3")))
    before_the_start = there.requests(alone=True)
    assert "GET deployments" not in before_the_start[: before_the_start.index(START)]
    assert starts(there) == 1
    assert anew.outputs["deployment"] == there.deployments()[0]


def test_a_deployment_with_a_newly_declared_value_is_looked_into_and_adopted(
    kept: Kept, anew: Kept, there: Site
) -> None:
    kept.up(declared(there))
    there.by_hand("ANOTHER", "1")
    uuid = there.deployed_by_hand()
    kept.refresh()
    there.forget_requests()
    kept.then(anew).up(declared(there, ANOTHER=plain("1")))
    assert there.writes() == []
    assert anew.outputs["deployment"] == uuid


@pytest.mark.parametrize("took", ["a target without the original", "changed variables alone"])
def test_a_deployment_that_took_a_newer_release_than_it_was_for_is_not_made_again(
    kept: Kept, anew: Kept, there: Site, original: Site, took: str
) -> None:
    """The platform deploys the newest image. The state has the release that the program declared."""
    kept.up(declared(there))
    earlier, release = kept.inputs["release"], original.deployed_by_hand(original.live)
    why = {"rollout": "keep-release"} if took == "changed variables alone" else {"newest": release}
    changed = declared(there, SITE_ID=plain("3"))
    kept.up({**changed, **why, "release": earlier})
    assert kept.outputs["release"] == earlier
    there.forget_requests()
    assert kept.then(anew).up(changed)
    assert there.writes() == []
    assert (anew.outputs["release"], anew.outputs["deployment"]) == (release, there.deployments()[0])


def test_a_newer_release_than_is_declared_is_not_deployed_again(
    kept: Kept, anew: Kept, there: Site, original: Site
) -> None:
    """Another user has deployed the site. The program declares an earlier release: a target leaves the original out."""
    kept.up(declared(there))
    earlier = kept.inputs["release"]
    original.deployed_by_hand(original.live)
    by_hand = there.deployed_by_hand()
    kept.then(anew).refresh()
    there.forget_requests()
    anew.up({**declared(there), "release": earlier})
    assert there.writes() == []
    assert anew.outputs["deployment"] == by_hand


def test_an_outdated_deployment_beside_a_running_one_is_not_deployed_twice(
    kept: Kept, anew: Kept, there: Site, original: Site
) -> None:
    kept.up(declared(there))
    original.deployed_by_hand(original.live)
    there.will_meet("deployment-hangs")
    running = there.platform.divio.deployments.start(there.environment).uuid
    there.forget_requests()
    with ThreadPoolExecutor() as pool:
        made = pool.submit(kept.then(anew).up, declared(there))
        there.wait_for_request("GET deployment")
        there.finish(running)
        made.result()
    assert anew.outputs["deployment"] == running
    assert starts(there) == 0


@pytest.mark.parametrize("form", ["null", "absent"])
def test_a_deployment_whose_values_are_hidden_proves_nothing_and_is_not_adopted(
    kept: Kept, there: Site, switches: Path, form: str
) -> None:
    there.deployed_by_hand()
    there.forget_requests()
    switches.write_text(json.dumps({HIDDEN: "hidden", "hidden_frozen_value": form}), encoding="utf-8")
    kept.up(declared(there))
    assert starts(there) == 1
    assert kept.outputs["deployment"] == there.deployments()[0]
    by_hand = there.deployed_by_hand()
    kept.refresh()
    assert kept.outputs["deployment"] == by_hand
    assert kept.preview(declared(there)) == ["-DATABASE_URL (running)"], "no one knows with which it was deployed"
    there.forget_requests()
    kept.up(declared(there))
    assert there.writes() == ["PATCH DATABASE_URL", START]
    kept.refresh()
    assert kept.preview(declared(there)) == []


@pytest.mark.parametrize("fits", [True, False])
def test_a_running_deployment_is_waited_for_and_then_judged(kept: Kept, there: Site, fits: bool) -> None:
    if not fits:
        there.by_hand("SITE_ID", "1")
    there.will_meet("deployment-hangs")
    running = there.platform.divio.deployments.start(there.environment).uuid
    there.by_hand("SITE_ID", "2")
    there.forget_requests()
    with ThreadPoolExecutor() as pool:
        made = pool.submit(kept.up, declared(there))
        there.wait_for_request("GET deployment")
        assert starts(there) == 0
        there.finish(running)
        made.result()
    assert starts(there) == (0 if fits else 1)
    assert (kept.outputs["deployment"] == running) is fits


def test_nothing_is_deployed_where_someone_writes_while_another_deployment_is_waited_for(
    kept: Kept, there: Site
) -> None:
    there.by_hand("SITE_ID", "1")
    there.will_meet("deployment-hangs")
    running = there.platform.divio.deployments.start(there.environment).uuid
    there.forget_requests()
    with ThreadPoolExecutor() as pool:
        made = pool.submit(failure, kept, there)
        there.wait_for_request("GET deployment")
        there.by_hand("SITE_ID", "7")
        there.deleted_by_hand("DATABASE_URL")
        there.finish(running)
        text = made.result()
    assert "does not have as declared: SITE_ID, DATABASE_URL. Nothing was deployed" in text
    assert there.deployments() == [running]


def test_a_failure_shows_the_end_of_the_log_without_secrets(kept: Kept, there: Site) -> None:
    lines = [*(f"line {number}" for number in range(30)), f"no connection with {DATABASE}", f"password={PASSWORD}"]
    there.will_meet("deployment-fails")
    there.log_says("\n".join(lines))
    text = failure(kept, there)
    [uuid] = there.deployments()
    assert f"{there.name}: deployment {uuid} failed; the site goes on with what it ran before." in text
    assert text.endswith("line 29\nno connection with [secret]\npassword=[secret]")
    assert "line 16\n" not in text


def test_the_log_of_a_failure_has_no_secret_in_another_form(kept: Kept, there: Site) -> None:
    """Other commands of a site print them so: an HTTP client's trace, a pretty printer, a narrow terminal."""
    token, encoded = there.platform.sandbox.token, b64encode(f"acme:{PASSWORD}".encode()).decode()
    lines = [
        f"Authorization: Basic {encoded}",
        f"{DATABASE[:30]}\n{DATABASE[30:]}",
        f"refused: {PASSWORD.upper()}, {PASSWORD[:12]}…",
        f"{PASSWORD.encode().hex()} \x1b[31m{PASSWORD[:9]}\x1b[0m{PASSWORD[9:]}",
        f"Token {token}",
        f"no such host: db.example.com, serving {there.name}",
    ]
    there.will_meet("deployment-fails")
    there.log_says("\n".join(lines))
    assert failure(kept, there).splitlines()[-7:] == [
        "Authorization: Basic [secret]",
        "postgres://acme:[secret]",
        "[secret]@db.example.com/acme",
        "refused: [secret], [secret]…",
        "[secret] \x1b[31m[secret]",
        "Token [secret]",
        f"no such host: db.example.com, serving {there.name}",
    ]


def test_what_fails_where_nothing_had_to_be_made_is_in_no_state_and_the_next_run_goes_on(
    kept: Kept, there: Site
) -> None:
    there.will_meet("deployment-wrong-variables", set={"SITE_ID": "9"})
    with pytest.raises(Refused, match="runs with other values than declared of: "):
        kept.up(declared(there) | observed(there))
    assert kept.id == ""
    kept.up(declared(there))
    assert there.frozen(kept.outputs["deployment"])["SITE_ID"] == "2"
    assert starts(there) == 2


def test_a_deployment_that_runs_with_other_variables_is_an_error_without_their_values(kept: Kept, site: Site) -> None:
    site.will_meet("deployment-wrong-variables", set={"SITE_ID": f"{CANARY}-9"}, drop=["DATABASE_URL"])
    text = failure(kept, site)
    [uuid] = site.deployments()
    assert f"{site.name}: deployment {uuid} succeeded, but runs with other values than declared of: " in text
    assert "SITE_ID, DATABASE_URL." in text
    kept.refresh()
    assert kept.preview(declared(site)) == ["-DATABASE_URL (running)", "-SITE_ID (running)"]
    kept.up(declared(site))
    assert site.frozen(kept.outputs["deployment"])["DATABASE_URL"] == DATABASE


@pytest.fixture
def impatient(site: Site, tmp_path: Path) -> Iterator[Kept]:
    config = site.platform.configuration | {"mirrors:rollout": '{"timeout": "1s"}'}
    with provider_process(config, tmp_path / "said") as stub:
        yield Kept(Wire(stub, SiteProvider()))


def test_a_deployment_that_never_ends_is_given_up_and_adopted_once_it_has(impatient: Kept, site: Site) -> None:
    site.will_meet("deployment-hangs")
    text = failure(impatient, site)
    assert f"{site.name}: " in text
    assert "has not ended within" in text
    [uuid] = site.deployments()
    site.finish(uuid)
    impatient.refresh()
    assert impatient.outputs["deployment"] == uuid
    impatient.up(declared(site))
    assert impatient.outputs["deployment"] == uuid
    assert starts(site) == 1


def test_a_deployment_that_ended_well_after_it_was_given_up_hides_what_it_runs_with_and_is_made_again_once(
    impatient: Kept, later: Kept, site: Site, switches: Path
) -> None:
    """Its change was taken back meanwhile: what the state knew before is not what it runs with."""
    switches.write_text(json.dumps({HIDDEN: "hidden"}), encoding="utf-8")
    before = mirror(site, TOKEN=secret(f"{CANARY}-1"))
    impatient.up(before)
    site.will_meet("deployment-hangs")
    with pytest.raises(Refused, match="has not ended within"):
        impatient.up(mirror(site, TOKEN=secret(f"{CANARY}-2")))
    site.finish(site.deployments()[0])
    impatient.then(later).refresh()
    later.up(before)
    later.refresh()
    assert later.preview(before) == []
    assert len(site.deployments()) == 3
    switches.unlink()
    assert site.frozen(site.deployments()[0])["TOKEN"] == f"{CANARY}-1"


def test_an_original_that_someone_deploys_after_its_first_attempt_failed_wants_no_release(
    kept: Kept, later: Kept, site: Site
) -> None:
    wanted = hints(site, {"THEME": plain("1")}, shared={}) | {"release": ""}
    site.will_meet("deployment-fails")
    with pytest.raises(Refused):
        kept.up(wanted)
    by_hand = site.deployed_by_hand()
    kept.then(later).refresh()
    assert (later.inputs["release"], later.outputs["deployment"]) == ("", by_hand)
    assert later.preview(wanted) == []


def test_an_address_that_a_site_lacks_is_known_to_be_none(kept: Kept, later: Kept, site: Site) -> None:
    """The engine would take an output that is absent for not known yet."""
    kept.up(declared(site))
    assert kept.outputs["url"] == ""
    kept.then(later).refresh()
    assert later.outputs["url"] == ""


def test_a_release_that_is_deployed_by_hand_is_known_as_that(kept: Kept, there: Site, original: Site) -> None:
    kept.up(declared(there))
    release = original.deployed_by_hand(original.live)
    uuid = there.deployed_by_hand()
    there.forget_requests()
    kept.refresh()
    assert (kept.outputs["deployment"], kept.inputs["release"]) == (uuid, release)
    assert kept.outputs["url"] == "https://www.acme.example/"
    assert kept.preview(declared(there)) == []
    assert there.writes() == []


@pytest.mark.parametrize("unknown", ["empty", "refused"])
def test_an_environment_that_is_gone_has_no_id(kept: Kept, there: Site, switches: Path, unknown: str) -> None:
    kept.up(declared(there))
    there.is_deleted()
    switches.write_text(json.dumps({"unknown_uuid_in_filter": unknown}), encoding="utf-8")
    kept.refresh()
    assert (kept.id, kept.outputs, kept.inputs) == ("", {}, {})


def test_a_variable_called_like_an_output_of_mirrors_is_compared_as_a_variable(kept: Kept, there: Site) -> None:
    names = ("url", "deployment", "release", "site")
    wanted = declared(there, **{name: plain(f"value of {name}") for name in names})
    kept.up(wanted)
    [uuid] = there.deployments()
    assert kept.outputs["deployment"] == uuid
    assert {name: kept.outputs[make_property_key(name)] for name in names} == {
        name: f"value of {name}" for name in names
    }
    there.by_hand("url", "by hand")
    there.deployed_by_hand()
    there.by_hand("url", "value of url")
    kept.refresh()
    assert kept.outputs[f"{make_property_key('url')} (running)"].keys() == {"fingerprint"}
    assert kept.outputs["url"] == "https://www.acme.example/"
    assert kept.preview(wanted) == ["-=url (running)"]


def test_a_site_that_goes_is_asked_for_its_variables_alone(kept: Kept, later: Kept, site: Site) -> None:
    kept.up(declared(site))
    site.forget_requests()
    kept.then(later).destroy()
    assert site.requests() == ["GET variables", "DELETE DATABASE_URL", "DELETE SITE_ID"]


def test_only_a_move_to_another_environment_replaces(kept: Kept, there: Site) -> None:
    kept.up(declared(there))
    moved = kept.checked(declared(there) | {"environment": there.live})
    assert moved["hmac_key"] != kept.inputs["hmac_key"]
    answer = kept.wire.diff(kept.outputs, moved)
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["environment"], True)


def test_before_a_release_what_nothing_shows_is_written_again(
    kept: Kept, later: Kept, site: Site, original: Site, switches: Path
) -> None:
    """Another user may have set it meanwhile, and a deployment by Mirrors would make the site run with that."""
    switches.write_text(json.dumps({"sensitive_values_in_frozen_variables": "hidden"}), encoding="utf-8")
    kept.up(mirror(site))
    site.by_hand("DATABASE_URL", "postgres://other:x@other.example.com/other", sensitive=True)
    original.deployed_by_hand(original.live)
    kept.then(later).refresh()
    site.forget_requests()
    later.up(mirror(site))
    assert site.writes()[-2:] == ["PATCH DATABASE_URL", START]
    assert site.stored()["DATABASE_URL"] == (DATABASE, True)
