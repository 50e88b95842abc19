"""The sandbox's store as it is this moment, and what must hold in it at every moment (design, section 5)."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT = 20.0  # seconds

Variables = Mapping[str, tuple[str, bool]]
"""{name: (value, is sensitive)}"""


@dataclass(frozen=True)
class Store:
    """One environment of a mirror; ``deployments`` maps each to the variables that were frozen, oldest first."""

    variables: Variables
    deployments: Mapping[str, Variables]

    @classmethod
    def of(cls, database: Path, application: str, environment: str) -> "Store":
        with closing(sqlite3.connect(database, timeout=TIMEOUT)) as connection:
            where = (
                "environment_id = (SELECT e.uuid FROM sandbox_environment e JOIN sandbox_application a"
                " ON a.uuid = e.application_id WHERE a.slug = ? AND e.slug = ?)"
            )
            connection.execute("BEGIN")  # one moment for both
            variables = connection.execute(
                f"SELECT name, value, is_sensitive FROM sandbox_environmentvariable WHERE {where}",  # noqa: S608
                (application, environment),
            ).fetchall()
            deployments = connection.execute(
                f"SELECT uuid, variables FROM sandbox_deployment WHERE {where} ORDER BY started_at",  # noqa: S608
                (application, environment),
            ).fetchall()
        return cls(
            {name: (value, bool(sensitive)) for name, value, sensitive in variables},
            {uuid: _frozen(json.loads(text)) for uuid, text in deployments},
        )

    def values(self) -> dict[str, str]:
        return {name: value for name, (value, _) in self.variables.items()}


def _frozen(variables: Mapping[str, Mapping[str, object]]) -> Variables:
    return {name: (str(item["value"]), bool(item["is_sensitive"])) for name, item in variables.items()}


@dataclass(frozen=True)
class Contract:
    """What is declared for the mirror, and what was there before. ``declared`` has the values of today."""

    site_id: str
    declared: Mapping[str, str]
    before: Store
    found: frozenset[str]

    def violations(self, now: Store) -> list[str]:
        """Invariants 1 to 4 that do not hold, in words."""
        return [*self._without_site_id(now), *self._unready_deployments(now), *self._of_others(now)]

    def _without_site_id(self, now: Store) -> Iterator[str]:
        values = now.values()
        shared = _place(values.get("DATABASE_URL")) == _place(self.declared["DATABASE_URL"])
        if shared and values.get("SITE_ID") != self.site_id:
            yield f"1: the shared database with SITE_ID {values.get('SITE_ID')}"
        if values.get("SITE_ID") not in (None, self.site_id):
            yield f"3: SITE_ID {values['SITE_ID']} is not this mirror's"

    def _unready_deployments(self, now: Store) -> Iterator[str]:
        for uuid, frozen in now.deployments.items():
            wrong = [name for name, value in self.declared.items() if frozen.get(name, ("", False))[0] != value]
            if uuid not in self.before.deployments and wrong:
                yield f"2: a deployment was started without {', '.join(wrong)} as declared"

    def _of_others(self, now: Store) -> Iterator[str]:
        for name, item in self.before.variables.items():
            if name not in self.declared and now.variables.get(name) != item:
                yield f"4: {name} is not declared, and was changed"
            if name in self.found and name not in now.variables:
                yield f"4: {name} was there before us, and was deleted"


def _place(dsn: str | None) -> tuple[str | None, int | None, str] | None:
    parts = urlsplit(dsn) if dsn else None
    return (parts.hostname, parts.port, parts.path) if parts else None
