import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from mirrors_sandbox.database_server import with_password
from mirrors_sandbox.databases import SQLiteFiles
from mirrors_sandbox.ports import free_port
from mirrors_sandbox.postgres import PostgreSQL
from mirrors_sandbox.state import SandboxError, Settings, StateDirectory

from mirrors_sandbox import postgres, unprivileged

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
    dsn = server.new_dsn("acme-test-1")
    server.create(dsn)
    server.create(dsn)
    assert ask(dsn, "SELECT current_database()") == "acme-test-1"
    assert ask(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE mine (id int)")


def test_no_one_connects_without_the_password(server: PostgreSQL) -> None:
    dsn = server.new_dsn("acme-test-2")
    server.create(dsn)
    wrong = with_password(dsn, "guess")
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
    dsn = server.new_dsn("acme-test-3")
    server.create(dsn)
    assert server.stop()
    assert not server.stop()
    server.start()
    assert ask(dsn, "SELECT 1") == 1


def test_starting_what_runs_does_nothing(server: PostgreSQL) -> None:
    before = server.running
    server.start()
    assert server.running == before


def test_a_rotation_lets_only_the_new_password_in_and_logs_neither(server: PostgreSQL) -> None:
    old = server.new_dsn("acme-test-4")
    server.create(old)
    new = server.rotated(old)
    server.set_password(new)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(old)
    assert ask(new, "SELECT 1") == 1
    log = (server.directory / "server.log").read_text()
    assert not [dsn for dsn in (old, new) if str(urlsplit(dsn).password) in log]


def test_a_rotation_leaves_the_other_databases_alone(server: PostgreSQL) -> None:
    test, live = (server.new_dsn(f"acme-{stage}-5") for stage in ("test", "live"))
    server.create(test)
    server.create(live)
    server.set_password(server.rotated(test))
    assert ask(live, "SELECT current_user") == "acme-live-5"


def test_no_one_connects_to_the_database_of_another_role(server: PostgreSQL) -> None:
    mine, other = (server.new_dsn(f"acme-{number}") for number in (6, 7))
    server.create(mine)
    server.create(other)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(mine.replace("/acme-6", "/acme-7").replace("//acme-7", "//acme-6"))


def test_a_database_that_nothing_has_used_is_made_with_the_newest_password(server: PostgreSQL) -> None:
    dsn = server.rotated(server.new_dsn("acme-test-8"))
    server.set_password(dsn)
    server.create(dsn)
    assert ask(dsn, "SELECT 1") == 1


def test_data_that_is_gone_is_named_with_a_remedy(tmp_path: Path) -> None:
    lost = PostgreSQL(state_in(tmp_path))
    lost.directory.mkdir()
    (lost.directory / "location").write_text(str(tmp_path / "gone"))
    with pytest.raises(SandboxError, match="reset"):
        lost.start()


@as_root
def test_binaries_that_others_cannot_reach_are_copied_whole(server: PostgreSQL) -> None:
    package = postgres._package()
    assert package
    base, user = unprivileged.base_for_nobody("postgres"), unprivileged.identity()
    try:
        copied = postgres._copy(package, base / "installation")
        again = postgres._copy(package, base / "installation")
        binary = copied / postgres.INSTALLATION / "bin" / "initdb"
        ran = subprocess.run(
            [binary, "--version"], user=user["user"], group=user["group"], capture_output=True, check=True, env={}
        )
        assert again == copied
        assert b"PostgreSQL" in ran.stdout
        assert not unprivileged.others_reach(server.directory / "location")
    finally:
        subprocess.run(["rm", "-r", base], check=True)


def test_without_the_wheel_a_database_is_a_file(tmp_path: Path) -> None:
    files = SQLiteFiles(state_in(tmp_path))
    dsn = files.new_dsn("acme-test-1")
    files.create(dsn)
    assert Path(dsn.removeprefix("sqlite:///")).is_file()
    with pytest.raises(SandboxError, match="no password"):
        files.rotated(dsn)
