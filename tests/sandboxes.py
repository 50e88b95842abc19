"""Sandboxes for tests: real servers in directories of their own, ended and removed whatever happens.

``sandbox`` is a fixture that any test may ask for. A module that wants one for all its tests builds a fixture of its
own on ``running_sandbox``. ``site_codebase`` is a site of a few lines that starts in a moment and tells what it sees.
"""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from mirrors_sandbox.console import Console
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.process import wait_until
from mirrors_sandbox.state import Runner

TIMEOUT = 20.0  # seconds, for one request

SITE = """
import json, os, sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

def site(environ, start_response):
    start_response(os.environ.get("ANSWER", "200 OK"), [("Content-Type", "application/json")])
    return [json.dumps({"pid": os.getpid(), "variables": dict(os.environ)}).encode()]

if os.environ.get("CRASH"):
    sys.exit("crashed, with " + os.environ["CRASH"])
make_server(os.environ["HOST"], int(os.environ["PORT"]), site).serve_forever()
"""
RELEASE_COMMAND = """
import os, signal, subprocess, sys
if os.environ.get("WAIT"):
    subprocess.Popen(["sleep", "1000"])
    print("waits", flush=True)
    signal.pause()
print("database", os.environ.get("DATABASE_URL"), "whisper", os.environ.get("WHISPER"))
sys.exit(int(os.environ.get("RELEASE_CODE", "0")))
"""


def site_codebase(directory: Path) -> Path:
    """Return a codebase.

    It answers with its variables, and obeys ``ANSWER``, ``CRASH``, ``WAIT`` and ``RELEASE_CODE``.
    """
    directory.mkdir(parents=True)
    (directory / "site.wsgi.py").write_text(SITE, encoding="utf-8")
    (directory / "release.py").write_text(RELEASE_COMMAND, encoding="utf-8")
    (directory / "Procfile").write_text("web: python site.wsgi.py\n", encoding="utf-8")
    commands = [{"label": "tell", "command": "python release.py"}]
    (directory / "release_commands.json").write_text(json.dumps(commands), encoding="utf-8")
    return directory


@contextmanager
def running_sandbox(directory: Path, runner: Runner = "none", **options: Any) -> Iterator[Sandbox]:
    """Yield a started, empty sandbox below ``directory``; at the end nothing of it is left.

    ``options`` are those of ``Sandbox.start``.
    """
    started = Sandbox(directory / "sandbox")
    try:
        started.start(runner=runner, **options)
        yield started
    finally:
        started.reset()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Yield a started, empty sandbox that runs no processes."""
    with running_sandbox(tmp_path) as started:
        yield started


def crash(sandbox: Sandbox) -> None:
    """Kill the server as a crash would, and nothing that it started."""
    process = sandbox.process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert wait_until(lambda: sandbox.process is None, timeout=TIMEOUT)


def get(sandbox: Sandbox, path: str, **query: str) -> Any:
    """Return the answer to a GET of ``/apps/v3/{path}``."""
    return Console(sandbox.state).get(path, **query)


def call(sandbox: Sandbox, method: str, path: str, **body: Any) -> requests.Response:
    """Any request to ``/apps/v3/{path}`` with the token and a JSON body."""
    return requests.request(
        method,
        f"{sandbox.url}/apps/v3/{path}",
        json=body,
        headers={"Authorization": f"Token {sandbox.token}"},
        timeout=TIMEOUT,
    )


def environment_of(sandbox: Sandbox, application: str, environment: str) -> str:
    """Return the identifier of an environment."""
    uuid = get(sandbox, "applications/", slug=application)["results"][0]["uuid"]
    return str(get(sandbox, "environments/", application=uuid, slug=environment)["results"][0]["uuid"])


def set_variable(sandbox: Sandbox, application: str, environment: str, name: str, value: str, **flags: bool) -> None:
    """Set a custom variable, whether there is one of this name or not."""
    owner = environment_of(sandbox, application, environment)
    known = get(sandbox, "environment-variables/", environment=owner, name=name)["results"]
    path = f"environment-variables/{known[0]['uuid']}/" if known else "environment-variables/"
    answer = call(sandbox, "PATCH" if known else "POST", path, environment=owner, name=name, value=value, **flags)
    answer.raise_for_status()


def delete_variable(sandbox: Sandbox, application: str, environment: str, name: str) -> None:
    owner = environment_of(sandbox, application, environment)
    for known in get(sandbox, "environment-variables/", environment=owner, name=name)["results"]:
        call(sandbox, "DELETE", f"environment-variables/{known['uuid']}/").raise_for_status()


def newest_deployment(sandbox: Sandbox, application: str, environment: str) -> Any:
    """Return the newest deployment of an environment, as the API shows it."""
    owner = environment_of(sandbox, application, environment)
    return get(sandbox, "deployments/", environment=owner)["results"][0]


def deployments_of(sandbox: Sandbox, application: str, environment: str) -> list[Any]:
    """Return the deployments of an environment, oldest first, without a request: as the sandbox's database has them."""
    query = (
        "SELECT d.uuid, d.started_at, d.ended_at, d.success FROM sandbox_deployment d"
        " JOIN sandbox_environment e ON d.environment_id = e.uuid"
        " JOIN sandbox_application a ON e.application_id = a.uuid"
        " WHERE a.slug = ? AND e.slug = ? ORDER BY d.started_at"
    )
    with closing(sqlite3.connect(sandbox.state / "sandbox.sqlite3", timeout=TIMEOUT)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query, (application, environment)).fetchall()


def deployment_log(sandbox: Sandbox, application: str, environment: str) -> str:
    """Return the log of the newest deployment of an environment."""
    return str(
        get(sandbox, f"deployments/{newest_deployment(sandbox, application, environment)['uuid']}/logs/")["logs"]
    )


def frozen_variables(sandbox: Sandbox, application: str, environment: str) -> dict[str, str]:
    """Return the variables that the newest deployment of an environment runs with."""
    uuid = newest_deployment(sandbox, application, environment)["uuid"]
    return dict(get(sandbox, f"deployments/{uuid}/environment-variables/")["environment_variables"])


def change(sandbox: Sandbox, statement: str, *values: str | float | None) -> None:
    """Change the sandbox's own database where neither API nor command line can; the statement is the test's own."""
    with sqlite3.connect(sandbox.state / "sandbox.sqlite3", timeout=TIMEOUT) as connection:
        connection.execute(statement, values)
    connection.close()
