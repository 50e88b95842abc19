"""The way to the official release: whether it is open is found out within a limit."""

import socket
from pathlib import Path

import pytest

from tests.unit.http_script import Reply, serve
from tests.unit.tools_support import layout
from tools.pulumi_tools.layout import UnavailableError
from tools.pulumi_tools.release import PROBE_SECONDS, install_release, probe


def test_an_address_that_answers_is_an_open_way() -> None:
    with serve() as script:
        script.on("GET", "/install.sh", Reply(200, "#!/bin/sh"))
        probe(f"{script.url}/install.sh")
        assert script.calls() == ["GET /install.sh"]


def test_an_address_that_refuses_is_no_way() -> None:
    with serve() as script:
        script.on("GET", "/install.sh", Reply(403))
        with pytest.raises(UnavailableError, match=r"/install.sh cannot be reached: .*403"):
            probe(f"{script.url}/install.sh")


def test_an_address_that_accepts_and_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(UnavailableError, match=r"did not answer within 0\.2 s"):
            probe(address, limit=0.2)


def test_the_limit_leaves_the_whole_route_within_a_quarter_of_a_minute() -> None:
    assert PROBE_SECONDS < 15


def test_without_curl_the_installer_is_not_started(tmp_path: Path) -> None:
    place, said = layout(tmp_path)
    with pytest.raises(UnavailableError, match="curl"):
        install_release(place)
    assert said.lines == []
    assert list(tmp_path.iterdir()) == []
