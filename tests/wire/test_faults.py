"""Resources on a platform that fails at the worst moment: what can be repeated converges unnoticed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mirrors.divio import RetryPolicy
from mirrors.planning.variables.dsn import identify_service
from mirrors.resources.original import OriginalProvider
from mirrors.resources.site import SiteProvider
from tests.sandboxes import running_sandbox
from tests.wire.conftest import Stub
from tests.wire.declared import START, hints, plain, secret
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, SHARED, Platform, Site
from tests.wire.provider import Refused, Wire, provider_process

PASSWORD = f"{CANARY}-password"
VALUES = {
    "SITE_ID": "2",
    "LANGUAGE": "de",
    "DATABASE_URL": f"postgres://acme:{PASSWORD}@db.example.com/acme",
    "KEY": f"{CANARY}-first line\n{CANARY}-second line",
}
SECRETS = {"DATABASE_URL", "KEY"}
WRITES = "^/apps/v3/environment-variables/"
DEPLOYMENTS = "^/apps/v3/deployments/$"
UUID = "[a-z2-7]{26}/"

# The log of a deployment quotes what it was given, from the start on; a variable is deleted once another was changed.
TRIGGERS = """
CREATE TRIGGER tells_early AFTER INSERT ON sandbox_deployment BEGIN
    UPDATE sandbox_deployment
    SET log = coalesce((SELECT t.log FROM loose_tongue t WHERE t.environment = NEW.environment_id), log)
    WHERE uuid = NEW.uuid;
END;
CREATE TABLE deleter (environment TEXT, after TEXT, name TEXT);
CREATE TRIGGER deletes AFTER UPDATE ON sandbox_environmentvariable BEGIN
    DELETE FROM sandbox_environmentvariable WHERE environment_id = NEW.environment_id AND name = (
        SELECT d.name FROM deleter d WHERE d.environment = NEW.environment_id AND d.after = NEW.name);
END;
"""


@dataclass(frozen=True)
class Faults:
    """The faults of the platform, as rows of its own table."""

    platform: Platform

    def add(self, kind: str, method: str = "", path: str = "", **more: Any) -> None:
        """Add a fault. ``remaining``: how often (or always); ``probability``; ``seed``; others: settings of it."""
        values = (more.pop("probability", 1.0), more.pop("seed", 0), more.pop("remaining", None))
        self.platform.change(
            "INSERT INTO sandbox_fault (kind, method, path, probability, seed, remaining, asked, settings)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
            *(kind, method, path, *values, json.dumps(more)),
        )

    def clear(self) -> None:
        self.platform.change("DELETE FROM sandbox_fault")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One of its own: most faults meet every request."""
    with running_sandbox(tmp_path_factory.mktemp("platform")) as sandbox:
        sandbox.seed(mirrors=(), numbered=48, report=lambda _: None)
        with Platform.of(sandbox) as platform:
            with platform.database() as connection:
                connection.executescript(TRIGGERS)
            yield platform
        logged = (sandbox.state / "requests.jsonl").read_text() + sandbox.state.log.read_text()
        assert CANARY not in logged


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(count(1))


@pytest.fixture
def another(platform: Platform, numbers: Iterator[int]) -> Site:
    """Return a second mirror."""
    return platform.site(f"acme-{next(numbers):04}")


@pytest.fixture
def faults(platform: Platform) -> Iterator[Faults]:
    faults = Faults(platform)
    yield faults
    faults.clear()


@pytest.fixture
def fresh(platform: Platform, tmp_path: Path) -> Iterator[Stub]:
    """Yield a provider process that has written nothing yet. It is not patient with deployments."""
    config = platform.configuration | {"mirrors:rollout": '{"timeout": "2s"}'}
    with provider_process(config, tmp_path / "said") as stub:
        yield stub
    assert CANARY not in (tmp_path / "said").read_text()


