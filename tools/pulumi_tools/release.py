"""Route 2: the official release, whose archive has the checksum that its publisher names in another place."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from semver import Version

from tools.pulumi_tools.inspection import last_line, verify
from tools.pulumi_tools.layout import Layout, UnavailableError, link_all
from tools.pulumi_tools.progress import Command, run

SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
PROBE_SECONDS = 10.0
INSTALL_SECONDS = 600.0

# In a process of its own: a name that does not resolve may block for longer than any time-out of a socket.
PROBE = """
import sys, urllib.request
try:
    urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[2])).close()
except (OSError, ValueError) as error:
    sys.exit(f"{error}")
"""


@dataclass(frozen=True)
class Publisher:
    """Archives and checksums come from two hosts, so that a change of one does not change the other."""

    archives: str = "https://get.pulumi.com/releases/sdk"
    checksums: str = "https://github.com/pulumi/pulumi/releases/download"

    def archive(self, version: Version) -> str:
        return f"{self.archives}/{archive_name(version)}"

    def list_of_checksums(self, version: Version) -> str:
        return f"{self.checksums}/v{version}/pulumi-{version}-checksums.txt"


PUBLISHER = Publisher()


def archive_name(version: Version) -> str:
    """Return the archive's name for this machine.

    Raises:
        UnavailableError: no archive is published for it.
    """
    system, machine = SYSTEMS.get(platform.system()), MACHINES.get(platform.machine().lower())
    if system is None or machine is None:
        message = f"no release is published for {platform.system()} on {platform.machine()}"
        raise UnavailableError(message)
    return f"pulumi-v{version}-{system}-{machine}.tar.gz"


def install_release(layout: Layout, publisher: Publisher = PUBLISHER) -> None:
    """Download the release of the pinned version into ``.tools/release`` and link its tools."""
    if shutil.which("curl", path=layout.environ.get("PATH")) is None:
        message = "the installer needs curl, which is not on PATH"
        raise UnavailableError(message)
    version, folder = layout.pinned, layout.home / "release"
    probe(publisher.list_of_checksums(version))
    layout.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layout.scratch) as scratch:
        unpacked = unpack(download(layout, publisher, version, Path(scratch)))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        unpacked.rename(folder / "bin")
    found = verify(layout, folder / "bin")
    link_all(layout, folder / "bin")
    layout.say(f"installed the release of Pulumi {found}")


def download(layout: Layout, publisher: Publisher, version: Version, scratch: Path) -> Path:
    """Download the archive. Run nothing of it.

    Raises:
        UnavailableError: it has another checksum than the list.
    """
    layout.say(f"downloading the release of Pulumi {version}")
    archive = fetch(layout, publisher.archive(version), scratch)
    listed = fetch(layout, publisher.list_of_checksums(version), scratch)
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != checksum(listed.read_text(encoding="utf-8", errors="replace"), archive.name):
        message = f"{archive.name} does not have the checksum that {publisher.list_of_checksums(version)} says"
        raise UnavailableError(message)
    return archive


def checksum(listed: str, name: str) -> str | None:
    """Return the checksum of a file in a list as ``sha256sum`` writes it: ``<hexadecimal>  <name>``, a line each."""
    lines = (line.split() for line in listed.splitlines())
    return next((parts[0].lower() for parts in lines if len(parts) == 2 and parts[1].lstrip("*") == name), None)


def fetch(layout: Layout, address: str, scratch: Path) -> Path:
    file = scratch / address.rpartition("/")[2]
    arguments = ["curl", "--fail", "--location", "--proto-redir", "=https", "--silent", "--show-error"]
    arguments += ["--connect-timeout", f"{PROBE_SECONDS:g}"]
    command = Command(
        [*arguments, "--output", file, address],
        cwd=scratch,
        environ=layout.tool_environ(),
        describe=lambda _steps: "downloading",
        limit=INSTALL_SECONDS,
    )
    run(command, layout.say)
    return file


def unpack(archive: Path) -> Path:
    """Return the folder with the tools. Nothing of the archive lands outside its own folder (PEP 706)."""
    folder = archive.parent / "unpacked"
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        message = f"{archive.name} cannot be unpacked: {error}"
        raise UnavailableError(message) from None
    return folder / "pulumi"


def probe(address: str, limit: float = PROBE_SECONDS) -> None:
    """Raise `UnavailableError` unless `address` answers within `limit` seconds."""
    arguments = [sys.executable, "-c", PROBE, address, str(limit)]
    try:
        subprocess.run(arguments, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        message = f"{address} did not answer within {limit:g} s"
        raise UnavailableError(message) from None
    except subprocess.CalledProcessError as error:
        message = f"{address} cannot be reached: {last_line(error.stderr)}"
        raise UnavailableError(message) from None
