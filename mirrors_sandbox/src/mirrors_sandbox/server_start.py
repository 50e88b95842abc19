"""The start of a sandbox's server: decide its settings, spawn it, and wait until it answers."""

import fcntl
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mirrors_sandbox.databases import require_server
from mirrors_sandbox.ports import free_port, port_is_free
from mirrors_sandbox.process import record, spawn, wait_until
from mirrors_sandbox.process_records import write_record
from mirrors_sandbox.running import find_server
from mirrors_sandbox.state import DIRECTORY_VARIABLE, DatabaseKind, Runner, SandboxError, Settings, StateDirectory

__all__ = ["StartOptions", "answers", "prepare_start", "spawn_server", "start_error", "wait_for_answer"]

START_TIMEOUT = 300.0  # seconds: before it answers, every site that served before serves again
PORT_TIMEOUT = 3.0  # seconds
LOG_LINES = 15
SITE_PORTS = range(20000, 28000)  # where a sandbox's row of ports for sites may begin
SECRETS_OF_ENVIRONMENT = ("MIRRORS_SANDBOX_TOKEN", "DIVIO_API_TOKEN", "PULUMI_CONFIG_PASSPHRASE")


@dataclass(frozen=True)
class StartOptions:
    """The options of a start. None is the value of the last start."""

    runner: Runner | None = None
    port: int | None = None
    deployment_seconds: float | None = None
    database: DatabaseKind | None = None


@contextmanager
def prepare_start(state: StateDirectory, options: StartOptions) -> Iterator[bool]:
    """Keep other processes from starting the sandbox meanwhile.

    Yields:
        Whether to start it: its settings are decided and its port is free. False if it runs already.

    Raises:
        SandboxError: It runs with other options, or a port is taken.
    """
    state.prepare()
    with (state / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept, running = state.settings(), find_server(state) is not None
        wanted = _decide_settings(kept, options, running=running)
        if running:
            if wanted != kept:
                raise SandboxError(f"the sandbox runs already, with other options: stop it first ({state.url})")
            yield False
            return
        require_server(wanted)
        # A process that was killed holds its port until its last thread has gone.
        if not wait_until(lambda: port_is_free(wanted.port), timeout=PORT_TIMEOUT):
            raise SandboxError(f"port {wanted.port} is taken: end what listens there, or choose one with --port")
        state.save(wanted)
        yield True


def _decide_settings(kept: Settings | None, options: StartOptions, *, running: bool) -> Settings:
    if kept is None:
        kept = _make_settings(options)
    elif not running:
        _refuse_other_databases(kept, options)
    seconds = options.deployment_seconds
    return replace(
        kept,
        port=options.port or kept.port,
        runner=options.runner or kept.runner,
        deployment_seconds=kept.deployment_seconds if seconds is None else seconds,
        database=options.database or kept.database,
    )


def _make_settings(options: StartOptions) -> Settings:
    port = options.port or free_port()
    begin = free_port([port]) % len(SITE_PORTS) + SITE_PORTS.start
    runner: Runner = "none" if os.environ.get("MIRRORS_SANDBOX_RUNNER") == "none" else "process"
    return Settings(
        port=port,
        runner=options.runner or runner,
        site_ports_from=begin,
        database=options.database or "postgresql",
    )


def _refuse_other_databases(kept: Settings, options: StartOptions) -> None:
    chosen = (("--runner", options.runner, kept.runner), ("--database", options.database, kept.database))
    for option, now, before in chosen:
        if now not in (None, before):
            raise SandboxError(
                f"this sandbox was made with {option} {before}: its databases do not fit another one; "
                "start anew with `mirrors sandbox reset`"
            )


def spawn_server(state: StateDirectory) -> "subprocess.Popen[bytes]":
    """Start the server's process, which writes into the log, and record it."""
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS_OF_ENVIRONMENT}
    environment[DIRECTORY_VARIABLE] = str(state.root)
    with state.log.open("ab") as output:
        command = [sys.executable, "-m", "mirrors_sandbox.server"]
        process = spawn(command, environment=environment, directory=state.root, output=output)
    write_record(state / "sandbox.pid", record(process.pid, "server"))
    return process


def wait_for_answer(process: "subprocess.Popen[bytes]", url: str) -> str | None:
    """Wait until the server answers. Return why it does not: it ended, or its time is over. None if it answers."""
    ready = wait_until(lambda: process.poll() is not None or answers(url), START_TIMEOUT)
    if ready and process.poll() is None:
        return None
    return "ended at once" if ready else f"did not answer within {START_TIMEOUT:.0f} seconds"


def answers(url: str) -> bool:
    """Return whether an API answers at this address."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/apps/v3/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start_error(reason: str, log: Path, begin: int) -> SandboxError:
    """Return the error of a server that did not start, with the end of its log.

    Args:
        begin: The size of the log before the start.
    """
    with log.open("rb") as stream:
        stream.seek(begin)
        lines = stream.read().decode(errors="replace").splitlines()
    end = "\n".join(lines[-LOG_LINES:])
    return SandboxError(f"the sandbox's server {reason}. The end of {log}:\n{end}")
