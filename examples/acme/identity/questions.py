"""Ask the database and the storage who they are, rather than the settings: settings say what should be."""

from typing import TypedDict

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from identity.models import Marker, new_marker

MARKER_FILE = "marker.txt"


class Database(TypedDict):
    """The place of the database: ``host:port`` and its name, or ``sqlite`` and the path of its file."""

    server: str
    name: str
    marker: str


class Storage(TypedDict):
    """The place of the storage: a directory, or the bucket or container and the prefix in it."""

    location: str
    marker: str


def database() -> Database:
    """Ask the database."""
    server, name = {"postgresql": _ask_postgresql, "mysql": _ask_mysql}.get(connection.vendor, _ask_sqlite)()
    return {"server": server, "name": name, "marker": Marker.get().value}


def storage() -> Storage:
    """Ask the storage. Do not show its DSN, since it holds credentials."""
    parts = (getattr(default_storage, name, "") for name in ("bucket_name", "azure_container", "location"))
    return {"location": "/".join(part for part in parts if part), "marker": _read_marker() or _write_marker()}


def _ask_postgresql() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT host(inet_server_addr()), inet_server_port(), current_database()")
        host, port, name = cursor.fetchone()
    return (f"{host}:{port}" if host else "local socket"), name


def _ask_mysql() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@hostname, @@port, DATABASE()")
        host, port, name = cursor.fetchone()
    return f"{host}:{port}", name


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
    """Write the marker under a lock. A storage has none; its sites share a database, whose row they lock."""
    row = Marker.get().pk
    with transaction.atomic():
        Marker.objects.select_for_update().get(pk=row)
        if not (marker := _read_marker()):
            marker = new_marker()
            default_storage.delete(MARKER_FILE)  # an empty one, of a process that was killed before it wrote
            default_storage.save(MARKER_FILE, ContentFile(marker.encode()))
        return marker
