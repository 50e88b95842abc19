"""Release commands: one after another, in the release's directory, with the deployment's variables."""

import subprocess
from pathlib import Path
from threading import Event, Timer
from time import monotonic
from typing import IO

from mirrors.sandbox.models import Deployment
from mirrors.sandbox.process import Ledger, Recorded, end, spawn
from mirrors.sandbox.provision import ensure_port
from mirrors.sandbox.runner.progress import DeploymentFailed, Progress
from mirrors.sandbox.runner.variables import process_environment

__all__ = ["run_release_commands"]

TIME_LIMIT = 30 * 60.0  # seconds, as on Divio
SHOW_EVERY = 0.5  # seconds


def run_release_commands(deployment: Deployment, ledger: Ledger, progress: Progress) -> None:
    """:raises DeploymentFailed: a command failed or took too long"""
    application = deployment.environment.application
    commands = (application.original or application).release_commands
    for number, item in enumerate(commands):
        progress.step(f"release command {item['label']}", 20 + 40 * number // len(commands))
        _run(item["command"], deployment, ledger, progress)


def _run(command: str, deployment: Deployment, ledger: Ledger, progress: Progress) -> None:
    if deployment.release is None:
        raise DeploymentFailed("there is no release to run the commands of")
    process = spawn(
        ["/bin/sh", "-c", command],
        environment=process_environment(deployment, ensure_port(deployment.environment)),
        directory=Path(deployment.release.directory),
        output=subprocess.PIPE,
    )
    recorded = ledger.add(process.pid, "release command", str(deployment.environment))
    late = Event()
    limit = Timer(TIME_LIMIT, _expire, [recorded, late])
    limit.start()
    try:
        if process.stdout is not None:
            _show(process.stdout, progress)
        code = process.wait()
    finally:
        limit.cancel()
        _clean_up(process, recorded, ledger)
    if late.is_set():
        raise DeploymentFailed(f"the command took longer than {TIME_LIMIT / 60:.0f} minutes")
    if code:
        raise DeploymentFailed(f"the command ended with exit code {code}")


def _expire(recorded: Recorded, late: Event) -> None:
    late.set()
    end([recorded])


def _clean_up(process: "subprocess.Popen[bytes]", recorded: Recorded, ledger: Ledger) -> None:
    ledger.end([recorded])
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _show(output: IO[bytes], progress: Progress) -> None:
    """Copy lines to the log a few at a time: each write waits for its turn at the database."""
    lines: list[str] = []
    shown = monotonic()
    for line in output:
        lines.append(line.decode(errors="replace"))
        if monotonic() - shown > SHOW_EVERY:
            progress.log("".join(lines))
            lines, shown = [], monotonic()
    if lines:
        progress.log("".join(lines))
