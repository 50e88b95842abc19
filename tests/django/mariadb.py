"""A real MariaDB server of the tests' own, on a loopback port, where one is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql

from tests.django.postgres import PASSWORD, free_port
from tools.mariadb_server import installed_programs

NONE = "no MariaDB server is installed: make mariadb installs one, as root on Debian"
STARTS_WITHIN = 60.0  # seconds
USER = "acme"
CARELESS = (  # nothing waits for the disk
    *("--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-innodb-doublewrite"),
    *("--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--skip-log-bin", "--max-connections=300"),
)


@dataclass(frozen=True)
class MariaDB:
    """The server. Its user may do everything."""

    port: int

    def url(self, database: str) -> str:
        """Return what a platform puts into ``DATABASE_URL``."""
        return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def connect(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        """Return a session that commits each statement."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, autocommit=True)


@contextmanager
def running_mariadb() -> Iterator[MariaDB | None]:
    """Start the installed server on TCP and stop it afterwards, or yield None. Root starts it as another user."""
    programs = installed_programs()
    if programs is None:
        yield None
        return
    directory = Path(tempfile.mkdtemp(prefix="acme-mariadb-"))
    try:
        users = ("--no-defaults", f"--datadir={directory / 'data'}", *_give_to_nobody(directory))
        make = [programs.install, *users, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(make, check=True, capture_output=True)
        with _served(programs.server, users, directory) as server:
            yield server
    finally:
        shutil.rmtree(directory)


def _give_to_nobody(directory: Path) -> tuple[str, ...]:
    """Give the folder to the user that the server runs as instead of root, and return the option that says so."""
    if os.geteuid() != 0:
        return ()
    nobody = pwd.getpwnam("nobody")
    os.chown(directory, nobody.pw_uid, nobody.pw_gid)
    return ("--user=nobody",)


@contextmanager
def _served(program: str, users: tuple[str, ...], directory: Path) -> Iterator[MariaDB]:
    port, first, log = free_port(), directory / "first.sql", directory / "log"
    first.write_text(f"GRANT ALL ON *.* TO {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' WITH GRANT OPTION;\n")
    places = ("--bind-address=127.0.0.1", f"--port={port}", "--skip-name-resolve", f"--socket={directory / 'socket'}")
    files = (f"--pid-file={directory / 'pid'}", f"--init-file={first}")
    texts = ("--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci")
    with log.open("wb") as output:
        command = [program, *users, *places, *files, *texts, *CARELESS]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        server = MariaDB(port)
        _wait_for(server, process, log)
        yield server
    finally:
        process.kill()  # its data goes with the folder
        process.wait()


def _wait_for(server: MariaDB, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            server.connect().close()
        except pymysql.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(errors="replace")) from None
            time.sleep(0.05)
        else:
            return
