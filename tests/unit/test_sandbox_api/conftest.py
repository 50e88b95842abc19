"""One server for all tests of this folder; each test has an application of its own on it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest
import requests
from mirrors_sandbox.state import Settings, StateDirectory

ROOT = Path(__file__).parents[3]
TOKEN = "canary-token-5f0c2a"
SECRET = "canary-value-9b1e77"
_numbers = count(1)


@dataclass
class Sandbox:
    """The server, its directory and its API: ``get``, ``post`` … take a path below the server's address."""

    directory: Path
    process: "subprocess.Popen[str]"
    port: int
    session: requests.Session = field(default_factory=requests.Session)
    first_line: int = 0

    def do(self, function: str, **arguments: Any) -> Any:
        """Call a function of ``serving`` in the server's process."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([function, arguments]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    headers = {"Authorization": f"Token {TOKEN}"}  # noqa: RUF012

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        given: dict[str, Any] = {"timeout": 30, "allow_redirects": False, "headers": self.headers}
        return self.session.request(method, self.address + path, **(given | options))

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.request("GET", path, params=params)

    def results(self, path: str, **params: Any) -> list[Any]:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["results"]
        return found

    def post(self, path: str, body: Any) -> requests.Response:
        return self.request("POST", path, json=body)

    def patch(self, path: str, body: Any) -> requests.Response:
        return self.request("PATCH", path, json=body)

    def set(self, environment: str, name: str, value: str, *, sensitive: bool = False) -> Any:
        """Create a variable; returns it as answered."""
        body = {"environment": environment, "name": name, "value": value, "is_sensitive": sensitive}
        answer = self.post("/apps/v3/environment-variables/", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def switch(self, **switches: Any) -> None:
        (self.directory / "fidelity.json").write_text(json.dumps(switches))

    def log(self) -> list[dict[str, Any]]:
        """Return the request log since this test began."""
        return [json.loads(line) for line in self.all_lines()[self.first_line :]]

    def all_lines(self) -> list[str]:
        path = self.directory / "requests.jsonl"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("sandbox")
    (directory / "token").write_text(TOKEN + "\n")
    (directory / "secret_key").write_text("canary-key-77d0ce\n")
    state = StateDirectory(directory)
    state.prepare()
    state.save(Settings(port=1, runner="none", site_ports_from=20000))
    with (directory / "server.log").open("w") as output:
        process = _start(directory, output)
        assert process.stdout
        port = process.stdout.readline()
        assert port, (directory / "server.log").read_text()
        sandbox = Sandbox(directory, process, int(port))
        sandbox.session.trust_env = False
        yield sandbox
        sandbox.session.close()
        process.communicate(timeout=30)
    assert process.returncode == 0
    logs = (directory / "server.log").read_text() + (directory / "requests.jsonl").read_text()
    assert "Traceback" not in logs
    assert "canary" not in logs


def _start(directory: Path, output: IO[str]) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "MIRRORS_SANDBOX_DIR": str(directory),
        "MIRRORS_SANDBOX_RUNNER": "none",
        "DJANGO_SETTINGS_MODULE": "mirrors_sandbox.settings",
    }
    command = [sys.executable, "-W", "error", "-m", "tests.unit.test_sandbox_api.serving"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=output, text=True)


@pytest.fixture
def sandbox(server: Sandbox) -> Iterator[Sandbox]:
    """Yield the server, without faults and with default switches; its request log holds this test's requests only."""
    server.first_line = len(server.all_lines())
    yield server
    server.do("remove_faults")
    (server.directory / "fidelity.json").unlink(missing_ok=True)


@pytest.fixture
def make(sandbox: Sandbox) -> Callable[..., dict[str, str]]:
    """Make an application with a name that no other test has."""

    def make_application(**fields: Any) -> dict[str, str]:
        made: dict[str, str] = sandbox.do("make_application", slug=f"app-{next(_numbers)}", **fields)
        return made

    return make_application


@pytest.fixture
def application(make: Callable[..., dict[str, str]]) -> dict[str, str]:
    """Identifiers of one application: ``uuid``, ``organisation``, and its environments ``test`` and ``live``."""
    return make()
