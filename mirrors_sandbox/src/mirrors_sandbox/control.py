"""One sandbox, from outside: start it, fill it, stop it. The command line is a thin shell around this; tests use it."""

import fcntl
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mirrors_sandbox.console import Console, Report
from mirrors_sandbox.databases import databases, require_server
from mirrors_sandbox.logins import ADMIN, passwords
from mirrors_sandbox.process import (
    LOOPBACK,
    Ledger,
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
from mirrors_sandbox.state import DIRECTORY_VARIABLE, DatabaseKind, Runner, SandboxError, Settings, StateDirectory

__all__ = ["Login", "Sandbox", "SiteStatus", "Status"]

START_TIMEOUT = 300.0  # seconds: before it answers, every site that served before serves again
STOP_TIMEOUT = 60.0  # seconds
PORT_TIMEOUT = 3.0  # seconds
LOG_LINES = 15
SITE_PORTS = range(20000, 28000)  # where a sandbox's row of ports for sites may begin
SECRETS_OF_ENVIRONMENT = ("MIRRORS_SANDBOX_TOKEN", "DIVIO_API_TOKEN", "PULUMI_CONFIG_PASSPHRASE")


@dataclass(frozen=True)
class SiteStatus:
    """A site process that runs."""

    application: str
    environment: str
    address: str
    pid: int


@dataclass(frozen=True)
class Status:
    """A running sandbox: its processes and addresses.

    ``admin_password`` and ``token`` name files, never the secrets in them.
    """

    running: bool
    url: str
    pid: int | None
    runner: str
    admin: str
    admin_password: str
    token: str
    database_server: str | None
    sites: list[SiteStatus]

    def dump(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Login:
    """The logins of each site. ``address`` is None while nothing serves there."""

    what: str
    address: str | None
    user: str
    password: str = field(repr=False)


class Sandbox:
    """The sandbox of one state directory: the given one, ``MIRRORS_SANDBOX_DIR``, or ``.state/sandbox``."""

    def __init__(self, directory: Path | str | None = None) -> None:
        self.state = StateDirectory.at(directory)
        self._server: subprocess.Popen[bytes] | None = None  # if this object started it

    @property
    def url(self) -> str:
        """Address of the API, without a slash at the end.

        Raises:
            SandboxError: it was never started.
        """
        return self.state.url

    @property
    def token(self) -> str:
        """The API's access token.

        Raises:
            SandboxError: it was never started.
        """
        return self.state.token

    @property
    def process(self) -> Recorded | None:
        """The server's process, if it runs."""
        recorded = read_record(self.state / "sandbox.pid")
        return recorded if recorded and recorded.alive else None

    def start(
        self,
        runner: Runner | None = None,
        port: int | None = None,
        deployment_seconds: float | None = None,
        database: DatabaseKind | None = None,
    ) -> bool:
        """Start the server in the background and wait until it answers; False if it runs already.

        What is not given is as at the last start; at the first: real processes, a free port, PostgreSQL.

        Raises:
            SandboxError: it runs with other options, a port is taken, or the server does not start.
        """
        with self._prepared(runner, port, deployment_seconds, database) as fresh:
            if fresh:
                self._spawn()
            return fresh

    def start_in_foreground(
        self,
        runner: Runner | None = None,
        port: int | None = None,
        deployment_seconds: float | None = None,
        database: DatabaseKind | None = None,
    ) -> None:
        """Serve in this process, until it is interrupted.

        Raises:
            SandboxError: it runs already, or a port is taken.
        """
        with self._prepared(runner, port, deployment_seconds, database) as fresh:
            if not fresh:
                raise SandboxError(f"the sandbox runs already in the background, on {self.url}")
        from mirrors_sandbox.server import serve

        serve(self.state)

    def stop(self) -> list[str]:
        """End sites, server and databases, also what a crash left; returns what was ended, in words.

        Raises:
            SandboxError: a server answers that is in no record: nothing was ended, and the records stay.
        """
        if (self.state / "url").exists() and self.process is None and self._answers():
            raise SandboxError(
                f"something answers on {self.url}, and it is not the process that was recorded: find out what it is"
                " and end it, then do this again"
            )
        return self._stop()

    def _stop(self) -> list[str]:
        if not self.state.exists:
            return []
        ledger, servers = Ledger(self.state / "processes"), databases(self.state)
        sites = [item for item in ledger if item.alive]
        server, database = self.process, servers.running
        if server is not None:
            end([server], timeout=STOP_TIMEOUT)
        self._forget_server()
        ledger.end(list(ledger))
        servers.stop()
        (self.state / "sandbox.pid").unlink(missing_ok=True)
        words = [f"{len(sites)} {'site' if len(sites) == 1 else 'sites'}"] if sites else []
        words += [f"the server (process {server.pid})"] if server else []
        return words + ([f"{database.label} (process {database.pid})"] if database else [])

    def reset(self) -> list[str]:
        """Stop everything and remove the whole state; returns what was ended.

        Raises:
            SandboxError: the directory is not a sandbox's.
        """
        if not self.state.exists:
            self._forget_server()
            return []
        if not (self.state / "settings.json").exists() and any(self.state.root.iterdir()):
            raise SandboxError(f"{self.state.root} is no sandbox's state: remove it by hand")
        ended = self.stop()
        databases(self.state).remove()
        shutil.rmtree(self.state.root)
        return ended

    def status(self) -> Status:
        """Return what runs, and where.

        Raises:
            SandboxError: it was never started.
        """
        settings = self.state.known_settings()
        server, database = self.process, databases(self.state).running
        return Status(
            running=server is not None,
            url=self.url,
            pid=server.pid if server else None,
            runner=settings.runner,
            admin=f"{self.url}/admin/",
            admin_password=str(self.state / "admin_password"),
            token=str(self.state / "token"),
            database_server=f"{LOOPBACK}:{database.port}" if database else None,
            sites=self._sites(),
        )

    def logins(self) -> list[Login]:
        """To the control panel and the seeded sites, passwords in clear.

        Raises:
            SandboxError: it was never started.
        """
        found = self.status()
        panel = Login("control panel", found.admin, ADMIN, Path(found.admin_password).read_text(encoding="utf-8"))
        addresses = {f"{site.application}/{site.environment}": f"{site.address}admin/" for site in found.sites}
        kept = passwords(self.state).items()
        return [panel, *(Login(name, addresses.get(name), ADMIN, password) for name, password in sorted(kept))]

    def seed(
        self,
        original: str = "acme",
        mirrors: Sequence[str] = ("acme-de", "acme-fr", "acme-ch"),
        numbered: int = 0,
        codebase: Path | str | None = None,
        report: Report = print,
        *,
        python: Path | str | None = None,
        by_hand: Sequence[str] = (),
    ) -> None:
        """Make the account: an original, deployed to Test and Live, and fresh mirrors. What exists stays as it is.

        Args:
            numbered: how many mirrors ``{original}-0001`` … to make besides those named.
            codebase: directory with the original's code, a git repository or not; the checkout's example by default.
            python: the virtual environment that its releases run with; that of the sandbox by default.
            by_hand: mirrors that run already, set up by hand without Mirrors.

        Raises:
            SandboxError: the sandbox does not run, or what is asked for cannot be made.
        """
        self._must_run()
        chosen = str(Path(codebase).absolute()) if codebase else None
        venv = str(Path(python).absolute()) if python else None
        names = {"original": original, "mirrors": list(mirrors), "by_hand": list(by_hand)}
        self._task("seed", report, **names, numbered=numbered, codebase=chosen, python=venv)

    def mirror(self, original: str, name: str, report: Report = print) -> None:
        """Make a fresh mirror.

        Raises:
            SandboxError: there is no such original, or the name is taken.
        """
        self._must_run()
        self._task("mirror", report, original=original, name=name)

    def rotate(self, original: str, environment: str, report: Report = print) -> None:
        """Give an environment's database a new password.

        Raises:
            SandboxError: there is no such environment.
        """
        self._must_run()
        self._task("rotate", report, original=original, environment=environment)

    def deploy(self, application: str, environment: str, *, wait: bool = True, report: Report = print) -> None:
        """Deploy through the API.

        Raises:
            SandboxError: it cannot be deployed, or the deployment fails.
        """
        self._must_run()
        Console(self.state).deploy(application, environment, wait=wait, report=report)

    def add_fault(self, kind: str, report: Report = print, **options: Any) -> None:
        """Inject a fault; options are the fields of ``mirrors_sandbox.models.Fault``."""
        self._must_run()
        self._task("add_fault", report, kind=kind, **options)

    def list_faults(self, report: Report = print) -> None:
        self._must_run()
        self._task("list_faults", report)

    def clear_faults(self, report: Report = print) -> None:
        self._must_run()
        self._task("clear_faults", report)

    def requests_log(self) -> list[dict[str, Any]]:
        """The API's requests, oldest first; see ``mirrors_sandbox.request_log`` for the keys."""
        path = self.state / "requests.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def clear_requests_log(self) -> None:
        path = self.state / "requests.jsonl"
        if path.exists():
            os.truncate(path, 0)

    @contextmanager
    def _prepared(
        self, runner: Runner | None, port: int | None, seconds: float | None, database: DatabaseKind | None
    ) -> Iterator[bool]:
        """No other process starts it meanwhile. True: the settings are decided and the port is free; False: it runs."""
        self.state.prepare()
        with (self.state / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = self.state.settings()
            wanted = self._decide(kept, runner, port, seconds, database)
            if self.process is not None:
                if wanted != kept:
                    raise SandboxError(f"the sandbox runs already, with other options: stop it first ({self.url})")
                yield False
                return
            require_server(wanted)
            # A process that was killed holds its port until its last thread has gone.
            if not wait_until(lambda: port_is_free(wanted.port), timeout=PORT_TIMEOUT):
                raise SandboxError(f"port {wanted.port} is taken: end what listens there, or choose one with --port")
            self.state.save(wanted)
            yield True

    def _decide(
        self,
        kept: Settings | None,
        runner: Runner | None,
        port: int | None,
        seconds: float | None,
        database: DatabaseKind | None,
    ) -> Settings:
        if kept is None:
            chosen = port or free_port()
            begin = free_port([chosen]) % len(SITE_PORTS) + SITE_PORTS.start
            kept = Settings(
                port=chosen,
                runner=runner or _default_runner(),
                site_ports_from=begin,
                database=database or "postgresql",
            )
        elif self.process is None:
            for option, now, then in (("--runner", runner, kept.runner), ("--database", database, kept.database)):
                if now not in (None, then):
                    raise SandboxError(
                        f"this sandbox was made with {option} {then}: its databases do not fit another one; "
                        "start anew with `mirrors sandbox reset`"
                    )
        return replace(
            kept,
            port=port or kept.port,
            runner=runner or kept.runner,
            deployment_seconds=kept.deployment_seconds if seconds is None else seconds,
            database=database or kept.database,
        )

    def _forget_server(self) -> None:
        """Take its exit code if it has ended, or it stays as a zombie while this process lives."""
        if self._server is not None and self._server.poll() is not None:
            self._server = None

    def _spawn(self) -> None:
        self._forget_server()
        log = self.state.log
        log.touch(mode=0o600)
        begin = log.stat().st_size
        environment = {name: value for name, value in os.environ.items() if name not in SECRETS_OF_ENVIRONMENT}
        environment[DIRECTORY_VARIABLE] = str(self.state.root)
        with log.open("ab") as output:
            command = [sys.executable, "-m", "mirrors_sandbox.server"]
            process = spawn(command, environment=environment, directory=self.state.root, output=output)
        self._server = process
        write_record(self.state / "sandbox.pid", record(process.pid, "server"))
        ready = wait_until(lambda: process.poll() is not None or self._answers(), START_TIMEOUT)
        if ready and process.poll() is None:
            return
        self._stop()
        reason = "ended at once" if ready else f"did not answer within {START_TIMEOUT:.0f} seconds"
        raise SandboxError(f"the sandbox's server {reason}. The end of {log}:\n{_last_lines(log, begin)}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        try:
            connection.request("GET", "/apps/v3/")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _sites(self) -> list[SiteStatus]:
        running = [item for item in Ledger(self.state / "processes") if item.kind == "site" and item.alive]
        return sorted(
            map(_site_status, running),
            key=lambda site: (site.application, site.environment),
        )

    def _must_run(self) -> None:
        self.state.known_settings()
        if self.process is None:
            raise SandboxError("the sandbox does not run: start it with `mirrors sandbox start`")

    def _task(self, name: str, report: Report, /, **arguments: Any) -> None:
        """Run a task of ``mirrors_sandbox.tasks``; arguments go through a pipe, where no process list shows them."""
        with tempfile.TemporaryFile("w+") as problems:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "mirrors_sandbox.tasks", name],
                env={**os.environ, DIRECTORY_VARIABLE: str(self.state.root)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=problems,
                text=True,
            )
            _exchange(process, json.dumps(arguments), report)
            if process.returncode:
                problems.seek(0)
                lines = problems.read().strip().splitlines()
                raise SandboxError(lines[-1] if lines else f"the task {name} ended without a word")


def _exchange(process: "subprocess.Popen[str]", request: str, report: Report) -> None:
    with process:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process needs pipes")
        process.stdin.write(request)
        process.stdin.close()
        for line in process.stdout:
            report(line.rstrip("\n"))


def _site_status(recorded: Recorded) -> SiteStatus:
    application, _, environment = recorded.label.partition("/")
    return SiteStatus(application, environment, f"http://{LOOPBACK}:{recorded.port}/", recorded.pid)


def _default_runner() -> Runner:
    return "none" if os.environ.get("MIRRORS_SANDBOX_RUNNER") == "none" else "process"


def _last_lines(log: Path, begin: int) -> str:
    with log.open("rb") as stream:
        stream.seek(begin)
        lines = stream.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES:])
