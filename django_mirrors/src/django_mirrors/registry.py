"""Who runs which code on the database: per site its owner, and what each image that may still be running needs.

A site's declarations are a set. The release command adds one as ``pending``; a server process that has started makes it
``running``. Only 15 minutes after a release was confirmed are those before it dropped: until then old containers may
serve, and a deployment whose health check fails leaves them serving for as long as it takes.

An entry names ``STAGE`` and the database that it was written into. After a copy of the database, from Live to Test or
to a laptop, entries of elsewhere are *foreign*: they say nothing about who uses the copy, and are ignored.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from django_mirrors.errors import SiteTakenError
from django_mirrors.rows import Row, RowTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.conf import ThisSite

__all__ = [
    "EXTERNAL",
    "FORGOTTEN",
    "GRACE",
    "REGISTERED",
    "Entry",
    "Known",
    "Registered",
    "Registry",
    "superseded",
    "utc_now",
]

VERSION = 1
GRACE = timedelta(minutes=15)
REGISTERED, EXTERNAL, FORGOTTEN = "registered", "external", "forgotten"
PENDING, RUNNING = "pending", "running"
TAKE_OVER = "take_over"
"""The kind of a row that lets the next application with this id rename the ``Site`` row with this domain."""


@dataclass(frozen=True)
class Registered:
    """What is known of a site.

    ``status`` is ``registered``, ``external`` (it runs code without this app) or ``forgotten`` (it runs no more).
    """

    site_id: int
    application: str
    domain: str
    status: str
    caches: Mapping[str, str] = field(default_factory=dict)  # see django_mirrors.sharing


@dataclass(frozen=True)
class Known:
    """What the registry says of ids.

    ``before``: each id with the application that has, or had, registered it, here or before the database was copied.
    ``given``: the domain of each ``Site`` row that may be taken over.
    """

    sites: Sequence[Registered] = ()
    before: frozenset[tuple[int, str]] = frozenset()
    given: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """What one image of one site needs of the schema."""

    site_id: int
    application: str
    fingerprint: str
    state: str  # "pending" or "running"
    declaration: Mapping[str, Any]
    seen_at: datetime
    released_at: datetime | None  # when a release command last registered it; None for a server without one
    confirmed_at: datetime | None  # when a server process first confirmed it after that


class Registry:
    """The registry in the database of ``connection``, as the stage and the database of ``site`` see it."""

    def __init__(self, connection: BaseDatabaseWrapper, stage: str, database: str) -> None:
        self.rows = RowTable(connection)
        self.origin = {"stage": stage, "database": database}

    @classmethod
    def of(cls, connection: BaseDatabaseWrapper, site: ThisSite) -> Registry:
        """The registry as ``site`` sees it."""
        return cls(connection, site.stage, site.database)

    def sites(self) -> Sequence[Registered]:
        """The sites that are known here, by id."""
        return [_registered(row) for row in self._native("site")]

    def known(self) -> Known:
        """What is said of ids, on this database and on those that it was copied from."""
        rows = self.rows.all("site")
        return Known(
            [_registered(row) for row in rows if self._is_native(row)],
            frozenset((row.site_id, row.document.get("application", "")) for row in rows),
            {row.site_id: row.document["domain"] for row in self._native(TAKE_OVER)},
        )

    def give(self, site_id: int, domain: str) -> None:
        """Lets the next application that claims the id rename its ``Site`` row, as long as that has this domain."""
        document = {"version": VERSION, **self.origin, "domain": domain}
        row = Row(self._key(TAKE_OVER, site_id), TAKE_OVER, site_id, 1, document)
        self.rows.merge(row, lambda _: document)

    def foreign(self) -> Sequence[str]:
        """A sentence for each stage and database that entries were copied from."""
        rows = [row for kind in ("site", "declaration") for row in self.rows.all(kind) if not self._is_native(row)]
        counted = Counter((row.document.get("stage"), row.document.get("database")) for row in rows)
        return [
            f"The registry holds {number} entries of STAGE {stage} on {database}, copied here with the database: "
            f"they are ignored by STAGE {self.origin['stage']} on {self.origin['database']}."
            for (stage, database), number in counted.items()
        ]

    def entries(self, now: datetime) -> Sequence[Entry]:
        """What may be running: the declarations of all sites that no later release has superseded."""
        everything = [_entry(row) for row in self._native("declaration")]
        return [entry for entry in everything if not superseded(entry, everything, now)]

    def claim(self, site: ThisSite, **noted: Any) -> None:
        """Makes ``site`` the owner of its id, if the id has no other owner, and notes its domain.

        :param noted: what else is kept with it, such as ``caches``
        :raises SiteTakenError: the id belongs to another application
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

        self.rows.merge(Row(self._key("site", site.site_id), "site", site.site_id, 1, document), change)
        for row in self._native(TAKE_OVER):
            if row.site_id == site.site_id:
                self.rows.delete(row)

    def release(self, site: ThisSite, fingerprint: str, declaration: Mapping[str, Any], now: datetime) -> None:
        """Adds what the release command's image needs, as pending until a server process of it has started.

        What is superseded goes first: once the same release is pending again, it supersedes nothing any more.
        """
        self.prune(now)
        changes = {"state": PENDING, "released_at": now.isoformat(), "confirmed_at": None, "declaration": declaration}
        self._declare(site, fingerprint, changes, now)

    def confirm(self, site: ThisSite, fingerprint: str, declaration: Mapping[str, Any], now: datetime) -> None:
        """Notes that a server process of the image has started."""

        def change(known: Mapping[str, Any]) -> Mapping[str, Any]:
            return {} if known.get("state") == RUNNING else {"state": RUNNING, "confirmed_at": now.isoformat()}

        confirmed = {"state": RUNNING, "released_at": None, "confirmed_at": now.isoformat(), "declaration": declaration}
        self.rows.merge(self._declaration(site, fingerprint, confirmed, now), change)

    def prune(self, now: datetime) -> None:
        """Deletes what a later release has superseded."""
        rows = self._native("declaration")
        everything = [_entry(row) for row in rows]
        for row, entry in zip(rows, everything):
            if superseded(entry, everything, now):
                self.rows.delete(row)

    def mark(self, site_id: int, status: str, domain: str) -> None:
        """Says that the site runs other code (``external``) or runs no more (``forgotten``); drops its declarations."""
        document = {"version": VERSION, **self.origin, "application": "", "domain": domain, "status": status}
        row = Row(self._key("site", site_id), "site", site_id, 1, document)
        self.rows.merge(row, lambda known: {"status": status, "was": known.get("application", "")})
        for declaration in self._native("declaration"):
            if declaration.site_id == site_id:
                self.rows.delete(declaration)

    def _declare(self, site: ThisSite, fingerprint: str, changes: Mapping[str, Any], now: datetime) -> None:
        self.rows.merge(self._declaration(site, fingerprint, changes, now), lambda _: changes)

    def _declaration(self, site: ThisSite, fingerprint: str, changes: Mapping[str, Any], now: datetime) -> Row:
        document = {
            "version": VERSION,
            **self.origin,
            "application": site.application,
            "fingerprint": fingerprint,
            "seen_at": now.isoformat(),
            **changes,
        }
        return Row(self._key("declaration", site.site_id, fingerprint), "declaration", site.site_id, 1, document)

    def _key(self, *parts: object) -> str:
        text = "\0".join(map(str, [*self.origin.values(), *parts]))
        return hashlib.sha256(text.encode()).hexdigest()

    def _native(self, kind: str) -> Sequence[Row]:
        return [row for row in self.rows.all(kind) if self._is_native(row)]

    def _is_native(self, row: Row) -> bool:
        return all(row.document.get(name) == value for name, value in self.origin.items())


def superseded(entry: Entry, entries: Iterable[Entry], now: datetime) -> bool:
    """Whether a later release of the same site has been running for so long that no process of ``entry`` is left.

    Only what a release command has registered supersedes: a worker that an old container starts anew is no release.
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
    """Now, with its time zone."""
    return datetime.now(timezone.utc)


def _registered(row: Row) -> Registered:
    document = row.document
    return Registered(
        row.site_id,
        document.get("application", ""),
        document.get("domain", ""),
        document["status"],
        document.get("caches", {}),
    )


def _entry(row: Row) -> Entry:
    document = row.document
    return Entry(
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
