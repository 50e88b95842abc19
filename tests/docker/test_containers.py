"""The containers that a program declares, started on a real Docker engine from the very arguments that it declares."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import docker
import pytest
from mirrors_sandbox.process import wait_until

from mirrors.config import parse_configuration
from mirrors.docker.commands import DockerCommands
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus
from mirrors.planning.site_ids.facts import Ledger
from mirrors.problems.findings import FindingLevel
from tests.docker.program import started
from tests.docker.test_commands import nothing
from tests.docker.world import TIMEOUT, World, base_port, section
from tests.unit.program_under_mocks import Ran

WHISPER = "canary-77d0aa"
SECRETS = {"all": {"WHISPER": WHISPER}}
OUTSIDE = {"sharedValues": {"DATABASE_URL": "sqlite:////tmp/nowhere", "DEFAULT_STORAGE_DSN": "file:///tmp/"}}


@pytest.fixture(scope="module")
def world(client: docker.DockerClient) -> Iterator[World]:
    found = World(client, "tested")
    found.clear()
    yield found
    found.clear()


def declared_section() -> dict[str, Any]:
    return section(base_port(), resources={"memory": "256m", "cpus": "0.5"})


@pytest.fixture(scope="module")
def up(world: World, engine: str) -> Ran:
    ran = started(engine, fleet=world.fleet, docker=declared_section(), secrets=SECRETS)
    assert ran.code == 0, ran.said
    return ran


def test_a_network_a_database_and_four_healthy_sites_are_there(up: Ran, world: World) -> None:
    assert up.outputs["siteIds"] == {"tested": 1, "tested-de": 2, "tested-fr": 3, "tested-ch": 4}
    assert world.containers().keys() == {"database", *world.slugs}
    assert all(item.health == "healthy" for item in world.containers().values())


@pytest.mark.usefixtures("up")
def test_each_site_knows_who_it_is_and_all_share_database_and_media(world: World) -> None:
    answer = {slug: world.asked(slug) for slug in world.slugs}
    assert {slug: item["site_id"] for slug, item in answer.items()} == {
        "tested": 1,
        "tested-de": 2,
        "tested-fr": 3,
        "tested-ch": 4,
    }
    assert {slug: item["application"] for slug, item in answer.items()} == {slug: slug for slug in world.slugs} | {
        "tested": None
    }
    assert len({item["database"]["marker"] for item in answer.values()}) == 1
    assert len({item["storage"]["marker"] for item in answer.values()}) == 1
    assert {item["storage"]["location"] for item in answer.values()} == {"/media"}


def test_status_shows_each_site_as_it_runs(up: Ran, world: World, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine)
    raw = {"platform": "docker", "fleet": json.dumps(world.fleet), "docker": json.dumps(declared_section())}
    settings = parse_configuration({**raw, "secrets": json.dumps(SECRETS)}, "test", {}).settings
    assert settings is not None
    given = {slug: (slug, int(site_id)) for slug, site_id in up.outputs["siteIds"].items()}
    stored = SimpleNamespace(ledger=Ledger(given), created={}, verified={})

    def rows() -> dict[str, SiteStatus]:
        return {row.application: row for row in DockerCommands().status(settings, lambda: stored, nothing).rows}

    found = rows()
    assert {slug: (row.state, row.details) for slug, row in found.items()} == dict.fromkeys(
        world.slugs, (SiteCondition.CONVERGED, ())
    )
    assert {slug: row.site_id for slug, row in found.items()} == up.outputs["siteIds"]
    assert {row.application: row.url for row in found.values()} == {
        row["application"]: row["url"] for row in up.outputs["sites"]
    }
    assert {f"sha256:{row.release}" for row in found.values()} == {world.image(slug) for slug in world.slugs}
    assert [item.level for item in DockerCommands().doctor([settings])] == [FindingLevel.OK]
    world.site("tested-fr").stop(timeout=1)
    stopped = rows()["tested-fr"]
    world.site("tested-fr").start()
    assert (stopped.state, "an up brings it back" in stopped.details[0]) == (SiteCondition.FAILED, True)
    assert world.healthy("tested-fr")


@pytest.mark.usefixtures("up")
def test_each_site_has_its_own_row_and_the_addresses_are_theirs(world: World) -> None:
    rows = {row["id"]: row["domain"] for row in world.asked("tested", "/sites.json")}
    assert rows == {number: f"127.0.0.1:{base_port() + number}" for number in (1, 2, 3, 4)}


@pytest.mark.usefixtures("up")
def test_what_is_declared_is_what_docker_has(world: World) -> None:
    site = world.site("tested-de")
    assert world.variables("tested-de")["WHISPER"] == WHISPER
    assert "WHISPER" not in world.variables("tested")
    assert site.attrs["HostConfig"]["Memory"] == site.attrs["HostConfig"]["MemorySwap"] == 256 * 1024 * 1024
    assert site.attrs["HostConfig"]["NanoCpus"] == 5 * 10**8
    assert site.attrs["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert set(site.attrs["NetworkSettings"]["Networks"]) == {"tested.test"}


@pytest.mark.usefixtures("up")
def test_the_sites_are_no_superusers_and_the_password_is_asked_for(world: World) -> None:
    assert world.statement("SELECT rolsuper FROM pg_roles WHERE rolname = 'tested'") == "f"
    url = world.variables("tested-de")["DATABASE_URL"]
    tell = f"import psycopg; psycopg.connect({url.replace(':5432', ':5432')!r}).close()"
    wrong = tell.replace(url.split(":")[2].split("@")[0], "wrong")
    assert world.site("tested-de").exec_run(["python", "-c", tell]).exit_code == 0
    assert b"password authentication failed" in world.site("tested-de").exec_run(["python", "-c", wrong]).output


@pytest.mark.usefixtures("up")
def test_a_killed_process_comes_back(world: World) -> None:
    before = world.site("tested-de").attrs["State"]["Pid"]
    world.kill("tested-de")
    assert wait_until(lambda: world.site("tested-de").attrs["State"]["Pid"] not in (0, before), TIMEOUT)
    assert world.healthy("tested-de")


@pytest.fixture
def alone(client: docker.DockerClient) -> Iterator[World]:
    """Another fleet, whose database is elsewhere: nothing but sites is started."""
    found = World(client, "alone")
    found.clear()
    yield found
    found.clear()


def test_a_container_that_ends_at_once_is_reported_with_its_log_and_without_its_secrets(
    alone: World, engine: str
) -> None:
    crash = ["sh", "-c", "echo it ends, with $WHISPER; exit 3"]
    broken = section(base_port() + 10, command=crash, startTimeout="1h", releaseCommand=[], siteCommand=[])
    ran = started(
        engine, fleet=alone.fleet, docker=elsewhere(broken), **OUTSIDE, secrets={"alone": {"WHISPER": WHISPER}}
    )
    assert ran.code != 0
    assert "alone (test): its container ended" in ran.said
    assert "it ends, with [secret]" in ran.said
    assert WHISPER not in ran.said
    assert alone.containers().keys() == {"alone"}, "no mirror begins behind an original that failed"


def test_a_release_command_that_fails_starts_no_site(alone: World, engine: str) -> None:
    fails = section(base_port() + 10, releaseCommand=["sh", "-c", "echo no such table; exit 7"])
    ran = started(engine, fleet=alone.fleet, docker=elsewhere(fails), **OUTSIDE)
    assert ran.code != 0
    assert "the command 'sh -c echo no such table; exit 7' ended with exit code 7" in ran.said
    assert "Its log ends:\nno such table" in ran.said
    assert alone.containers().keys() == set()


def elsewhere(declared: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in declared.items() if key != "database"}