@pytest.fixture(scope="module")
def connected(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    said = tmp_path_factory.mktemp("provider") / "said"
    with provider_process(platform.configuration, said) as stub:
        yield stub
    assert CANARY not in said.read_text()


def declared(site: Site, /, **more: Any) -> dict[str, Any]:
    own = {name: secret(value) if name in SECRETS else plain(value) for name, value in VALUES.items()}
    return hints(site, {**own, **more})


def kept_in(stub: Stub) -> Kept:
    return Kept(Wire(stub, SiteProvider()))


def as_declared(site: Site) -> bool:
    return site.stored() == {name: (value, name in SECRETS) for name, value in VALUES.items()}


def shown(refused: pytest.ExceptionInfo[Refused], site: Site) -> str:
    """Return the message to the user: about this site, without a secret, without a traceback."""
    text = str(refused.value)
    assert site.name in text
    assert CANARY not in text
    assert "Traceback" not in text
    return text


STORMS: dict[str, dict[str, Any]] = {
    "throttle": {"seconds": 0},
    "error": {"status": 502},
    "reset-before": {},
    "reset-after": {},
    "truncated": {},
    "latency": {"seconds": 0.05},
}


@pytest.mark.parametrize("kind", STORMS)
def test_a_site_is_made_changed_read_and_left_in_a_storm(
    kept: Kept, fresh: Stub, site: Site, faults: Faults, kind: str
) -> None:
    wanted, later = declared(site), kept_in(fresh)
    faults.add(kind, probability=0.25, seed=7, **STORMS[kind])
    kept.up(wanted)
    kept.refresh()
    assert kept.preview(wanted) == []
    kept.up(declared(site, LANGUAGE={**plain("de"), "sensitive": True}))  # which needs no deployment
    kept.up(wanted)
    faults.clear()
    assert as_declared(site)
    assert [kept.outputs["deployment"]] == site.deployments()
    faults.add(kind, probability=0.25, seed=8, **STORMS[kind])
    kept.then(later).destroy()
    faults.clear()
    assert site.stored() == {}
    assert any(line.get("fault") == kind for line in site.platform.sandbox.requests_log())


@pytest.mark.parametrize("kind", [kind for kind in STORMS if kind != "latency"])
def test_a_deployment_whose_start_is_not_answered_is_started_once(
    kept: Kept, site: Site, faults: Faults, kind: str
) -> None:
    faults.add(kind, "POST", DEPLOYMENTS, remaining=1, **STORMS[kind])
    kept.up(declared(site))
    assert [kept.outputs["deployment"]] == site.deployments()


def test_a_write_that_outlasts_the_clients_patience_is_made_once(kept: Kept, site: Site, faults: Faults) -> None:
    faults.add("latency", "POST", WRITES, remaining=1, seconds=31)  # it waits for an answer for 30
    kept.up(declared(site))
    faults.clear()
    assert as_declared(site)


def test_a_list_that_is_answered_otherwise_is_reported_in_one_line_before_the_database_is_written(
    kept: Kept, site: Site, faults: Faults
) -> None:
    faults.add("schema", "GET", WRITES)
    with pytest.raises(Refused) as refused:
        kept.up(declared(site))
    faults.clear()
    assert "GET /apps/v3/environment-variables/" in shown(refused, site)
    assert "DATABASE_URL" not in site.stored()
    assert site.deployments() == []
    kept.up(declared(site))
    assert as_declared(site)


def test_a_write_that_is_answered_otherwise_is_read_back_and_made_once(kept: Kept, site: Site, faults: Faults) -> None:
    faults.add("schema", "POST", WRITES)
    kept.up(declared(site))
    faults.clear()
    assert as_declared(site)
    posted = [line for line in site.writes() if line.startswith("POST") and line != START]
    assert sorted(posted) == sorted(f"POST {name}" for name in VALUES)


@pytest.mark.parametrize("path", [UUID + "$", UUID + "environment-variables/"])
def test_a_deployment_that_is_not_shown_at_once_is_waited_for(
    kept: Kept, site: Site, faults: Faults, path: str
) -> None:
    faults.add("error", "GET", "^/apps/v3/deployments/" + path, remaining=2, status=404)
    kept.up(declared(site))
    assert [kept.outputs["deployment"]] == site.deployments()


def test_a_variable_deleted_by_another_user_between_the_look_and_the_write_is_made_again(
    kept: Kept, site: Site
) -> None:
    kept.up(declared(site))
    site.by_hand("SITE_ID", "1")
    site.by_hand("LANGUAGE", "fr")
    site.platform.change("INSERT INTO deleter VALUES (?, 'SITE_ID', 'LANGUAGE')", site.environment)
    site.forget_requests()
    kept.update(declared(site))
    assert as_declared(site)
    assert "POST LANGUAGE" in site.writes()


REFUSALS = {"forbidden": 403, "not-found": 404, "not-allowed": 405, "unknown": 400}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_first_write_that_is_refused_stops_the_fleet_and_says_what_to_set_by_hand(
    fresh: Stub, site: Site, another: Site, faults: Faults, reason: str
) -> None:
    faults.add("error", "POST", WRITES, status=REFUSALS[reason])
    with pytest.raises(Refused) as first:
        kept_in(fresh).up(declared(site))
    text = shown(first, site)
    assert f"POST /apps/v3/environment-variables/: {REFUSALS[reason]}" in text
    by_hand = "set in this order SITE_ID=2, KEY=(the original's, or the configuration's, secret value), LANGUAGE=de, "
    assert f"in the Control Panel: {by_hand}DATABASE_URL=(" in text
    assert first.value.kept is None
    with pytest.raises(Refused) as second:
        kept_in(fresh).up(declared(another))
    assert f"not tried: the platform refused the write for {site.name}, see there" in shown(second, another)
    assert another.writes() == []
    assert (site.stored(), another.stored()) == ({}, {})


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_first_deployment_that_is_refused_stops_the_fleet_though_variables_were_accepted(
    fresh: Stub, site: Site, another: Site, faults: Faults, reason: str
) -> None:
    faults.add("error", "POST", DEPLOYMENTS, status=REFUSALS[reason])
    with pytest.raises(Refused) as first:
        kept_in(fresh).up(declared(site))
    text = shown(first, site)
    assert f"POST /apps/v3/deployments/: {REFUSALS[reason]}" in text
    assert text.endswith("To go on by hand, in the Control Panel: deploy it [writes-refused]")
    another.forget_requests()
    with pytest.raises(Refused) as second:
        kept_in(fresh).up(declared(another))
    assert "not tried" in shown(second, another)
    assert START not in another.writes()


def test_in_a_repair_a_refused_deployment_is_that_sites_alone(
    fresh: Stub, site: Site, another: Site, faults: Faults
) -> None:
    faults.add("error", "POST", DEPLOYMENTS, remaining=1, status=403)
    refused, accepted = kept_in(fresh), kept_in(fresh)
    refused.up({**declared(site), "collected": "run-1"})
    accepted.up({**declared(another), "collected": "run-1"})
    assert f"{site.name}: POST /apps/v3/deployments/: 403" in refused.outputs["failed"]
    assert accepted.outputs["deployment"] == another.deployments()[0]


@pytest.mark.parametrize("kind", ["error", "truncated"])
def test_a_first_write_whose_outcome_is_not_known_is_reported_as_such_and_stops_no_one_else(
    fresh: Stub, site: Site, another: Site, faults: Faults, kind: str
) -> None:
    kept = kept_in(fresh)
    site.by_hand("SITE_ID", "1")
    faults.add(kind, "PATCH", WRITES, remaining=RetryPolicy().attempts)
    with pytest.raises(Refused) as refused:
        kept.up(declared(site))
    text = shown(refused, site)
    assert "Nothing is lost: run the command again" in text
    assert "Control Panel" not in text
    kept_in(fresh).up(declared(another))
    kept.up(declared(site))
    assert as_declared(site)
    assert as_declared(another)


def test_a_hidden_value_that_someone_replaced_and_deployed_is_written_again_before_the_deployment_by_mirrors(
    kept: Kept, fresh: Stub, site: Site
) -> None:
    kept.up(declared(site))
    site.by_hand("DATABASE_URL", "postgres://elsewhere.example.com/x", sensitive=True)
    by_hand = site.deployed_by_hand()
    site.forget_requests()
    later = kept.then(kept_in(fresh))
    later.refresh()
    later.up(declared(site))
    assert site.writes() == ["PATCH DATABASE_URL", START]
    assert site.frozen(later.outputs["deployment"])["DATABASE_URL"] == VALUES["DATABASE_URL"]
    assert site.deployments()[:2] == [later.outputs["deployment"], by_hand]


TALE = "\n".join(
    [*(f"line {n}" for n in range(20)), f"with {VALUES['DATABASE_URL']}", f"{CANARY}-second line", PASSWORD]
)
LAST_LINES = "line 18\nline 19\nwith [secret]\n[secret]\n[secret]"


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("deployment-fails", {}, "failed; the site goes on with what it ran before"),
        ("deployment-hangs", {}, "has not ended within"),
        ("deployment-wrong-variables", {"set": {"SITE_ID": "9"}}, "runs with other values than declared of: SITE_ID"),
    ],
)
def test_a_deployment_that_does_not_end_well_is_one_message_with_remedy_and_log(
    fresh: Stub, site: Site, kind: str, settings: dict[str, Any], words: str
) -> None:
    site.log_says(TALE)
    site.will_meet(kind, **settings)
    with pytest.raises(Refused) as refused:
        kept_in(fresh).up(declared(site))
    text = shown(refused, site)
    assert words in text
    assert any(remedy in text.lower() for remedy in ("run the command again", "the next up waits for it"))
    assert text.endswith(f"Its log ends:\n{_cut(text)}")
    assert LAST_LINES in text
    assert "line 5\n" not in text


