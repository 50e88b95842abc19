"""Find a Docker engine, or start one that belongs to this checkout alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tools.debian import InstallError, find_program, install
from tools.docker_engine.layout import Layout, UnavailableError, say

LOCAL = "unix:///var/run/docker.sock"
DEBIAN = ("docker.io", "iptables", "debootstrap")
STARTS_WITHIN = 60.0
"""Seconds."""


def start(layout: Layout) -> str:
    """Return the address of an engine: one that is there, or one that this starts.

    Raises:
        UnavailableError: there is none.
    """
    for host in (layout.host, os.environ.get("DOCKER_HOST"), LOCAL):
        if host and answers(host):
            _remember(layout, host)
            return host
    if os.geteuid() != 0:
        raise UnavailableError("no Docker engine answers, and only root can start one")
    _install()
    return _started(layout)


def stop(layout: Layout) -> None:
    """End the engine that was started here, with its containers. Leave one alone that was there before."""
    if layout.pid_file.is_file():
        pid = int(layout.pid_file.read_text(encoding="utf-8"))
        if _is_ours(pid, layout):
            _end(pid)
        layout.pid_file.unlink()
    layout.host_file.unlink(missing_ok=True)


def answers(host: str) -> bool:
    if shutil.which("docker") is None:
        return False
    asked = ["docker", "--host", host, "version", "--format", "{{.Server.Version}}"]
    with suppress(subprocess.TimeoutExpired):
        return subprocess.run(asked, capture_output=True, timeout=20, check=False).returncode == 0
    return False


def _install() -> None:
    missing = [name for name in ("dockerd", "iptables", "debootstrap") if find_program(name) is None]
    if not missing:
        return
    say(f"installing {', '.join(DEBIAN)}")
    try:
        install(DEBIAN)
    except InstallError as error:
        raise UnavailableError(f"no Docker engine answers: {error}") from error


def _started(layout: Layout) -> str:
    """Start an engine. Its data is the checkout's; a socket's path may have 107 characters, so it is a short one."""
    layout.state.mkdir(parents=True, exist_ok=True)
    run = Path(tempfile.mkdtemp(prefix="mirrors-docker-"))
    host = f"unix://{run}/docker.sock"
    arguments = ["dockerd", "--host", host, "--data-root", str(layout.state / "data"), "--exec-root", str(run / "exec")]
    with (layout.state / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*arguments, "--pidfile", str(run / "pid")],
            env={**os.environ, "PATH": _path()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    layout.pid_file.write_text(str(process.pid), encoding="utf-8")
    deadline = time.monotonic() + STARTS_WITHIN
    while not answers(host):
        if process.poll() is not None or time.monotonic() >= deadline:
            stop(layout)
            raise UnavailableError(f"dockerd does not start here, see {layout.state / 'log'}")
        time.sleep(0.2)
    _remember(layout, host)
    return host


def _path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _remember(layout: Layout, host: str) -> None:
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.host_file.write_text(f"{host}\n", encoding="utf-8")


def _is_ours(pid: int, layout: Layout) -> bool:
    """Return whether a process is the dockerd with this checkout's data. The system gives an id again after a while."""
    with suppress(OSError):
        return str(layout.state / "data") in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    return False


def _end(pid: int) -> None:
    """End a dockerd. It ends its containers first, each of which has ten seconds."""
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STARTS_WITHIN
    while Path(f"/proc/{pid}").is_dir() and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.1)
