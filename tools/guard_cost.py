"""``python -m tools.guard_cost [--runs 3] [CASE …]``: what ``mirrors_migrate`` takes beside plain ``migrate``.

It migrates public packages with long histories on the PostgreSQL of the companion's tests, alternating ``migrate`` and
``mirrors_migrate``. Each run is a process of its own, on the same database as before. The figures are the least of all
runs: processor seconds, which other work on the machine changes least, and the peak of resident memory. If there is
a release before, two sites have registered with it, so that the guard judges everything.

The packages are kept in ``.tools/guard-cost``. The table is that of ADR 28.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.django.postgres import Postgres, running_postgres

ROOT = Path(__file__).resolve().parents[1]
PYTHON, DJANGO = "3.11", "django>=4.2,<4.3"
UV = Path(sys.executable).parent / "uv"
COMPANION = ROOT / "django_mirrors"
ENVIRONMENTS = ROOT / ".tools" / "guard-cost"
CONTRIB = tuple(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages", "sites"))
PARTS = ("contrib.forms", "contrib.redirects", "embeds", "users", "snippets", "documents", "images", "search", "admin")
MANAGE = """
import json, os, sys
import django.conf, django.core.management
given = json.loads(os.environ["SETTINGS"])
django.conf.settings.configure(SECRET_KEY="none", USE_TZ=True, SITE_ID=int(os.environ.get("SITE_ID", 1)), **given)
django.core.management.execute_from_command_line(sys.argv)
"""


@dataclass(frozen=True)
class Case:
    """A package's release on an empty database, or after the release before it."""

    package: str
    new: str
    old: str = ""


APPS = {
    "dj-stripe": (*CONTRIB, "djstripe"),
    "wagtail": (*CONTRIB, *(f"wagtail.{name}" for name in PARTS), "wagtail", "modelcluster", "taggit"),
}
SETTINGS: dict[str, dict[str, object]] = {
    "dj-stripe": {
        "DJSTRIPE_FOREIGN_KEY_TO_FIELD": "id",
        "DJSTRIPE_WEBHOOK_VALIDATION": "retrieve_event",
        **{f"STRIPE_{mode}_SECRET_KEY": f"sk_{mode.lower()}_none" for mode in ("TEST", "LIVE")},
    },
    "wagtail": {"STATIC_URL": "/static/", "WAGTAIL_SITE_NAME": "none", "WAGTAILADMIN_BASE_URL": "https://a.example"},
}
CASES = {
    "dj-stripe": Case("dj-stripe", "2.8.4"),
    "wagtail": Case("wagtail", "6.3.8"),
    "dj-stripe-upgrade": Case("dj-stripe", "2.8.4", old="2.7.3"),
    "wagtail-upgrade": Case("wagtail", "6.3.8", old="6.0.6"),
}


@dataclass(frozen=True)
class Bench:
    """``companion``: the folder with the unpacked wheel."""

    server: Postgres
    companion: Path

    def row(self, case: Case, runs: int) -> str:
        """Return ``| what | seconds of migrate | of mirrors_migrate | ratio | megabytes … | ratio |``."""
        self._make("before", "template1")
        if case.old:
            self._register(case)
        taken: dict[str, list[tuple[float, float]]] = {"migrate": [], "mirrors_migrate": []}
        for command in [*taken] * runs:
            self._make("shop", "before")
            taken[command].append(self._run(case, case.new, command))
        seconds, memory = ([min(one[kind] for one in several) for several in taken.values()] for kind in (0, 1))
        (plain, guarded), (least, most) = seconds, memory
        figures = f"{plain:.1f} | {guarded:.1f} | {guarded / plain:.2f} | {least:.0f} | {most:.0f} | {most / least:.2f}"
        return f"| {case.package} {case.new}, {f'after {case.old}' if case.old else 'empty database'} | {figures} |"

    def _register(self, case: Case) -> None:
        """Register two sites. The guard believes a registry only in the database of its name: copy it away and back."""
        self._make("shop", "template1")
        self._run(case, case.old, "mirrors_migrate")
        self._run(case, case.old, "mirrors_migrate", SITE_ID="2", MIRRORS_APPLICATION="mirror", DOMAIN="b.example")
        self._make("before", "shop")

    def _make(self, name: str, template: str) -> None:
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as session:
            session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        self.server.create(name, template)

    def _run(self, case: Case, version: str, command: str, **variables: str) -> tuple[float, float]:
        """Return seconds and megabytes. A refused migration is applied all the same: it is judged before."""
        url = urlsplit(self.server.url("shop"))
        database = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": url.hostname}
        database |= {"USER": url.username, "PASSWORD": url.password, "PORT": str(url.port)}
        own = ("django_mirrors",) if command == "mirrors_migrate" else ()
        apps, more = own + APPS[case.package], SETTINGS[case.package]
        settings = json.dumps({"INSTALLED_APPS": apps, "DATABASES": {"default": database}, **more})
        site = {"STAGE": "test", "MIRRORS_ENFORCE": "0", "DOMAIN": "a.example", "PYTHONPATH": str(self.companion)}
        environment = {**os.environ, **site, **variables, "SETTINGS": settings}
        arguments = [str(installed(f"{case.package}=={version}")), "-c", MANAGE, command, "--verbosity", "0"]
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(arguments, env=environment, stdout=said, stderr=said)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                said.seek(0)
                raise SystemExit(f"{case}: {command} failed:\n{said.read()}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def installed(package: str) -> Path:
    """Return the Python of a virtual environment with the package; make it if it is not there."""
    folder = ENVIRONMENTS / package
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([UV, "venv", "--quiet", "--clear", "--python", PYTHON, folder], check=True)
        wanted = [package, DJANGO, "psycopg[binary]", "setuptools<80"]
        subprocess.run([UV, "pip", "install", "-q", "--compile-bytecode", "--python", python, *wanted], check=True)
        (folder / "complete").touch()
    return python


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.guard_cost", description=__doc__)
    parser.add_argument("case", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)} (all)")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="guard-cost-") as folder, running_postgres() as server:
        alone = ["--no-build-isolation", "--no-deps", "--target", folder]
        subprocess.run([UV, "pip", "install", "-q", "--python", sys.executable, *alone, COMPANION], check=True)
        bench = Bench(server, Path(folder))
        for name in options.case or CASES:
            sys.stdout.write(f"{bench.row(CASES[name], options.runs)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
