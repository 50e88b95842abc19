"""A real MariaDB server of the sandbox's own, where one is installed."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import pymysql

from mirrors_sandbox.database_server import DatabaseServer, credentials
from mirrors_sandbox.ports import LOOPBACK
from mirrors_sandbox.state import SandboxError, write_private
from mirrors_sandbox.unprivileged import give_to_server

__all__ = ["MariaDB"]

ADMINISTRATOR = "sandbox"
PLACES = ":".join(["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
MISSING = (
    "MariaDB is not installed: on Debian, install mariadb-server-core and mariadb-client-core, which start no service; "
    "or start the sandbox with --database postgresql"
)
OPTIONS = (
    *("--no-defaults", f"--bind-address={LOOPBACK}", "--skip-name-resolve", "--socket=socket", "--max-connections=300"),
    *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci", "--skip-log-bin"),
    # A rehearsal's data may be lost when the machine itself stops, so nothing waits for the disk.
    *("--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-innodb-doublewrite"),
    *("--innodb-buffer-pool-size=32M", "--innodb-log-file-size=32M", "--performance-schema=OFF"),
)
FIRST = """
DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys' AND (Host <> '{host}' OR User IN ('', 'root'));
FLUSH PRIVILEGES;
CREATE USER IF NOT EXISTS '{name}'@'{host}' IDENTIFIED BY PASSWORD '{verifier}';
GRANT ALL ON *.* TO '{name}'@'{host}' WITH GRANT OPTION;
"""
"""Statements of the server's start: no user without a password remains."""

Cursor = pymysql.cursors.Cursor


class MariaDB(DatabaseServer):
    """The server. A user may connect from this machine alone."""

    name: ClassVar[str] = "MariaDB"
    key: ClassVar[str] = "mariadb"
    scheme: ClassVar[str] = "mysql"
    stop_signal: ClassVar[int] = SIGTERM

    def prepare(self, base: Path) -> Sequence[str]:
        server, install, _ = self.programs()
        data, made = base / "data", base / "made"
        if not made.exists():
            shutil.rmtree(data, ignore_errors=True)  # a making that was interrupted
            options = ("--no-defaults", f"--datadir={data}", "--skip-test-db", "--skip-name-resolve")
            self.run_once([install, *options], base, "install.log")
            made.touch()
        first = base / "first.sql"
        write_private(first, FIRST.format(name=ADMINISTRATOR, host=LOOPBACK, verifier=_verifier(self._password())))
        give_to_server(first)
        return [server, *OPTIONS, f"--datadir={data}", f"--pid-file={base / 'pid'}", f"--init-file={first}"]

    @staticmethod
    def programs() -> Sequence[str]:
        """Return the paths of the server, of the program that makes its data, and of a program that this one needs.

        Raises:
            SandboxError: one of them is not installed.
        """
        found = [shutil.which(name, path=PLACES) for name in ("mariadbd", "mariadb-install-db", "my_print_defaults")]
        if not all(found):
            raise SandboxError(MISSING)
        return [path for path in found if path]

    def listen_on(self, port: int) -> Sequence[str]:
        return [f"--port={port}"]

    def answers(self) -> bool:
        try:
            with self._session():
                return True
        except pymysql.OperationalError:  # Django's backend makes pymysql.err another module, with other classes
            return False

    def create(self, dsn: str) -> None:
        """Make the user and the database unless there are such. No other user may use it."""
        user, password = credentials(dsn)
        database = _quoted(unquote(urlsplit(dsn).path.lstrip("/")))
        with self._session() as cursor:
            cursor.execute(
                f"CREATE USER IF NOT EXISTS {_account(user)} IDENTIFIED BY PASSWORD %s", [_verifier(password)]
            )
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {database}")
            pattern = database.replace("_", r"\_")  # GRANT takes a pattern
            cursor.execute(f"GRANT ALL ON {pattern}.* TO {_account(user)}")

    def set_password(self, dsn: str) -> None:
        """Let the DSN's user in with the DSN's password only. Open connections stay; new ones need the new password.

        Does nothing where there is no such user: it is made with its password when something first uses it.
        """
        user, password = credentials(dsn)
        with self._session() as cursor:
            cursor.execute(f"ALTER USER IF EXISTS {_account(user)} IDENTIFIED BY PASSWORD %s", [_verifier(password)])

    def _password(self) -> str:
        return self.secret("admin_password")

    @contextmanager
    def _session(self) -> Iterator[Cursor]:
        connection = pymysql.connect(
            host=LOOPBACK,
            port=self.state.known_settings().database_port,
            user=ADMINISTRATOR,
            password=self._password(),
            autocommit=True,
            connect_timeout=5,
        )
        with connection, connection.cursor() as cursor:
            yield cursor


def _account(user: str) -> str:
    return f"{_quoted(user)}@{_quoted(LOOPBACK)}"


def _quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))


def _verifier(password: str) -> str:
    """Return the verifier that the server gets instead of the password, so that it cannot log the password."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - MariaDB's native method
    return f"*{hashlib.sha1(once).hexdigest().upper()}"  # noqa: S324
