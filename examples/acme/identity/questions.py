"""Asks the database and the storage who they are, rather than the settings: settings say what should be."""

from typing import TypedDict

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from identity.models import Marker, new_marker

MARKER_FILE = "marker.txt"


class Database(TypedDict):
    """Where the database is: ``host:port`` and its name, or ``sqlite`` and the path of its file."""

    server: str
    name: str
    marker: str


class Storage(TypedDict):
    """Where the storage is: a directory, or the bucket or container and the prefix in it."""

    location: str
    marker: str


def database() -> Database:
    """Asks the database."""
    server, name = _ask_postgresql() if connection.vendor == "postgresql" else _ask_sqlite()
    return {"server": server, "name": name, "marker": Marker.get().value}


def storage() -> Storage:
    """Asks the storage. Its DSN is not shown, since it holds credentials."""
    parts = (getattr(default_storage, name, "") for name in ("bucket_name", "azure_container", "location"))
    return {"location": "/".join(part for part in parts if part), "marker": _read_marker() or _write_marker()}


def _ask_postgresql() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT host(inet_server_addr()), inet_server_port(), current_database()")
        host, port, name = cursor.fetchone()
    return (f"{host}:{port}" if host else "local socket"), name


def _ask_sqlite() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT file FROM pragma_database_list WHERE name = 'main'")
        return "sqlite", cursor.fetchone()[0]


def _read_marker() -> str:
    try:
        with default_storage.open(MARKER_FILE) as file:
            return str(file.read(), "ascii")
    except FileNotFoundError:
        return ""


def _write_marker() -> str:
    """A storage has no lock, but its sites share a database, which has: whoever holds the row of its marker, writes."""
    row = Marker.get().pk
    with transaction.atomic():
        Marker.objects.select_for_update().get(pk=row)
        if not (marker := _read_marker()):
            marker = new_marker()
            default_storage.delete(MARKER_FILE)  # an empty one, of a process that was killed before it wrote
            default_storage.save(MARKER_FILE, ContentFile(marker.encode()))
        return marker
