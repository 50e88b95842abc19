"""The sandbox's MariaDB server, where one is installed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pymysql
import pytest
from django.db.utils import load_backend
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.database_server import with_password
from mirrors_sandbox.mariadb import MariaDB
from mirrors_sandbox.ports import free_port
from mirrors_sandbox.state import SandboxError

from mirrors_sandbox import mariadb
from tests.django.acme import get
from tests.django.mariadb import NONE
from tests.sandboxes import frozen_variables, running_sandbox, set_variable
from tests.unit.test_sandbox_process_postgres import state_in
from tools.mariadb_server import installed_programs

SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
needs_server = pytest.mark.skipif(installed_programs() is None, reason=NONE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    state = state_in(closed)
    started = MariaDB(state)
    try:
        started.start()
        yield started
    finally:
        started.stop()
        started.remove()


def ask(dsn: str, question: str) -> object:
    parts = urlsplit(dsn)
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 0,
        user=parts.username,
        password=parts.password or "",
        database=parts.path[1:],
        autocommit=True,
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    return row[0] if row else None


@needs_server
def test_a_database_is_made_once_and_belongs_to_the_user(server: MariaDB) -> None:
    dsn = server.new_dsn("acme-test-1")
    server.create(dsn)
    server.create(dsn)
    assert ask(dsn, "SELECT DATABASE()") == "acme-test-1"
    assert ask(dsn, "SELECT CURRENT_USER()") == "acme-test-1@127.0.0.1"
    ask(dsn, "CREATE TABLE mine (id int)")
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        ask(dsn, "CREATE DATABASE other")


@needs_server
@pytest.mark.parametrize("user", ["", "root", "sandbox", "acme-test-2"])
def test_no_one_connects_without_the_password(server: MariaDB, user: str) -> None:
    dsn = server.new_dsn("acme-test-2")
    server.create(dsn)
    port = urlsplit(dsn).port
    for password in ("", "guess"):
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            pymysql.connect(host="127.0.0.1", port=port or 0, user=user, password=password)


@needs_server
def test_it_listens_on_loopback_alone_and_as_no_privileged_user(server: MariaDB) -> None:
    recorded = server.running
    assert recorded
    process = psutil.Process(recorded.pid)
    addresses = {item.laddr.ip for item in process.net_connections(kind="inet") if item.laddr}
    assert addresses == {"127.0.0.1"}
    assert process.uids().effective != 0


@needs_server
def test_a_restart_keeps_port_and_data(server: MariaDB) -> None:
    dsn = server.new_dsn("acme-test-3")
    server.create(dsn)
    assert server.stop()
    assert not server.stop()
    server.start()
    assert ask(dsn, "SELECT 1") == 1


@needs_server
def test_a_rotation_lets_only_the_new_password_in_and_logs_neither(server: MariaDB) -> None:
    old = server.new_dsn("acme-test-4")
    server.create(old)
    new = server.rotated(old)
    server.set_password(new)
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        ask(old, "SELECT 1")
    assert ask(new, "SELECT 1") == 1
    log = (server.directory / "server.log").read_text()
    assert not [dsn for dsn in (old, new) if str(urlsplit(dsn).password) in log]


@needs_server
def test_no_one_connects_to_the_database_of_another_user(server: MariaDB) -> None:
    """The name of a database is a pattern in GRANT."""
    mine, other = (server.new_dsn(name) for name in ("acme_6", "acme-6"))
    server.create(mine)
    server.create(other)
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        ask(mine.replace("/acme_6", "/acme-6").replace("//acme-6:", "//acme_6:"), "SELECT 1")


@needs_server
def test_a_database_that_nothing_has_used_is_made_with_the_newest_password(server: MariaDB) -> None:
    dsn = with_password(server.new_dsn("acme-test-8"), "0123456789abcdef")
    server.set_password(dsn)
    server.create(dsn)
    assert ask(dsn, "SELECT 1") == 1


@needs_server
def test_an_original_and_a_mirror_come_up_on_it(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, runner="process", database="mariadb") as sandbox:
        sandbox.seed(mirrors=["acme-de"], report=lambda _: None)
        shared = frozen_variables(sandbox, "acme", "test")
        assert shared["DATABASE_URL"].startswith("mysql://acme-test-")
        own = {"SITE_ID": "2", "MIRRORS_APPLICATION": "acme-de"}
        for name, value in {**own, **{name: shared[name] for name in SHARED}}.items():
            set_variable(sandbox, "acme-de", "test", name, value, is_sensitive=name in SHARED)
        sandbox.deploy("acme-de", "test", report=lambda _: None)
        sites = {site.application: site.address for site in sandbox.status().sites if site.environment == "test"}
        assert "A picture of site 1" in get(sites["acme"]).text
        assert "A picture of site 2" in get(sites["acme-de"]).text
        one, other = (get(f"{sites[name]}site.json").json()["database"] for name in ("acme", "acme-de"))
        assert one == other
        assert any(word.startswith("MariaDB") for word in sandbox.stop())
        with pytest.raises(SandboxError, match="was made with --database mariadb"):
            sandbox.start(database="postgresql")


def test_a_server_that_does_not_answer_yet_is_no_error_where_django_has_loaded_the_driver(tmp_path: Path) -> None:
    """Django imports parts of the driver as MySQLdb. The module ``pymysql.err`` then has other exceptions."""
    pymysql.install_as_MySQLdb()
    load_backend("django.db.backends.mysql")
    state = state_in(tmp_path)
    state.set_database_port(free_port())
    silent = MariaDB(state)
    silent.directory.mkdir()
    assert not silent.answers()


def test_where_none_is_installed_the_start_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mariadb, "PLACES", str(tmp_path))
    sandbox = Sandbox(tmp_path / "sandbox")
    with pytest.raises(SandboxError, match="MariaDB is not installed: on Debian, install mariadb-server-core"):
        sandbox.start(runner="process", database="mariadb")
    assert sandbox.state.settings() is None
