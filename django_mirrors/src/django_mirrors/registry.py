"""The registry: the owner of each site, and the schema declaration of each image that may still be running.

Each site has a set of declarations. The release command adds one as ``pending``. A server process that has started
makes it ``running``. Earlier declarations are dropped 15 minutes after a release was confirmed, no sooner. Until then
old containers may serve. A deployment whose health check fails leaves them serving until the next deployment.

An entry names ``STAGE`` and the database that it was written to. After a copy of the database, from Live to Test or to
a laptop, entries from elsewhere are *foreign*. They do not describe the users of the copy, so they are ignored.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from django_mirrors.errors import SiteTakenError
from django_mirrors.registry_table import RegistryRow, RegistryTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.conf import CurrentSite

__all__ = [
    "EXTERNAL",
    "FORGOTTEN",
    "GRACE",
    "REGISTERED",
    "RegisteredSite",
    "Registry",
    "RegistryEntry",
    "RegistrySnapshot",
    "is_superseded",
    "utc_now",
]

VERSION = 1
GRACE = timedelta(minutes=15)
REGISTERED, EXTERNAL, FORGOTTEN = "registered", "external", "forgotten"
PENDING, RUNNING = "pending", "running"
TAKE_OVER = "take_over"
"""The kind of a row that lets the next application with this id rename the ``Site`` row with this domain."""


@dataclass(frozen=True)
class RegisteredSite:
    """A site in the registry.

    ``status`` is ``registered``, ``external`` (it runs code without this app) or ``forgotten`` (it no longer runs).
    """

    site_id: int
    application: str
    domain: str
    status: str
    caches: Mapping[str, str] = field(default_factory=dict)  # see django_mirrors.shared_caches


@dataclass(frozen=True)
class RegistrySnapshot:
    """The registry's information about ids.

    ``before``: each id with every application that registered it, here or before the database was copied. ``given``:
    the domain of each ``Site`` row that may be taken over.
    """

    sites: Sequence[RegisteredSite] = ()
    before: frozenset[tuple[int, str]] = frozenset()
    given: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RegistryEntry:
    """The schema declaration of one image of one site."""

    site_id: int
    application: str
    fingerprint: str
    state: str  # "pending" or "running"
    declaration: Mapping[str, Any]
    seen_at: datetime
    released_at: datetime | None  # when a release command last registered it, or None
    confirmed_at: datetime | None  # when a server process first confirmed it after that, or None


class Registry:
    """The registry in the database of ``connection``, seen from a stage and a database."""

    def __init__(self, connection: BaseDatabaseWrapper, stage: str, database: str) -> None:
        self.table = RegistryTable(connection)
        self.origin = {"stage": stage, "database": database}

    @classmethod
    def for_site(cls, connection: BaseDatabaseWrapper, site: CurrentSite) -> Registry:
        """Return the registry, seen from the stage and the database of ``site``."""
        return cls(connection, site.stage, site.database)

    def sites(self) -> Sequence[RegisteredSite]:
        """Return the sites that are known here, by id."""
        return [_registered(row) for row in self._native("site")]

    def snapshot(self) -> RegistrySnapshot:
        """Return the information about ids, from this database and those that it was copied from."""
        rows = self.table.all("site")
        return RegistrySnapshot(
            [_registered(row) for row in rows if self._is_native(row)],
            frozenset((row.site_id, row.document.get("application", "")) for row in rows),
            {row.site_id: row.document["domain"] for row in self._native(TAKE_OVER)},
        )

    def allow_takeover(self, site_id: int, domain: str) -> None:
        """Let the next application that claims the id rename its ``Site`` row, while the row has this domain."""
        document = {"version": VERSION, **self.origin, "domain": domain}
        row = RegistryRow(self._key(TAKE_OVER, site_id), TAKE_OVER, site_id, 1, document)
        self.table.merge(row, lambda _: document)

    def foreign_warnings(self) -> Sequence[str]:
        """Return a sentence for each stage and database that entries were copied from."""
        rows = [row for kind in ("site", "declaration") for row in self.table.all(kind) if not self._is_native(row)]
        counted = Counter((row.document.get("stage"), row.document.get("database")) for row in rows)
        return [
            f"The registry holds {number} entries of STAGE {stage} on {database}, copied here with the database: "
            f"they are ignored by STAGE {self.origin['stage']} on {self.origin['database']}."
            for (stage, database), number in counted.items()
        ]

    def entries(self, now: datetime) -> Sequence[RegistryEntry]:
        """Return the declarations that may be running: those of all sites that no later release supersedes."""
        everything = [_entry(row) for row in self._native("declaration")]
        return [entry for entry in everything if not is_superseded(entry, everything, now)]

    def claim(self, site: CurrentSite, **noted: Any) -> None:
        """Make ``site`` the owner of its id, and store its domain.

        Args:
            site: the site.
            noted: further values to store, such as ``caches``.

        Raises:
            SiteTakenError: the id belongs to another application.
        """
        document = {
            "version": VERSION,
            **self.origin,
            "application": site.application,
            "domain": site.domain,
            "status": REGISTERED,
            **noted,
        }

        def change(known: Mapping[str, Any]) -> Mapping[str, Any]:
            if known.get("status") == REGISTERED and known["application"] != site.application:
                raise SiteTakenError(f"SITE_ID {site.site_id} belongs to {known['application']}")
            return document

        self.table.merge(RegistryRow(self._key("site", site.site_id), "site", site.site_id, 1, document), change)
        for row in self._native(TAKE_OVER):
            if row.site_id == site.site_id:
                self.table.delete(row)

    def register_release(
        self, site: CurrentSite, fingerprint: str, declaration: Mapping[str, Any], now: datetime
    ) -> None:
        """Add the declaration of the release command's image, as pending until its first server process has started.

        Superseded declarations are deleted first: a release that is pending again supersedes nothing.
        """
        self.delete_superseded(now)
        changes = {"state": PENDING, "released_at": now.isoformat(), "confirmed_at": None, "declaration": declaration}
        self._declare(site, fingerprint, changes, now)

    def confirm_release(
        self, site: CurrentSite, fingerprint: str, declaration: Mapping[str, Any], now: datetime
    ) -> None:
        """Record that a server process of the image has started."""

        def change(known: Mapping[str, Any]) -> Mapping[str, Any]:
            return {} if known.get("state") == RUNNING else {"state": RUNNING, "confirmed_at": now.isoformat()}

        confirmed = {"state": RUNNING, "released_at": None, "confirmed_at": now.isoformat(), "declaration": declaration}
        self.table.merge(self._declaration(site, fingerprint, confirmed, now), change)

    def delete_superseded(self, now: datetime) -> None:
        """Delete the declarations that a later release supersedes."""
        rows = self._native("declaration")
        everything = [_entry(row) for row in rows]
        for row, entry in zip(rows, everything):
            if is_superseded(entry, everything, now):
                self.table.delete(row)

    def set_status(self, site_id: int, status: str, domain: str) -> None:
        """Record that the site runs other code (``external``) or none (``forgotten``). Drop its declarations."""
        document = {"version": VERSION, **self.origin, "application": "", "domain": domain, "status": status}
        row = RegistryRow(self._key("site", site_id), "site", site_id, 1, document)
        self.table.merge(row, lambda known: {"status": status, "was": known.get("application", "")})
        for declaration in self._native("declaration"):
            if declaration.site_id == site_id:
                self.table.delete(declaration)

    def _declare(self, site: CurrentSite, fingerprint: str, changes: Mapping[str, Any], now: datetime) -> None:
        self.table.merge(self._declaration(site, fingerprint, changes, now), lambda _: changes)

    def _declaration(
        self, site: CurrentSite, fingerprint: str, changes: Mapping[str, Any], now: datetime
    ) -> RegistryRow:
        document = {
            "version": VERSION,
            **self.origin,
            "application": site.application,
            "fingerprint": fingerprint,
            "seen_at": now.isoformat(),
            **changes,
        }
        return RegistryRow(
            self._key("declaration", site.site_id, fingerprint), "declaration", site.site_id, 1, document
        )

    def _key(self, *parts: object) -> str:
        text = "\0".join(map(str, [*self.origin.values(), *parts]))
        return hashlib.sha256(text.encode()).hexdigest()

    def _native(self, kind: str) -> Sequence[RegistryRow]:
        return [row for row in self.table.all(kind) if self._is_native(row)]

    def _is_native(self, row: RegistryRow) -> bool:
        return all(row.document.get(name) == value for name, value in self.origin.items())


def is_superseded(entry: RegistryEntry, entries: Iterable[RegistryEntry], now: datetime) -> bool:
    """Return whether a later release of the same site has run so long that no process of ``entry`` is left.

    Only a release that a release command registered supersedes: a worker that an old container restarts is no release.
    """
    came = entry.released_at or entry.seen_at
    return any(
        other.site_id == entry.site_id
        and other.released_at is not None
        and other.confirmed_at is not None
        and other.released_at > came
        and now - other.confirmed_at >= GRACE
        for other in entries
    )


def utc_now() -> datetime:
    """Return the current time, with its time zone."""
    return datetime.now(timezone.utc)


def _registered(row: RegistryRow) -> RegisteredSite:
    document = row.document
    return RegisteredSite(
        row.site_id,
        document.get("application", ""),
        document.get("domain", ""),
        document["status"],
        document.get("caches", {}),
    )


def _entry(row: RegistryRow) -> RegistryEntry:
    document = row.document
    return RegistryEntry(
        site_id=row.site_id,
        application=document["application"],
        fingerprint=document["fingerprint"],
        state=document["state"],
        declaration=document["declaration"],
        seen_at=datetime.fromisoformat(document["seen_at"]),
        released_at=_moment(document.get("released_at")),
        confirmed_at=_moment(document.get("confirmed_at")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
