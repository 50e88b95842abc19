"""A database that all sites share: a migration that would break one is refused, and in two steps it goes through."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from mirrors_sandbox.postgres import PostgreSQL
from mirrors_sandbox.state import SandboxError

from tests.django.acme import get
from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet, silently
from tests.engine.releases import DROPPED_AT_ONCE, STEP_1, STEP_2, Codebase, Release
from tests.sandboxes import deployment_log, frozen_variables

SITES = ("acme", *MIRRORS)
ROLLOUT = {"waves": [1, "100%"], "health": {"identity": True}}
NEEDED = "Still needed by: "
RUNNING = {
    "acme": "site 1 (the original, running)",
    "acme-de": "site 2 (acme-de, running)",
    "acme-fr": "site 3 (acme-fr, running)",
    "acme-ch": "site 4 (acme-ch, running)",
}

pytestmark = pytest.mark.skipif(not PostgreSQL.available(), reason="there is no PostgreSQL wheel for this machine")


@dataclass(frozen=True)
class Acme:
    """The fleet in Live, the code that it runs, and the addresses of its sites."""

    fleet: Fleet
    codebase: Codebase
    urls: dict[str, str]

    def releases(self) -> dict[str, str]:
        """Return what each site runs. Its page, which reads all that the code declares of a picture, must answer."""
        assert {get(url).status_code for url in self.urls.values()} == {200}
        return {slug: get(f"{url}site.json").json()["release"] for slug, url in self.urls.items()}

    def push(self, release: Release) -> None:
        self.codebase.without_added_at(release)
        self.codebase.push(self.fleet.sandbox.state / "codebases" / "acme.git")

    @contextmanager
    def declared(self, release: str, **mirrors: Any) -> Iterator[None]:
        """Have the original run this release of its code, and give the mirrors these overrides."""
        original = {"application": "acme", "deploy": True, "variables": {"RELEASE": release}}
        overrides = {"mirrors": {slug.replace("_", "-"): override for slug, override in mirrors.items()}}
        with (
            self.fleet.project.configured(lambda config: config["mirrors:fleet"]["value"].update(original=original)),
            self.fleet.project.configured(
                lambda config: config.update({"mirrors:overrides": overrides}), "Pulumi.live.yaml"
            ),
        ):
            yield

    def refused(self) -> str:
        """Deploy the original in the Control Panel, and return what its log says."""
        with pytest.raises(SandboxError):
            self.fleet.sandbox.deploy("acme", "live", report=silently)
        return deployment_log(self.fleet.sandbox, "acme", "live")

    @contextmanager
    def database(self) -> Iterator["psycopg.Connection[Any]"]:
        with psycopg.connect(frozen_variables(self.fleet.sandbox, "acme", "live")["DATABASE_URL"]) as connection:
            yield connection

    def an_hour_passes(self) -> None:
        """For the registry, in which a release counts for a while after the next one was confirmed."""
        with self.database() as connection:
            rows = connection.execute("SELECT id, document FROM django_mirrors_registry WHERE kind = 'declaration'")
            for key, document in rows.fetchall():
                aged = {
                    name: earlier(value) if name.endswith("_at") else value for name, value in document_of(document)
                }
                statement = "UPDATE django_mirrors_registry SET document = %s WHERE id = %s"
                connection.execute(statement, [json.dumps(aged), key])

    def columns(self) -> set[str]:
        with self.database() as connection:
            query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'gallery_picture'"
            return {name for (name,) in connection.execute(query)}


def document_of(text: str) -> Any:
    return json.loads(text).items()


def earlier(moment: str | None) -> str | None:
    return moment and (datetime.fromisoformat(moment) - timedelta(hours=1)).isoformat()


@contextmanager
def updated(directory: Path) -> Iterator[Acme]:
    """Yield release 1 everywhere. Live is a fleet of its own here, whose original Mirrors deploys, too."""
    codebase = Codebase.at(directory / "site")
    with seeded_fleet(directory, runner="process", codebase=codebase.directory) as fleet:
        fleet.project.configure(lambda config: config.pop("mirrors:siteIdsFrom"), "Pulumi.live.yaml")
        fleet.project.configure(lambda config: config.update({"mirrors:rollout": ROLLOUT}), "Pulumi.live.yaml")
        fleet.live.up().succeeded()
        urls = {row["application"]: row["url"] for row in fleet.live.outputs()["sites"]}
        yield Acme(fleet, codebase, urls)


def test_a_column_that_sites_need_goes_in_two_steps_and_a_row_of_the_admin_stays_its_sites(tmp_path: Path) -> None:
    with updated(tmp_path) as acme:
        a_column_that_is_dropped_at_once_fails_the_original_and_all_go_on_serving(acme)
        in_two_steps_it_goes_as_soon_as_no_one_needs_it_neither_the_unhealthy_nor_the_held(acme)
        a_row_of_the_sites_admin_keeps_its_content_and_the_new_mirror_gets_another_id(acme)


def a_column_that_is_dropped_at_once_fails_the_original_and_all_go_on_serving(acme: Acme) -> None:
    before = acme.releases()
    assert len(set(before.values())) == 1
    acme.push(DROPPED_AT_ONCE)

    with acme.declared("dropped at once"):
        failed = acme.fleet.live.up().failed()

    refusal = "0002_remove_picture_added_at: RemoveField removes gallery_picture.added_at: the column is dropped."
    assert f"gallery.{refusal}" in failed.text
    assert NEEDED + "; ".join(RUNNING[slug] for slug in SITES) in failed.text
    assert (
        "Missing: step 1. Deploy every site with a release whose code does not need gallery_picture.added_at."
        in failed.text
    )
    assert acme.releases() == before
    assert "added_at" in acme.columns()


def in_two_steps_it_goes_as_soon_as_no_one_needs_it_neither_the_unhealthy_nor_the_held(acme: Acme) -> None:
    first = acme.releases()["acme"]
    acme.push(STEP_1)
    unhealthy = {"variables": {"UNHEALTHY": "1"}}
    with acme.declared("step 1", acme_fr=unhealthy, acme_ch={"hold": True}):
        failed = acme.fleet.live.up().failed()
    assert "acme-fr (live): deployment " in failed.text
    assert "the site answered 503" in failed.text
    second = acme.releases()["acme"]
    assert acme.releases() == {"acme": second, "acme-de": second, "acme-fr": first, "acme-ch": first}

    # acme-fr has migrated, and its deployment has failed: its old process serves on.
    acme.push(STEP_2)
    acme.an_hour_passes()
    refusal = acme.refused()
    assert f"{NEEDED}{RUNNING['acme-fr']}; {RUNNING['acme-ch']}\n" in refusal
    assert "Missing: the rest of step 1. Deploy these sites with a release whose code does not need" in refusal

    with acme.declared("step 1"):
        acme.fleet.live.up().succeeded()
    assert set(acme.releases().values()) == {second}
    acme.an_hour_passes()
    assert "added_at" in acme.columns()
    with acme.declared("step 2"):
        acme.fleet.live.up().succeeded()
    assert "added_at" not in acme.columns()
    [third] = set(acme.releases().values())
    assert third not in (first, second)


def a_row_of_the_sites_admin_keeps_its_content_and_the_new_mirror_gets_another_id(acme: Acme) -> None:
    with acme.database() as connection:
        connection.execute("INSERT INTO django_site (id, domain, name) VALUES (5, 'later.example', 'Later')")
    acme.fleet.new_mirror("acme-it")
    with acme.fleet.with_mirrors(*MIRRORS, "acme-it"):
        failed = acme.fleet.live.up().failed()
    assert "Site row 5 is later.example (not registered), and this process is acme-it" in failed.text
    assert "list 5 under reservedSiteIds of the fleet, and acme-it gets the next id" in failed.text

    def reserve(config: dict[str, Any]) -> None:
        mirrors = [{"application": slug} for slug in (*MIRRORS, "acme-it")]
        config["mirrors:fleet"]["value"].update(mirrors=mirrors, reservedSiteIds=[5])

    with acme.fleet.project.configured(reserve):
        acme.fleet.live.up().succeeded()
        [url] = [row["url"] for row in acme.fleet.live.outputs()["sites"] if row["application"] == "acme-it"]
    assert get(f"{url}site.json").json()["site_id"] == 6
    with acme.database() as connection:
        query = "SELECT domain, name FROM django_site WHERE id = 5"
        assert connection.execute(query).fetchall() == [("later.example", "Later")]
