"""Site processes: the ``web`` line of a release's Procfile, on the environment's own port.

Two processes cannot listen on one port, and the address of a site must not change. So where a site serves already, the
new process first proves itself on a free port, while the old one goes on serving. Once it is healthy, both stop, and
the new one starts on the site's own port. For the time of one start no process answers there. If it then fails after
all, the old one is started again. If nothing serves, the new process starts on the site's own port at once.
"""

import http.client
import subprocess
import threading
from collections import defaultdict
from pathlib import Path

from django.conf import settings

from mirrors_sandbox.models import Deployment, SiteProcess
from mirrors_sandbox.ports import LOOPBACK, free_port, port_is_free
from mirrors_sandbox.process import Recorded, spawn, wait_until
from mirrors_sandbox.process_records import ProcessRecords
from mirrors_sandbox.provision import ensure_port
from mirrors_sandbox.runner.progress import DeploymentFailed, Progress
from mirrors_sandbox.runner.variables import process_environment
from mirrors_sandbox.site_logs import file_of

__all__ = ["SITE", "reap", "recorded_of", "serve", "switch", "turn"]

SITE = "site"
ANSWER_TIMEOUT = 20.0  # seconds for one answer, as on Divio
HEALTHY_WITHIN = 60.0  # seconds, as on Divio
POLL = 0.1  # seconds
SHOWN_OF_LOG = 4000  # bytes of a site's output, in the log of the deployment that failed
LOWEST_UNHEALTHY = 501  # 500 counts as healthy on Divio: the server answers


_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def turn(environment: str) -> threading.Lock:
    """Lock around a replacement, a restart or an end of this environment's process: one at a time."""
    return _turns[environment]


def switch(deployment: Deployment, records: ProcessRecords, progress: Progress) -> None:
    """Let the deployment serve its environment in place of the one before.

    Raises:
        DeploymentFailed: it is not healthy; what served before serves on.
    """
    environment = deployment.environment
    port = ensure_port(environment)
    before = SiteProcess.objects.filter(environment=environment).select_related("deployment__release").first()
    old = recorded_of(before) if before else None
    if before is None or old is None or not old.alive:
        serve(deployment, port, records, progress)
        return
    records.end([_start_healthy(deployment, free_port([port]), records, progress)])
    records.end([old])
    reap()
    try:
        serve(deployment, port, records, progress)
    except DeploymentFailed:
        _serve_again(before.deployment, port, records, progress)
        raise


def _serve_again(deployment: Deployment, port: int, records: ProcessRecords, progress: Progress) -> None:
    try:
        serve(deployment, port, records, progress)
    except DeploymentFailed as error:
        progress.log(f"and the deployment before it does not start again: {error}")


def serve(deployment: Deployment, port: int, records: ProcessRecords, progress: Progress) -> None:
    """Start the site of a deployment on its port, and remember that it serves.

    Raises:
        DeploymentFailed: the port is taken, or the site is not healthy.
    """
    started = _start_healthy(deployment, port, records, progress)
    SiteProcess.objects.update_or_create(
        environment=deployment.environment,
        defaults={"deployment": deployment, "pid": started.pid, "process_started": started.started},
    )


def recorded_of(process: SiteProcess) -> Recorded | None:
    """The process that was started last for this site; None if there was none."""
    if process.pid is None or process.process_started is None:
        return None
    return Recorded(process.pid, process.process_started)


def _start_healthy(deployment: Deployment, port: int, records: ProcessRecords, progress: Progress) -> Recorded:
    """A process that answered well; one that does not is ended."""
    if not wait_until(lambda: port_is_free(port), timeout=5.0):
        raise DeploymentFailed(f"port {port} is taken by a process that is not the sandbox's: end it")
    log = file_of(Path(settings.SANDBOX_DIR), str(deployment.environment))
    log.touch(mode=0o600)
    begin = log.stat().st_size
    process = _start(deployment, port, log)
    recorded = records.add(process.pid, SITE, str(deployment.environment), port)
    problem = _problem(process, port)
    if problem is None:
        _children[process.pid] = process
        return recorded
    records.end([recorded])
    process.wait()
    progress.log(_tail(log, begin))
    raise DeploymentFailed(problem)


# A process that no parent waits for stays as a zombie. So they are kept, and asked now and then.
_children: dict[int, "subprocess.Popen[bytes]"] = {}


def reap() -> None:
    """Take the exit codes of site processes that have ended."""
    for pid, child in list(_children.items()):
        if child.poll() is not None:
            _children.pop(pid, None)


def _start(deployment: Deployment, port: int, log: Path) -> "subprocess.Popen[bytes]":
    reap()
    if deployment.release is None:
        raise DeploymentFailed("there is no release to run")
    directory = Path(deployment.release.directory)
    command = ["/bin/sh", "-c", f"exec {_web_command(directory)}"]
    with log.open("ab") as output:
        try:
            environment = process_environment(deployment, port)
            return spawn(command, environment=environment, directory=directory, output=output)
        except OSError as error:
            raise DeploymentFailed(f"the release cannot be run: {error.strerror}") from error
        except ValueError as error:  # never shown: it would hold a name or value as the user wrote it
            raise DeploymentFailed("a variable's name or value cannot be given to a process") from error


def _web_command(directory: Path) -> str:
    procfile = directory / "Procfile"
    lines = procfile.read_text(encoding="utf-8").splitlines() if procfile.exists() else []
    for line in lines:
        name, colon, command = line.partition(":")
        if colon and name.strip() == "web" and command.strip():
            return command.strip()
    raise DeploymentFailed("the release has no Procfile with a line `web: COMMAND`")


def _problem(process: "subprocess.Popen[bytes]", port: int) -> str | None:
    """Wait for the first answer. Return a complaint in a few words; None for a good answer."""
    statuses: list[int] = []

    def answered() -> bool:
        if process.poll() is not None:
            return True
        status = _status(port)
        if status is not None:
            statuses.append(status)
        return bool(statuses)

    if not wait_until(answered, HEALTHY_WITHIN, poll=POLL):
        return f"the site did not answer within {HEALTHY_WITHIN:.0f} seconds"
    if process.poll() is not None:
        return f"the site's process ended with exit code {process.returncode}"
    return f"the site answered {statuses[0]}" if statuses[0] >= LOWEST_UNHEALTHY else None


def _status(port: int) -> int | None:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_TIMEOUT)
    try:
        connection.request("GET", "/", headers={"User-Agent": "sandbox health check"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _tail(log: Path, begin: int) -> str:
    with log.open("rb") as stream:
        stream.seek(max(begin, log.stat().st_size - SHOWN_OF_LOG))
        return stream.read().decode(errors="replace")
