"""The example on django CMS: what its sites share, what they have apart, and an upgrade that the guard refuses."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from mirrors_sandbox.postgres import PostgreSQL

from tests.django.acme import get
from tests.engine.fleet import Fleet, seeded_fleet
from tests.engine.project import ROOT
from tests.engine.releases import Codebase
from tests.sandboxes import change, deployment_log, frozen_variables
from tools.packages.environments import UV, build_companion, run

EXAMPLE = ROOT / "examples" / "cms"
SITES = ("acme", "acme-de")
FOOTER = "Printed by the press of all sites"
DROPPED = "cms.0042_remove_placeholderreference_placeholder_ref_and_more: RemoveField removes"
PAGE = ROOT / "docs" / "how-to" / "migrations" / "third-party-apps.md"

pytestmark = pytest.mark.skipif(not PostgreSQL.available(), reason="there is no PostgreSQL wheel for this machine")


@dataclass(frozen=True)
class Press:
    """The fleet in Live: the original in English, a mirror in German. ``python`` is of the release that is pushed."""

    fleet: Fleet
    codebase: Codebase
    urls: dict[str, str]

    def page(self, slug: str, path: str = "") -> str:
        answer = get(f"{self.urls[slug]}{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def publish(self, slug: str, title: str, python: Path) -> None:
        """Publish a page of a site, as its editors do."""
        environment = {"PATH": os.defpath, **frozen_variables(self.fleet.sandbox, slug, "live")}
        command = [str(python / "bin" / "python"), "manage.py", "publish_page", title]
        subprocess.run(command, cwd=self.codebase.directory, env=environment, check=True, capture_output=True)

    def push(self, python: Path) -> None:
        """Push a release that wants the packages of this environment."""
        requirements = self.codebase.directory / "requirements.txt"
        requirements.write_text(requirements.read_text().replace("django-cms>=5,", "django-cms>=5.1,"))
        state = self.fleet.sandbox.state
        self.codebase.push(state / "codebases" / "acme.git")
        interpreter = str(python / "bin" / "python")
        change(self.fleet.sandbox, "UPDATE sandbox_application SET python = ? WHERE slug = 'acme'", interpreter)

    def deploying(self, **variables: str) -> Any:
        """Let Mirrors deploy the original with these variables, too."""
        original = {"application": "acme", "deploy": True, "variables": variables}
        return self.fleet.project.configured(lambda config: config["mirrors:fleet"]["value"].update(original=original))

    def environments(self) -> set[str]:
        """Return the names of the virtual environments that the sites of Live run in."""
        sites = [site for site in self.fleet.sandbox.status().sites if site.environment == "live"]
        folders = [psutil.Process(site.pid).environ()["PATH"].split(os.pathsep)[0] for site in sites]
        return {Path(folder).parent.name for folder in folders}

    def cached(self) -> set[str]:
        """Return the keys in the cache that the sites share."""
        with psycopg.connect(str(frozen_variables(self.fleet.sandbox, "acme", "live")["DATABASE_URL"])) as connection:
            return {key for (key,) in connection.execute("SELECT cache_key FROM press_cache")}


def virtual_environment(folder: Path, companion: Path) -> Path:
    """Make the environment that the lock of the example with the folder's name describes."""
    install: list[str | Path] = [UV, "pip", "install", "-q", "--no-deps", "--python", folder / "bin" / "python"]
    run("uv venv", [UV, "venv", "--quiet", "--python", sys.executable, folder])
    lock = EXAMPLE / f"requirements-{folder.name}.lock"
    run("uv pip install", [*install, "--require-hashes", "-r", lock])
    run("uv pip install", [*install, companion])
    return folder


@contextmanager
def released(directory: Path, python: Path) -> Iterator[Press]:
    """Yield the example everywhere. Live is a fleet of its own here."""
    codebase = Codebase(directory / "site")
    shutil.copytree(EXAMPLE, codebase.directory, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3", "media"))
    with seeded_fleet(directory, "process", codebase.directory, python) as fleet, fleet.with_mirrors("acme-de"):
        fleet.project.configure(lambda config: config.pop("mirrors:siteIdsFrom"), "Pulumi.live.yaml")
        fleet.live.up().succeeded()
        yield Press(fleet, codebase, {row["application"]: row["url"] for row in fleet.live.outputs()["sites"]})


def test_a_fleet_on_django_cms_has_its_own_pages_and_is_upgraded_in_one_wave(tmp_path: Path) -> None:
    companion = build_companion(tmp_path / "wheel")
    before, after = (virtual_environment(tmp_path / minor, companion) for minor in ("5.0", "5.1"))
    with released(tmp_path, before) as press:
        each_site_has_its_own_pages_and_all_have_one_library(press)
        menus_and_caches_are_apart(press, before)
        an_upgrade_without_a_first_step_is_refused_and_the_text_leads_to_its_page(press, after)
        without_the_guard_one_wave_upgrades_all_sites(press, after)


def each_site_has_its_own_pages_and_all_have_one_library(press: Press) -> None:
    homes = {slug: press.page(slug) for slug in SITES}
    assert [re.findall(r"says site (\d)", homes[slug]) for slug in SITES] == [["1"], ["2"]]
    assert [re.findall(r'<html lang="(\w+)"', homes[slug]) for slug in SITES] == [["en"], ["de"]]
    assert all(FOOTER in home for home in homes.values())
    [picture] = {path for home in homes.values() for path in re.findall(r'<img src="/([^"]+)"', home)}
    contents = [get(f"{press.urls[slug]}{picture}").content for slug in SITES]
    assert contents[0] == contents[1]
    assert contents[0].startswith(b"\x89PNG")


def menus_and_caches_are_apart(press: Press, python: Path) -> None:
    press.publish("acme-de", "News", python)
    assert ["News" in press.page(slug) for slug in SITES] == [False, True]
    assert "News, says site 2" in press.page("acme-de", "news/")
    assert get(f"{press.urls['acme']}news/").status_code == 404
    pages = {tuple(re.findall(r"^(site-\d):\d+:cms_[\d.]+_:(\d):", key)) for key in press.cached()} - {()}
    assert pages == {(("site-1", "1"),), (("site-2", "2"),)}


def an_upgrade_without_a_first_step_is_refused_and_the_text_leads_to_its_page(press: Press, python: Path) -> None:
    press.push(python)
    with press.deploying(RELEASE="5.1"):
        failed = press.fleet.live.up().failed()
    assert DROPPED in deployment_log(press.fleet.sandbox, "acme", "live")
    [quoted] = re.findall(r"^```text\n(.+)\n```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert quoted in failed.text
    assert str(PAGE.relative_to(ROOT)) in quoted
    assert press.environments() == {"5.0"}
    assert all("says site" in press.page(slug) for slug in SITES)


def without_the_guard_one_wave_upgrades_all_sites(press: Press, python: Path) -> None:
    with press.deploying(RELEASE="5.1", MIRRORS_ENFORCE="False"):
        press.fleet.live.up().succeeded()
    assert press.environments() == {"5.1"}
    press.publish("acme-de", "Later", python)
    assert "Later, says site 2" in press.page("acme-de", "later/")
    assert ["Later" in press.page(slug) for slug in SITES] == [False, True]
