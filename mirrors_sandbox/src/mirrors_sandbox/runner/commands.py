"""Release commands: one after another, in the release's directory, with the deployment's variables."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from mirrors_sandbox.models import Deployment
from mirrors_sandbox.process import spawn, wait_until
from mirrors_sandbox.process_records import ProcessRecords
from mirrors_sandbox.provision import ensure_port
from mirrors_sandbox.runner.progress import DeploymentFailed, Progress
from mirrors_sandbox.runner.variables import process_environment

__all__ = ["run_release_commands"]

TIME_LIMIT = 30 * 60.0  # seconds, as on Divio
POLL = 0.1  # seconds
CHUNK = 64 * 1024  # bytes


def run_release_commands(deployment: Deployment, records: ProcessRecords, progress: Progress) -> None:
    """Run the release commands, one after another.

    Raises:
        DeploymentFailed: a command failed or took too long.
    """
    application = deployment.environment.application
    commands = (application.original or application).release_commands
    for number, item in enumerate(commands):
        progress.step(f"release command {item['label']}", 20 + 40 * number // len(commands))
        with tempfile.TemporaryFile() as output:
            _run(item["command"], deployment, records, progress, output)


def _run(command: str, deployment: Deployment, records: ProcessRecords, progress: Progress, output: IO[bytes]) -> None:
    """Run one command; what it started itself and left behind is ended with it."""
    if deployment.release is None:
        raise DeploymentFailed("there is no release to run the commands of")
    process = spawn(
        ["/bin/sh", "-c", command],
        environment=process_environment(deployment, ensure_port(deployment.environment)),
        directory=Path(deployment.release.directory),
        output=output,
    )
    recorded = records.add(process.pid, "release command", str(deployment.environment))
    shown = _Shown(output, progress)

    def ended() -> bool:
        shown.more()
        return not recorded.alive

    try:
        in_time = wait_until(ended, TIME_LIMIT, poll=POLL)
    finally:
        code = _end(process)
        records.remove(recorded)
    shown.more(ended=True)
    if not in_time:
        raise DeploymentFailed(f"the command took longer than {TIME_LIMIT / 60:.0f} minutes")
    if code:
        raise DeploymentFailed(f"the command ended {f'with exit code {code}' if code > 0 else f'by signal {-code}'}")


def _end(process: "subprocess.Popen[bytes]") -> int:
    """End the whole group. Until its leader is waited for, which comes after, no other group can have its number."""
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


class _Shown:
    """Copies what a command writes to the log, as it comes.

    From a file: a process that keeps it open holds up no one.
    """

    def __init__(self, output: IO[bytes], progress: Progress) -> None:
        self.output = output
        self.progress = progress
        self.position = 0

    def more(self, *, ended: bool = False) -> None:
        """Show the lines that are complete, or all of them when nothing comes any more."""
        while chunk := os.pread(self.output.fileno(), CHUNK, self.position):
            lines = chunk if ended or len(chunk) == CHUNK else chunk[: chunk.rfind(b"\n") + 1]
            if not lines:
                return
            self.position += len(lines)
            self.progress.log(lines.decode(errors="replace"))
