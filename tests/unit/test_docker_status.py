"""``mirrors status`` of a fleet of containers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mirrors.config import Settings
from mirrors.docker.observation.observed import ObservedContainer
from mirrors.docker.observation.status import container_statuses
from mirrors.docker.sites.variables import database_url
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus
from tests.unit.fleets import settings

IMAGE, NEWER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
IDS = {"acme": 1, "acme-de": 2, "acme-fr": 3}
OF_IMAGE = frozenset({"PATH", "HOME"})
PASSWORD = "canary-9d21be"


def declared(**more: Any) -> Settings:
    return settings("acme-de", "acme-fr", platform="docker", docker={"image": "acme:1"}, **more)


def variables(slug: str, **more: str) -> dict[str, str]:
    port = 8000 + IDS.get(slug, 9)
    mirror = {} if slug == "acme" else {"MIRRORS_APPLICATION": slug}
    return {
        "PATH": "/bin",
        "SITE_ID": str(IDS.get(slug, 9)),
        "DOMAIN": f"127.0.0.1:{port}",
        "STAGE": "test",
        "PORT": "8000",
        "DATABASE_URL": database_url(declared(), PASSWORD),
        "DEFAULT_STORAGE_DSN": "file:///media/?url=%2Fmedia%2F",
        **mirror,
        **more,
    }


def container(slug: str, **more: Any) -> ObservedContainer:
    made = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
    found = ObservedContainer(slug, f"c-{slug}", IMAGE, made, "running", 0, "healthy", variables(slug), OF_IMAGE, "1")
    return replace(found, **more)


def rows(*containers: ObservedContainer, image: str | None = IMAGE, **more: Any) -> dict[str, SiteStatus]:
    found = {slug: container(slug) for slug in IDS} | {item.slug: item for item in containers}
    return {row.application: row for row in container_statuses(declared(**more), found, IDS, image)}


def test_what_runs_as_declared_is_converged_with_its_id_release_and_address() -> None:
    found = rows()
    assert [*found] == ["acme", "acme-de", "acme-fr"]
    assert {row.state for row in found.values()} == {SiteCondition.CONVERGED}
    row = found["acme-de"]
    assert (row.role, row.site_id, row.url, row.release) == ("mirror", 2, "http://127.0.0.1:8002/", "a" * 64)
    assert (row.deployment, row.details, row.is_behind) == ("c-acme-de", (), False)
    assert PASSWORD not in repr(found)


def test_a_site_without_a_container_is_not_deployed() -> None:
    found = container_statuses(declared(), {"acme": container("acme")}, IDS)
    assert [(row.state, row.site_id, row.url) for row in found[1:]] == [(SiteCondition.NOT_DEPLOYED, None, None)] * 2


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ({"status": "exited", "exit_code": 3}, SiteCondition.FAILED, "exit code 3"),
        ({"status": "restarting", "exit_code": 1}, SiteCondition.FAILED, "started again"),
        ({"status": "paused"}, SiteCondition.FAILED, "paused"),
        ({"health": "starting"}, SiteCondition.DEPLOYING, "not healthy yet"),
        ({"health": "unhealthy"}, SiteCondition.UNVERIFIED, "not healthy"),
        ({"health": None}, SiteCondition.CONVERGED, ""),
        ({"image": NEWER}, SiteCondition.OUTDATED, f"{'b' * 12}, the original has {'a' * 12}"),
        ({"password_version": "0"}, SiteCondition.VARIABLES_DIFFER, "DATABASE_URL"),
        ({"variables": variables("acme-de", THEME="dark")}, SiteCondition.VARIABLES_DIFFER, "no longer declared"),
        ({"variables": variables("acme-de", THEME="dark"), "of_image": None}, SiteCondition.CONVERGED, ""),
        ({"variables": variables("acme-de", SITE_ID="7")}, SiteCondition.VARIABLES_DIFFER, "declared value: SITE_ID"),
        ({"variables": {}}, SiteCondition.VARIABLES_DIFFER, "SITE_ID"),
    ],
)
def test_a_container_that_is_not_as_declared_says_why(change: dict[str, Any], state: SiteCondition, said: str) -> None:
    row = rows(container("acme-de", **change))["acme-de"]
    assert (row.state, said in "; ".join(row.details)) == (state, True), row
    assert PASSWORD not in str(row.details)


def test_the_worst_comes_first_and_a_mirror_behind_stays_behind() -> None:
    row = rows(container("acme-de", image=NEWER, status="dead", exit_code=9))["acme-de"]
    assert (row.state, row.is_behind, len(row.details)) == (SiteCondition.FAILED, True, 2)
    assert "exit code 9" in row.details[0]


def test_a_held_mirror_that_is_behind_is_held() -> None:
    held: dict[str, Any] = {"overrides": {"mirrors": {"acme-de": {"hold": True}}}}
    assert rows(container("acme-de", image=NEWER), **held)["acme-de"].state is SiteCondition.HELD


def test_a_declared_variable_is_compared_and_a_secret_is_not_shown() -> None:
    secret: dict[str, Any] = {"secrets": {"all": {"API_KEY": PASSWORD}}, "overrides": {"variables": {"THEME": "dark"}}}
    row = rows(container("acme-de", variables=variables("acme-de", THEME="dark", API_KEY="x")), **secret)["acme-de"]
    assert row.details == ("does not run with the declared value: API_KEY",)


def test_another_image_under_the_declared_name_is_a_note_of_the_original() -> None:
    found = rows(image=NEWER)
    assert found["acme"].state is SiteCondition.CONVERGED
    assert "b" * 12 in found["acme"].notes[0]
    assert rows(image=None)["acme"].notes == ()


def test_a_container_that_has_left_the_list_and_is_still_there_is_shown() -> None:
    row = rows(container("acme-it"))["acme-it"]
    assert (row.role, row.state, row.site_id) == ("retired", SiteCondition.REMOVED, 9)


def test_a_renamed_site_is_found_under_its_former_slug() -> None:
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-at", "formerly": "acme-de"}]}
    found = container_statuses(
        declared(fleet=fleet), {slug: container(slug) for slug in IDS}, {"acme": 1, "acme-at": 2}
    )
    assert [(row.application, row.state) for row in found] == [
        ("acme", SiteCondition.CONVERGED),
        ("acme-at", SiteCondition.VARIABLES_DIFFER),
        ("acme-fr", SiteCondition.REMOVED),
    ]
    assert "MIRRORS_APPLICATION" in found[1].details[0]


def test_an_id_that_is_declared_otherwise_is_told() -> None:
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de", "siteId": 5}]}
    found = container_statuses(declared(fleet=fleet), {slug: container(slug) for slug in ("acme", "acme-de")}, IDS)
    assert "siteId 5 is declared, and the stack has 2" in found[1].details[0]
