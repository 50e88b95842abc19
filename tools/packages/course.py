"""The course of one pair: a fleet on the old release, the guard of the new one, and old code on the new schema."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.django.postgres import Postgres
from tools.packages.environments import Environment, run
from tools.packages.judgement import Agreement, Truth, Verdict, agreement, compare, silent_failures
from tools.packages.pairs import Pair

__all__ = ["Outcome", "Side", "Workshop", "judge_pair"]

PROJECT = "tools.packages.project"
ORIGINAL = {"SITE_ID": "1", "DOMAIN": "original.example"}
MIRROR = {"SITE_ID": "2", "DOMAIN": "mirror.example", "MIRRORS_APPLICATION": "mirror"}
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there: a package that would call a service fails at once."""

OLD_ROWS, NEW_ROWS, USES = 1_000, 2_000, 3_000
"""The numbers of generated rows begin here, so that no two are alike."""


@dataclass(frozen=True)
class Outcome:
    """A pair, and what became of it."""

    pair: Pair
    django: str
    verdict: Verdict
    truth: Truth

    @property
    def agreement(self) -> Agreement:
        return agreement(self.verdict, self.truth)

    def dump(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "package": self.pair.package,
            "old": self.pair.old,
            "new": self.pair.new,
            "django": self.django,
            "verdict": {"words": self.verdict.words, **asdict(self.verdict)},
            "truth": asdict(self.truth),
            "agreement": self.agreement.value,
            "silent": [asdict(failure) for failure in silent_failures(self.verdict, self.truth)],
        }


@dataclass(frozen=True)
class Workshop:
    """The parts that all pairs share. ``folder`` holds the environments while a pair is judged."""

    folder: Path
    server: Postgres
    companion: Path

    @classmethod
    def prepare(cls, folder: Path, server: Postgres, companion: Path) -> Workshop:
        """Copy the project into a folder where it is alone: a checkout on the path would shadow other packages."""
        package = folder.joinpath("code", *PROJECT.split("."))
        shutil.copytree(Path(__file__).with_name("project"), package, ignore=shutil.ignore_patterns("__pycache__"))
        for parent in list(package.parents)[:2]:
            (parent / "__init__.py").touch()
        return cls(folder, server, companion)

    def judge(self, pair: Pair, say: Callable[[str], None]) -> Outcome:
        """Take the pair through its course.

        Raises:
            PackagesError: a step fails.
        """
        place = self.folder / pair.package
        try:
            say("installing")
            old, new = (self._install(pair, version, place / version) for version in (pair.old, pair.new))
            return judge_pair(pair, old, new, say)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def side(self, pair: Pair, version: str, place: Path, environment: Environment) -> Side:
        """Return a side that runs in an environment. Its working directory is ``place``."""
        variables = {
            "PATH": os.defpath,
            "PYTHONPATH": str(self.folder / "code"),
            "DJANGO_SETTINGS_MODULE": f"{PROJECT}.settings",
            "PAIR": json.dumps(pair.project()),
            "STAGE": "test",
            **dict.fromkeys(("http_proxy", "https_proxy"), NOWHERE),
        }
        return Side(environment, f"{pair.package} {version}", place, self.server, variables)

    def _install(self, pair: Pair, version: str, place: Path) -> Side:
        wanted = [*pair.requirements(version), str(self.companion)]
        return self.side(pair, version, place, Environment.create(place / "venv", wanted))


@dataclass(frozen=True)
class Side:
    """The project with one release of the package."""

    environment: Environment
    name: str
    place: Path
    server: Postgres
    variables: dict[str, str]

    def release(self, database: str, site: dict[str, str], **more: str) -> None:
        """Run the release command as one site."""
        self._run(database, {**site, **more}, "django", "mirrors_migrate", "--verbosity", "0")

    def seed(self, database: str, number: int) -> None:
        """Make rows for all models."""
        self._answer(database, "crud", "seed", str(number))

    def use(self, database: str) -> Any:
        """Return what the code can do with all models."""
        return self._answer(database, "crud", "use", str(USES))

    def verdict(self, database: str) -> Verdict:
        """Return what the guard says to this release."""
        return Verdict.read(self._answer(database, "verdict"))

    def _answer(self, database: str, module: str, *arguments: str) -> Any:
        answer = self.place / "answer.json"
        self._run(database, ORIGINAL, f"{PROJECT}.{module}", *arguments, str(answer))
        return json.loads(answer.read_text(encoding="utf-8"))

    def _run(self, database: str, more: dict[str, str], module: str, *arguments: str) -> None:
        variables = {**self.variables, **more, "DATABASE_URL": self.server.url(database)}
        command: list[str | Path] = [self.environment.python, "-m", module, *arguments]
        words = " ".join(part for part in (module.rpartition(".")[2], *arguments) if "/" not in part)
        run(f"{self.name}: {words}", command, cwd=self.place, variables=variables)


def judge_pair(pair: Pair, old: Side, new: Side, say: Callable[[str], None]) -> Outcome:
    database, before = (f"{name}_{pair.package}" for name in ("shared", "before"))
    say("a fleet on the old release")
    old.server.create(database)
    for site in (ORIGINAL, MIRROR):
        old.release(database, site)
    old.seed(database, OLD_ROWS)
    old.server.create(before, database)
    old.seed(before, NEW_ROWS)
    used_before = old.use(before)
    say("the guard of the new release")
    verdict = new.verdict(database)
    say("migrating all the same")
    new.release(database, ORIGINAL, MIRRORS_ENFORCE="0")
    new.seed(database, NEW_ROWS)
    say("old code on the new schema")
    truth = compare(used_before, old.use(database))
    return Outcome(pair, new.environment.installed["django"], verdict, truth)
