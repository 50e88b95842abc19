"""The sandbox's store as it is this moment, and what must hold in it at every moment (design, section 5)."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT = 20.0  # seconds

_ENVIRONMENTS = "FROM sandbox_application a JOIN sandbox_environment e ON e.application_id = a.uuid"
_OF_ONE_NAME = "WHERE e.slug = ? ORDER BY"
QUERIES = (
    f"SELECT a.slug {_ENVIRONMENTS} {_OF_ONE_NAME} a.slug",
    f"SELECT a.slug, v.name, v.value, v.is_sensitive {_ENVIRONMENTS}"
    f" JOIN sandbox_environmentvariable v ON v.environment_id = e.uuid {_OF_ONE_NAME} v.name",
    f"SELECT a.slug, d.uuid, d.variables, d.success {_ENVIRONMENTS}"
    f" JOIN sandbox_deployment d ON d.environment_id = e.uuid {_OF_ONE_NAME} d.started_at",
)
"""Applications, variables and deployments of all environments of one name."""

Variables = Mapping[str, tuple[str, bool]]
"""{name: (value, is sensitive)}"""


@dataclass(frozen=True)
class Store:
    """One environment of a mirror; ``deployments`` maps each to the variables that were frozen, oldest first.

    ``failed``: those that ended without success.
    """

    variables: Variables
    deployments: Mapping[str, Variables]
    failed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, database: Path, application: str, environment: str) -> "Store":
        return cls.all(database, environment)[application]

    @classmethod
    def all(cls, database: Path, environment: str) -> dict[str, "Store"]:
        """Return the environment of this name of every application, by the application's slug."""
        with closing(sqlite3.connect(database, timeout=TIMEOUT)) as connection:
            connection.execute("BEGIN")  # one moment for all
            slugs, variables, deployments = (connection.execute(query, [environment]).fetchall() for query in QUERIES)
        found: dict[str, Store] = {}
        for (slug,) in slugs:
            own = [(uuid, text, success) for owner, uuid, text, success in deployments if owner == slug]
            found[slug] = cls(
                {name: (value, bool(sensitive)) for owner, name, value, sensitive in variables if owner == slug},
                {uuid: _frozen(text) for uuid, text, _ in own},
                frozenset(uuid for uuid, _, success in own if success == 0),
            )
        return found

    def values(self) -> dict[str, str]:
        return {name: value for name, (value, _) in self.variables.items()}


@lru_cache(maxsize=2_000)  # they are frozen, and looked at again and again
def _frozen(text: str) -> Variables:
    return {name: (str(item["value"]), bool(item["is_sensitive"])) for name, item in json.loads(text).items()}


@dataclass(frozen=True)
class Contract:
    """The declaration of the mirror, and the variables that it had before. ``declared`` has the values of today."""

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
