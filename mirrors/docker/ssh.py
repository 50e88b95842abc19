"""A Docker host behind ``ssh://``: a local socket, each connection of which is an ``ssh`` of the user's own.

The client's own way needs a second implementation of SSH, with none of the user's configuration.
"""

import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

from mirrors.docker.errors import DockerError

REMOTE = "docker system dial-stdio"
"""What Docker's own command line runs there, and Pulumi's plugin."""

CONNECTS_WITHIN = 30
"""Seconds."""


@cache
def local_socket(host: str) -> str:
    """The address that stands for ``ssh://user@host:port``, as long as this process lives. Raises DockerError."""
    if shutil.which("ssh") is None:
        said = f"the Docker host {host} is reached with the command ssh, and there is none on the PATH"
        raise DockerError("ssh-missing", said)
    return Bridge(host).address


class Bridge:
    def __init__(self, host: str) -> None:
        self._command = command(host)
        self._folder = TemporaryDirectory(prefix="mirrors-ssh-")  # only this user may enter it
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
            with connection:  # ssh has it now, and ends with it
                self._running = [process for process in self._running if process.poll() is None]
                end = connection.fileno()
                self._running.append(subprocess.Popen(self._command, stdin=end, stdout=end))  # noqa: S603


def command(host: str) -> list[str]:
    """What reaches the engine there. Never asks for anything: nobody is there to answer a provider."""
    parts = urlsplit(host)
    user = ["-l", parts.username] if parts.username else []
    port = ["-p", str(parts.port)] if parts.port else []
    options = ["-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECTS_WITHIN}"]
    return ["ssh", *options, *user, *port, "--", parts.hostname or "", REMOTE]
