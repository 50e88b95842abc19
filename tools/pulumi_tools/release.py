"""Route 2: the official release, by the installer that comes with the Python SDK."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.pulumi_tools.inspection import last_line, verify
from tools.pulumi_tools.layout import Layout, UnavailableError, link_all, sdk_version
from tools.pulumi_tools.progress import Command, run

INSTALLER = "https://get.pulumi.com/install.sh"  # what PulumiCommand.install downloads first
PROBE_SECONDS = 10.0
INSTALL_SECONDS = 600.0

# Both run in processes of their own: a name that does not resolve may block for longer than any time-out of a socket.
PROBE = """
import sys, urllib.request
try:
    urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[2])).close()
except (OSError, ValueError) as error:
    sys.exit(f"{error}")
"""
INSTALL = """
import subprocess, sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
try:
    PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
except subprocess.CalledProcessError as error:
    sys.exit(error.output.decode(errors="replace"))
except OSError as error:
    sys.exit(f"{error}")
"""


def install_release(layout: Layout) -> None:
    """Downloads the release of the SDK's version into ``.tools/release`` and links its tools."""
    if shutil.which("curl", path=layout.environ.get("PATH")) is None:
        message = "the installer needs curl, which is not on PATH"
        raise UnavailableError(message)
    probe(INSTALLER)
    folder = layout.checkout / ".tools" / "release"
    layout.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layout.scratch) as scratch:
        download(layout, Path(scratch))
        shutil.rmtree(folder, ignore_errors=True)
        (Path(scratch) / "release").rename(folder)
    found = verify(layout, folder / "bin")
    link_all(layout, folder / "bin")
    layout.say(f"installed the release of Pulumi {found}")


def download(layout: Layout, scratch: Path) -> None:
    """Runs the installer, whose temporary files stay in `scratch` too."""
    version = sdk_version()
    layout.say(f"downloading the release of Pulumi {version}")
    command = Command(
        [sys.executable, "-c", INSTALL, scratch / "release", str(version)],
        cwd=scratch,
        environ={**layout.tool_environ(), "TMPDIR": str(scratch)},
        describe=lambda _steps: "downloading",
        limit=INSTALL_SECONDS,
    )
    run(command, layout.say)


def probe(address: str, limit: float = PROBE_SECONDS) -> None:
    """Raises `UnavailableError` unless `address` answers within `limit` seconds."""
    arguments = [sys.executable, "-c", PROBE, address, str(limit)]
    try:
        subprocess.run(arguments, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        message = f"{address} did not answer within {limit:g} s"
        raise UnavailableError(message) from None
    except subprocess.CalledProcessError as error:
        message = f"{address} cannot be reached: {last_line(error.stderr)}"
        raise UnavailableError(message) from None
