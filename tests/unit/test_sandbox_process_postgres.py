import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from mirrors.sandbox import postgres
from mirrors.sandbox.databases import SQLiteFiles
from mirrors.sandbox.postgres import PostgreSQL
from mirrors.sandbox.process import free_port
from mirrors.sandbox.state import SandboxError, Settings, StateDirectory

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as another user")


def state_in(directory: Path) -> StateDirectory:
    state = StateDirectory(directory / "state")
    state.prepare()
    state.save(Settings(port=free_port(), runner="process", site_ports_from=20000))
    return state


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    started = PostgreSQL(state_in(closed))
    try:
        started.start()
        yield started
    finally:
        started.stop()
        started.remove()


def ask(dsn: str, question: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def test_a_database_is_made_once_and_belongs_to_the_role(server: PostgreSQL) -> None:
    server.create("acme-test-1")
    server.create("acme-test-1")
    dsn = server.dsn("acme-test-1")
    assert ask(dsn, "SELECT current_database()") == "acme-test-1"
    assert ask(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE mine (id int)")


def test_nobody_connects_without_the_password(server: PostgreSQL) -> None:
    server.create("acme-test-2")
    wrong = server.dsn("acme-test-2").replace((server.directory / "password").read_text(), "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_it_listens_on_loopback_alone_and_as_no_privileged_user(server: PostgreSQL) -> None:
    recorded = server.running
    assert recorded
    process = psutil.Process(recorded.pid)
    addresses = {item.laddr.ip for item in process.net_connections(kind="all") if item.laddr}
    assert addresses == {"127.0.0.1"}
    assert process.uids().effective != 0


def test_its_data_is_its_own_alone(server: PostgreSQL) -> None:
    base = Path((server.directory / "location").read_text())
    assert stat.S_IMODE(base.stat().st_mode) == 0o700


def test_a_restart_keeps_port_and_data(server: PostgreSQL) -> None:
    server.create("acme-test-3")
    dsn = server.dsn("acme-test-3")
    assert server.stop()
    assert not server.stop()
    server.start()
    assert ask(dsn, "SELECT 1") == 1


def test_starting_what_runs_does_nothing(server: PostgreSQL) -> None:
    before = server.running
    server.start()
    assert server.running == before


def test_a_rotation_lets_only_the_new_password_in_and_logs_neither(server: PostgreSQL) -> None:
    server.create("acme-test-4")
    old = server.dsn("acme-test-4")
    server.rotate()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(old)
    assert ask(server.dsn("acme-test-4"), "SELECT 1") == 1
    log = (server.directory / "server.log").read_text()
    assert (server.directory / "password").read_text() not in log


def test_data_that_is_gone_is_named_with_a_remedy(tmp_path: Path) -> None:
    lost = PostgreSQL(state_in(tmp_path))
    (lost.directory / "location").write_text(str(tmp_path / "gone"))
    with pytest.raises(SandboxError, match="reset"):
        lost.start()


@as_root
def test_binaries_that_others_cannot_reach_are_copied_whole(server: PostgreSQL) -> None:
    package = postgres._package()
    assert package
    base, user = postgres._base_for_nobody(), postgres._identity()
    try:
        copied = postgres._copy(package, base / "installation")
        again = postgres._copy(package, base / "installation")
        binary = copied / postgres.INSTALLATION / "bin" / "initdb"
        ran = subprocess.run(
            [binary, "--version"], user=user["user"], group=user["group"], capture_output=True, check=True, env={}
        )
        assert again == copied
        assert b"PostgreSQL" in ran.stdout
        assert not postgres._others_reach(server.directory / "location")
    finally:
        subprocess.run(["rm", "-r", base], check=True)


def test_without_the_wheel_a_database_is_a_file(tmp_path: Path) -> None:
    files = SQLiteFiles(state_in(tmp_path))
    files.create("acme-test-1")
    path = Path(files.dsn("acme-test-1").removeprefix("sqlite:///"))
    assert path.is_file()
    with pytest.raises(SandboxError, match="no password"):
        files.rotate()
