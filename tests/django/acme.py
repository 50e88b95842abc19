"""Runs the example site as a platform does: its own release commands, its own Procfile, nothing but given variables."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

import requests

CODEBASE = Path(__file__).parents[2] / "examples" / "acme"
STORAGE_SECRET = "canary-storage-secret"
TIMEOUT = 90  # seconds; far more than any of it takes


@dataclass(frozen=True)
class Acme:
    """One site of the example project: what a deployment of it would be given."""

    site_id: int
    database_url: str
    media: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return f"site-{self.site_id}.example:8000"

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SITE_ID": str(self.site_id),
            "DATABASE_URL": self.database_url,
            "DEFAULT_STORAGE_DSN": f"{self.media.as_uri()}/?url=%2Fmedia%2F&secret={STORAGE_SECRET}",
            "DOMAIN": self.domain,
            "SECRET_KEY": "canary-secret-key-of-at-least-fifty-characters-0123456789",
            "STAGE": "test",
            **({} if self.site_id == 1 else {"MIRRORS_APPLICATION": f"acme-{self.site_id}"}),
            **self.variables,
        }

    def start(self, command: str) -> subprocess.Popen[str]:
        """Start a shell command in the codebase; its standard error goes where its output goes."""
        return subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            cwd=CODEBASE,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py, which must succeed, and return what it printed."""
        code, output = finish(self.start(shlex.join(["python", "manage.py", *arguments])))
        assert code == 0, output
        return output

    def release(self) -> None:
        """Run the release commands."""
        for entry in json.loads((CODEBASE / "release_commands.json").read_text()):
            code, output = finish(self.start(entry["command"]))
            assert code == 0, f"{entry['label']}: {output}"

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Run the Procfile's server on a free port while in the context, and return its address."""
        command = (CODEBASE / "Procfile").read_text().removeprefix("web: ")
        site = Acme(self.site_id, self.database_url, self.media, {**self.variables, "HOST": "127.0.0.1", "PORT": "0"})
        with site.start(command) as server:
            try:
                yield address(server)
            finally:
                server.terminate()


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process, and return its exit code and output."""
    try:
        output, _ = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    return process.returncode, output


def address(server: subprocess.Popen[str]) -> str:
    """Read the server's output until it says where it serves."""
    assert server.stdout is not None
    watchdog = Timer(TIMEOUT, server.kill)
    watchdog.start()
    lines = []
    for line in server.stdout:
        lines.append(line)
        if match := re.search(r"Serving on (http://\S+)", line):
            watchdog.cancel()
            return match[1]
    raise AssertionError("The server ended: " + "".join(lines))


def browser() -> requests.Session:
    """Return a client that keeps cookies, and takes nothing from the machine it runs on."""
    session = requests.Session()
    session.trust_env = False
    return session


def get(url: str, host: str = "", forwarded: str = "") -> requests.Response:
    """Ask for a page: as ``host``, if given, and as a proxy that was asked over the protocol ``forwarded``."""
    headers = {name: value for name, value in {"Host": host, "X-Forwarded-Proto": forwarded}.items() if value}
    with browser() as session:
        return session.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False)


def submit(session: requests.Session, url: str, data: dict[str, str], files: dict[str, bytes] | None = None) -> str:
    """Fill in a form of the admin, submit it, and return the address that it led to. Fail if it led nowhere."""
    page = session.get(url, timeout=TIMEOUT)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token, page.text
    uploads = {name: (f"{name}.png", content, "image/png") for name, content in (files or {}).items()}
    form = {"csrfmiddlewaretoken": token[1], **data}
    answer = session.post(url, data=form, files=uploads or None, timeout=TIMEOUT, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]
