"""The way to the official release: whether it is open is found out within a limit."""

import hashlib
import os
import shutil
import socket
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.unit.http_script import Reply, serve
from tests.unit.tools_support import Lines, layout, pulumi_in
from tools.pulumi_tools.layout import NAMES, Layout, UnavailableError
from tools.pulumi_tools.release import PROBE_SECONDS, Publisher, archive_name, install_release, probe

ROOT = Path(__file__).parents[2]
PINNED = layout(ROOT)[0].pinned


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


def packed_by_the_publisher(folder: Path, version: str) -> bytes:
    """Pack it as the publisher does: a folder ``pulumi`` with the tools."""
    pulumi_in(folder / "pulumi", version)
    with tarfile.open(folder / "archive", "w:gz") as tar:
        tar.add(folder / "pulumi", "pulumi")
    return (folder / "archive").read_bytes()


@contextmanager
def publishing(packed: bytes, listed: str) -> Iterator[Publisher]:
    version = PINNED
    with serve() as script:
        script.on("GET", f"/sdk/{archive_name(version)}", Reply(200, packed))
        script.on("GET", f"/download/v{version}/pulumi-{version}-checksums.txt", Reply(200, listed.encode()))
        yield Publisher(f"{script.url}/sdk", f"{script.url}/download")


def with_curl(tmp_path: Path) -> tuple[Layout, Lines]:
    place, said = layout(tmp_path / "checkout")
    place.module.mkdir(parents=True)
    shutil.copy(layout(ROOT)[0].module / "go.mod", place.module)
    return replace(place, environ={"PATH": os.environ["PATH"]}), said


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on PATH")
def test_a_release_with_the_checksum_that_is_listed_is_linked(tmp_path: Path) -> None:
    packed = packed_by_the_publisher(tmp_path, f"v{PINNED}")
    name, right = archive_name(PINNED), hashlib.sha256(packed).hexdigest()
    place, said = with_curl(tmp_path)
    with publishing(packed, f"{'0' * 64}  another.tar.gz\n{right}  {name}\n") as publisher:
        install_release(place, publisher)

    assert sorted(path.name for path in place.bin.iterdir()) == sorted(NAMES)
    assert said.lines[-1] == f"installed the release of Pulumi {PINNED}"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on PATH")
@pytest.mark.parametrize("listed", ["{wrong}  {name}\n", "{right}  another.tar.gz\n", "", "<html>"])
def test_a_release_without_that_checksum_is_not_unpacked(tmp_path: Path, listed: str) -> None:
    packed = packed_by_the_publisher(tmp_path, f"v{PINNED}")
    name, right = archive_name(PINNED), hashlib.sha256(packed).hexdigest()
    place, _ = with_curl(tmp_path)
    refused = pytest.raises(UnavailableError, match=rf"{name} does not have the checksum that \S+-checksums\.txt says")
    with publishing(packed, listed.format(wrong="0" * 64, right=right, name=name)) as publisher, refused:
        install_release(place, publisher)

    assert not place.bin.exists()
    assert not (place.checkout / ".tools" / "release").exists()
    assert list(place.scratch.iterdir()) == []


def test_archive_and_checksums_come_from_two_hosts() -> None:
    hosts = {urlsplit(address).hostname for address in (Publisher().archives, Publisher().checksums)}
    assert len(hosts) == 2
