"""The Docker engine that ``make engine`` has found or started. Without one, the tests that need it say so."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.docker.certificates import make_certificates
from tools.docker_engine.engine import answers
from tools.docker_engine.layout import Layout

NONE = "no Docker engine: make engine starts one as root, with apt-get, or uses the one of DOCKER_HOST"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with those of ``make_certificates``."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture(scope="session")
def engine() -> str:
    """Return its address, as in ``DOCKER_HOST``; the images are there, too."""
    host = Layout.of().host
    if host is None or not answers(host):
        pytest.skip(NONE)
    return host


@pytest.fixture(scope="module")
def client(engine: str) -> Iterator[docker.DockerClient]:
    found = docker.DockerClient(base_url=engine)
    yield found
    found.close()
