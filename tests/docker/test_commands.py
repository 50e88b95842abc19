"""The commands on a Docker host that only answers questions."""

from types import SimpleNamespace
from typing import Any

from mirrors.config import Settings
from mirrors.docker.commands import DockerCommands
from mirrors.docker.sites.variables import database_url
from mirrors.planning.reports.site_status import SiteCondition
from mirrors.planning.site_ids.facts import Ledger
from mirrors.problems import Note
from mirrors.problems.findings import FindingLevel
from tests.docker.host import container, docker_host
from tests.unit.fleets import settings

STORED = SimpleNamespace(ledger=Ledger({"acme": ("acme", 1), "acme-de": ("acme-de", 2)}), created={}, verified={})


def nothing(note: Note) -> None:
    raise AssertionError(f"there is nothing to remark, but it was: {note.line}")


def declared(host: str, **more: Any) -> Settings:
    return settings("acme-de", platform="docker", docker={"host": host, "image": "acme:1"}, **more)


def site(slug: str, site_id: int) -> dict[str, Any]:
    """A container as the program declares it, with another password."""
    values = {
        "SITE_ID": str(site_id),
        "DOMAIN": f"127.0.0.1:{8000 + site_id}",
        "STAGE": "test",
        "PORT": "8000",
        "DATABASE_URL": database_url(declared("unix:///x"), "other"),
        "DEFAULT_STORAGE_DSN": "file:///media/?url=%2Fmedia%2F",
        **({"MIRRORS_APPLICATION": slug} if slug != "acme" else {}),
    }
    found = container(slug, values, **{"mirrors.passwordVersion": "1"})
    return found | {"Image": "sha256:aa", "Created": "2026-11-30T02:00:00.123456789Z"}


def test_status_shows_what_the_containers_on_the_host_are() -> None:
    database = container("", {}) | {"Id": f"{'d':0<64}", "Name": "/acme.test_database"}
    with docker_host([site("acme", 1), site("acme-de", 2), database]) as host:
        rows = DockerCommands().status(declared(host.url), lambda: STORED, nothing).rows
    assert [(row.application, row.site_id, row.state, row.details) for row in rows] == [
        ("acme", 1, SiteCondition.CONVERGED, ()),
        ("acme-de", 2, SiteCondition.CONVERGED, ()),
    ]
    assert [(row.url, row.release) for row in rows] == [(f"http://127.0.0.1:800{number}/", "aa") for number in (1, 2)]
    assert str(rows[0].deployed_at) == "2026-11-30 02:00:00+00:00"


def test_a_container_of_another_fleet_or_environment_is_no_site() -> None:
    others = [site("acme", 1), site("acme-de", 2)]
    others[0]["Config"]["Labels"]["mirrors.fleet"] = "bolt"
    others[1]["Config"]["Labels"]["mirrors.environment"] = "live"
    with docker_host(others) as host:
        rows = DockerCommands().status(declared(host.url), lambda: STORED, nothing).rows
    assert {row.state for row in rows} == {SiteCondition.NOT_DEPLOYED}


def test_doctor_asks_the_host() -> None:
    with docker_host([site("acme", 1)]) as host:
        [found] = DockerCommands().doctor([declared(host.url)])
    assert found.level is FindingLevel.OK
    assert found.message.endswith("answers, and has 1 of the fleet's sites")
    [gone] = DockerCommands().doctor([declared("tcp://127.0.0.1:9")])
    assert (gone.level, gone.code) == (FindingLevel.PROBLEM, "docker-host-unreachable")
    assert "DOCKER_HOST" in gone.remedy


def test_leave_and_adopt_say_what_to_do_instead() -> None:
    commands = DockerCommands()
    assert "pulumi state delete --all -s test" in str(commands.alternative_to("leave", "test"))
    assert "siteId" in str(commands.alternative_to("adopt", "test"))
    assert commands.alternative_to("status", "test") is None
