"""A database server of the sandbox's own, on a loopback port: what is the same for each kind of server."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from mirrors_sandbox.ports import LOOPBACK, free_port, port_is_free
from mirrors_sandbox.process import Recorded, end, record, spawn, wait_until
from mirrors_sandbox.process_records import read_record, write_record
from mirrors_sandbox.state import SandboxError, StateDirectory, write_private
from mirrors_sandbox.unprivileged import base_for_nobody, identity

__all__ = ["DatabaseServer", "credentials", "new_password", "server_environment", "with_password"]

START_TIMEOUT = 30.0  # seconds


class DatabaseServer:
    """A server that keeps its data over restarts. A subclass knows one kind of server.

    Each environment that has a database of its own has a role that owns it. A role is named like its database, and its
    password is kept in the DSN alone: in the platform's variables. ``location`` names the directory of the data.
    """

    name: ClassVar[str]  # for people
    key: ClassVar[str]  # of its directory
    scheme: ClassVar[str]  # of a DSN
    stop_signal: ClassVar[int]

    def __init__(self, state: StateDirectory) -> None:
        self.state = state
        self.directory = state / self.key
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> Recorded | None:
        """The server's process, if it runs."""
        recorded = read_record(self.directory / "server.json")
        return recorded if recorded and recorded.alive else None

    def start(self) -> None:
        """Start the server, with new data the first time. Does nothing if it runs.

        Raises:
            SandboxError: it is not installed, the port is taken, or the server does not start.
        """
        if self.running:
            return
        self.directory.mkdir(exist_ok=True, mode=0o700)
        base = self._base()
        prepared = self.prepare(base)
        port = self._port()
        with (self.directory / "server.log").open("ab") as log:
            command = [*prepared, *self.listen_on(port)]
            process = spawn(command, environment=server_environment(), directory=base, output=log, **identity())
        self._process = process
        write_record(self.directory / "server.json", record(process.pid, "database", self.name, port))
        if not wait_until(lambda: process.poll() is not None or self.answers(), START_TIMEOUT) or process.poll():
            raise SandboxError(f"{self.name} did not start: see {self.directory / 'server.log'}")

    def stop(self) -> bool:
        """Stop the server and wait for its end; False if it did not run."""
        recorded = self.running
        ended = bool(recorded and end([recorded], timeout=20.0, first=self.stop_signal))
        (self.directory / "server.json").unlink(missing_ok=True)
        if self._process is not None:
            self._process.poll()
        return ended

    def remove(self) -> None:
        """Remove the data, wherever it lies. The server must not run."""
        location = self.directory / "location"
        if location.exists():
            shutil.rmtree(location.read_text(encoding="utf-8"), ignore_errors=True)

    def new_dsn(self, name: str) -> str:
        """Return ``scheme://name:password@127.0.0.1:port/name``. Neither the database nor the role need exist yet."""
        port = self.state.known_settings().database_port
        return f"{self.scheme}://{name}:{new_password()}@{LOOPBACK}:{port}/{name}"

    def rotated(self, dsn: str) -> str:
        """Return the same with another password, which the server does not know yet."""
        return with_password(dsn, new_password())

    def prepare(self, base: Path) -> Sequence[str]:
        """Make the data in ``base`` if there is none, and return the command that starts the server.

        Raises:
            SandboxError: the server is not installed, or makes no data.
        """
        raise NotImplementedError

    def listen_on(self, port: int) -> Sequence[str]:
        """Return the arguments that name the port."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Return whether the administrator can connect."""
        raise NotImplementedError

    def run_once(self, command: Sequence[str], base: Path, log: str) -> None:
        """Run a program of the server's to its end, as the server's user.

        Raises:
            SandboxError: it fails.
        """
        with (self.directory / log).open("wb") as output:
            process = spawn(command, environment=server_environment(), directory=base, output=output, **identity())
            code = process.wait(timeout=120)
        if code:
            raise SandboxError(f"{self.name}'s databases could not be made: see {self.directory / log}")

    def secret(self, name: str) -> str:
        """Return a password that is made at its first use."""
        path = self.directory / name
        if not path.exists():
            write_private(path, new_password())
        return path.read_text(encoding="utf-8")

    def _base(self) -> Path:
        """Return the directory that holds the data. The server's user owns it.

        Raises:
            SandboxError: the directory is gone.
        """
        location = self.directory / "location"
        if location.exists():
            base = Path(location.read_text(encoding="utf-8"))
            if not base.is_dir():
                raise SandboxError(f"the databases in {base} are gone: start anew with `mirrors sandbox reset`")
            return base
        base = base_for_nobody(self.key) if os.geteuid() == 0 else self.directory / "cluster"
        base.mkdir(exist_ok=True, mode=0o700)
        write_private(location, str(base))
        return base

    def _port(self) -> int:
        settings = self.state.known_settings()
        kept = settings.database_port
        if not kept:
            kept = free_port([settings.port])
            self.state.set_database_port(kept)
        elif not port_is_free(kept):
            raise SandboxError(f"port {kept}, which the databases' addresses name, is taken: free it, or reset")
        return kept


def credentials(dsn: str) -> tuple[str, str]:
    """Return user and password of a DSN."""
    parts = urlsplit(dsn)
    return unquote(parts.username or ""), unquote(parts.password or "")


def new_password() -> str:
    """In characters that stand for themselves in a DSN."""
    return secrets.token_hex(16)


def with_password(dsn: str, password: str) -> str:
    """The same DSN, as it is written, with another password."""
    before, _, address = dsn.rpartition("@")
    scheme, _, user = before.partition("://")
    return f"{scheme}://{user.partition(':')[0]}:{password}@{address}"


def server_environment() -> dict[str, str]:
    """Return the environment without the token and without settings of another server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
