"""A Docker host behind ``ssh://``: a local socket. Each connection to it starts the user's own ``ssh`` command.

The Docker client's own way needs a second implementation of SSH, which ignores the user's configuration.
"""

import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

from mirrors.docker.host.failures import docker_host_error

REMOTE_COMMAND = "docker system dial-stdio"
"""The command on the host. Docker's own command line and Pulumi's Docker provider run it too."""

CONNECT_TIMEOUT = 30
"""Seconds."""


@cache
def local_socket(host: str) -> str:
    """Return an address that leads to ``ssh://user@host:port`` as long as this process lives. Raises MirrorsError."""
    if shutil.which("ssh") is None:
        said = f"the Docker host {host} needs the command ssh, which is not on the PATH"
        raise docker_host_error("ssh-missing", said)
    return SshBridge(host).address


class SshBridge:
    """A local socket that leads to one host."""

    def __init__(self, host: str) -> None:
        self._command = ssh_command(host)
        self._folder = TemporaryDirectory(prefix="mirrors-ssh-")  # only this user may enter
        place = Path(self._folder.name) / "docker.sock"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(place))
        self._listener.listen()
        self._running: list[subprocess.Popen[bytes]] = []
        self.address = f"unix://{place}"
        Thread(target=self._serve, daemon=True, name="docker-ssh").start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:  # ssh has a copy, and ends when the client closes its end
                self._running = [process for process in self._running if process.poll() is None]
                end = connection.fileno()
                self._running.append(subprocess.Popen(self._command, stdin=end, stdout=end))  # noqa: S603


def ssh_command(host: str) -> list[str]:
    """Return the command that reaches the host. It asks no question, because a provider has no terminal."""
    parts = urlsplit(host)
    user = ["-l", parts.username] if parts.username else []
    port = ["-p", str(parts.port)] if parts.port else []
    options = ["-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_TIMEOUT}"]
    return ["ssh", *options, *user, *port, "--", parts.hostname or "", REMOTE_COMMAND]