def _cut(text: str) -> str:
    return text.partition("Its log ends:\n")[2]


def test_a_failed_deployment_is_reported_also_where_its_log_cannot_be_read(
    fresh: Stub, site: Site, faults: Faults
) -> None:
    site.will_meet("deployment-fails")
    faults.add("forbidden", "GET", "/logs/$")
    with pytest.raises(Refused) as refused:
        kept_in(fresh).up(declared(site))
    text = shown(refused, site)
    [uuid] = site.deployments()
    assert f"deployment {uuid} failed" in text
    assert f"(it cannot be read: GET /apps/v3/deployments/{uuid}/logs/: 403" in text


@pytest.mark.parametrize("unseen", ["variables", "deployments"])
def test_a_site_that_is_404_while_it_is_listed_is_not_deleted(
    kept: Kept, site: Site, faults: Faults, unseen: str
) -> None:
    """A token that has lost its rights: the state must not forget what it can no longer see."""
    kept.up(declared(site))
    if unseen == "variables":
        for name in VALUES:
            site.deleted_by_hand(name)
    else:
        site.platform.change("DELETE FROM sandbox_deployment WHERE environment_id = ?", site.environment)
    faults.add("error", "GET", f"/({site.application}|{site.environment})/", status=404)
    with pytest.raises(Refused) as refused:
        kept.refresh()
    assert "Someone deleted it, or the token's account lost its rights on it" in shown(refused, site)


def test_an_original_that_is_404_while_it_is_listed_keeps_what_its_values_point_at(
    connected: Stub, site: Site, faults: Faults
) -> None:
    """A mirror without a deployment takes its place."""
    values = {"DATABASE_URL": VALUES["DATABASE_URL"], "DEFAULT_STORAGE_DSN": "s3://key:x@media.example.com"}
    stored = {
        "application": site.application,
        "environment": site.environment,
        "image_environment": site.environment,
        "release": "r",
        "variables": values,
        "identities": {name: identify_service(values[name]) for name in SHARED},
    }
    original = Wire(connected, OriginalProvider())
    assert original.read(stored)[2]["identities"] == stored["identities"]
    faults.add("error", "GET", f"/{site.environment}/", status=404)
    with pytest.raises(Refused) as refused:
        original.read(stored)
    assert "404" in str(refused.value)
