"""How a Docker host is reached: a socket, TLS with a certificate of one's own, and the user's own ssh."""

import json
import os
import sys
from pathlib import Path

import pytest

from mirrors.docker.host.client import connect_docker_host
from mirrors.docker.host.connection import DockerConnection, load_docker_connection
from mirrors.docker.host.ssh import local_socket, ssh_command
from mirrors.errors import MirrorsError
from tests.docker.certificates import as_configured, server_side
from tests.docker.host import container, docker_host

SSH = """#!{python}
import os, socket, sys, threading
with open({notes!r}, "a") as notes:
    notes.write(" ".join(sys.argv[1:]) + "\\n")
there = socket.create_connection(("127.0.0.1", {port}))
def up():
    while sent := os.read(0, 65536):
        there.sendall(sent)
    there.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while got := there.recv(65536):
    os.write(1, got)
"""


def test_a_host_behind_ssh_is_reached_with_the_users_own_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, program = tmp_path / "notes", tmp_path / "ssh"
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with docker_host([container("acme", {})]) as host:
        port = int(host.url.rpartition(":")[2])
        program.write_text(SSH.format(python=sys.executable, notes=str(notes), port=port), encoding="utf-8")
        program.chmod(0o755)
        engine = connect_docker_host(DockerConnection(host="ssh://deploy@docker.example.com:2222"))
        assert [item.name for item in engine.list_labelled({"mirrors.fleet": "acme"})] == ["acme.test.acme"]
        engine.client.close()
    said = notes.read_text(encoding="utf-8").splitlines()[0]
    assert said.endswith("-l deploy -p 2222 -- docker.example.com docker system dial-stdio")
    assert "BatchMode=yes" in said, "a provider can ask no one for a password"


def test_a_host_name_is_never_an_option_of_ssh() -> None:
    assert ssh_command("ssh://-oProxyCommand=x")[-3] == "--"


def test_without_ssh_that_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MirrorsError, match="needs the command ssh, which is not on the PATH"):
        local_socket("ssh://no-one@nowhere")


def connection(url: str, folder: Path, ca: str) -> DockerConnection:
    """Return the connection as a provider reads it from the configuration."""
    tls = json.dumps(as_configured(folder, ca))
    return load_docker_connection({"docker": json.dumps({"host": url}), "dockerTls": tls}, {})


def test_a_host_with_tls_is_shown_the_configured_certificate(certificates: Path) -> None:
    with docker_host([container("acme", {})], server_side(certificates)) as host:
        engine = connect_docker_host(connection(host.url, certificates, "ca.pem"))
        assert [item.name for item in engine.list_labelled({})] == ["acme.test.acme"]
        engine.client.close()


def test_a_host_with_another_authority_is_not_trusted(certificates: Path) -> None:
    with docker_host((), server_side(certificates)) as host, pytest.raises(MirrorsError, match="does not answer"):
        connect_docker_host(connection(host.url, certificates, "client.pem"))
