"""The server of one sandbox, from outside: start it, look at it, stop it, remove it."""

import shutil
import subprocess
from pathlib import Path

from mirrors_sandbox.databases import databases
from mirrors_sandbox.process import Recorded, end
from mirrors_sandbox.process_records import ProcessRecords
from mirrors_sandbox.running import Login, SandboxStatus, find_server, list_logins, read_status
from mirrors_sandbox.server_start import (
    StartOptions,
    answers,
    prepare_start,
    spawn_server,
    start_error,
    wait_for_answer,
)
from mirrors_sandbox.state import DatabaseKind, Runner, SandboxError, StateDirectory

__all__ = ["ServerControl"]

STOP_TIMEOUT = 60.0  # seconds


class ServerControl:
    """The server of one state directory: the given one, ``MIRRORS_SANDBOX_DIR``, or ``.state/sandbox``."""

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
        return find_server(self.state)

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
        with prepare_start(self.state, StartOptions(runner, port, deployment_seconds, database)) as fresh:
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
        with prepare_start(self.state, StartOptions(runner, port, deployment_seconds, database)) as fresh:
            if not fresh:
                raise SandboxError(f"the sandbox runs already in the background, on {self.url}")
        from mirrors_sandbox.server import serve

        serve(self.state)

    def stop(self) -> list[str]:
        """End sites, server and databases, also what a crash left; returns what was ended, in words.

        Raises:
            SandboxError: a server answers that is in no record: nothing was ended, and the records stay.
        """
        if (self.state / "url").exists() and self.process is None and answers(self.url):
            raise SandboxError(
                f"something answers on {self.url}, and it is not the process that was recorded: find out what it is"
                " and end it, then do this again"
            )
        return self._stop()

    def _stop(self) -> list[str]:
        if not self.state.exists:
            return []
        records, servers = ProcessRecords(self.state / "processes"), databases(self.state)
        sites = [item for item in records if item.alive]
        server, database = self.process, servers.running
        if server is not None:
            end([server], timeout=STOP_TIMEOUT)
        self._forget_server()
        records.end(list(records))
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

    def status(self) -> SandboxStatus:
        """Return what runs, and where.

        Raises:
            SandboxError: it was never started.
        """
        return read_status(self.state)

    def logins(self) -> list[Login]:
        """To the control panel and the seeded sites, passwords in clear.

        Raises:
            SandboxError: it was never started.
        """
        return list_logins(self.state)

    def _forget_server(self) -> None:
        """Take its exit code if it has ended, or it stays as a zombie while this process lives."""
        if self._server is not None and self._server.poll() is not None:
            self._server = None

    def _spawn(self) -> None:
        self._forget_server()
        self.state.log.touch(mode=0o600)
        begin = self.state.log.stat().st_size
        self._server = spawn_server(self.state)
        if reason := wait_for_answer(self._server, self.url):
            self._stop()
            raise start_error(reason, self.state.log, begin)
