"""The build from Go modules, with a stand-in for Go: what it is asked, what is left when it fails or is interrupted."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.tools_support import layout, program
from tools.pulumi_tools.layout import NAMES, SCRIPTS, UnavailableError, sdk_version
from tools.pulumi_tools.modules import build_modules

ROOT = Path(__file__).parents[2]
SDK = """
mkdir -p sdk/python/cmd sdk/python/dist
echo exec >sdk/python/cmd/pulumi-language-python-exec
echo plugin >sdk/python/dist/pulumi-resource-pulumi-python
chmod 0444 sdk/python/*/*
"""
VERSION = f"v{sdk_version()}"
# `go list -deps` prints what it downloads and packages, `go build -o FILE` makes a program that answers `version`.
GO = r"""
echo "$* in $(basename "$PWD"), $GOMODCACHE, $GOFLAGS" >>"$CALLS"
case "$*" in
    "env GOENV") echo /settings ;;
    build*)
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\necho @VERSION@\n' >"$2"; chmod 755 "$2" ;;
    *-deps*) echo "go: downloading one v1"; echo a/b; echo c/d ;;
    *Dir*) echo "$SDK" ;;
    *Version*) echo @VERSION@ ;;
esac
""".replace("@VERSION@", VERSION)


def building(command: str) -> str:
    """Return the stand-in, with another way to build."""
    return GO.replace("build*)", f"build*) {command} ;;\n    never)")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with a blank in its path, and beside it what the stand-in for Go needs."""
    shutil.copytree(ROOT / "tools", tmp_path / "check out" / "tools")
    subprocess.run(["/bin/sh", "-ec", SDK], cwd=tmp_path, check=True)
    return tmp_path / "check out"


def go(folder: Path, body: str) -> dict[str, str]:
    """Environment variables with a stand-in for Go first on PATH."""
    program(folder / "go-bin" / "go", body)
    return {"PATH": f"{folder / 'go-bin'}:/usr/bin:/bin", "CALLS": str(folder / "calls"), "SDK": str(folder / "sdk")}


def test_a_build_leaves_four_executables_and_no_cache(checkout: Path) -> None:
    environ = go(checkout.parent, GO)
    place, said = layout(checkout, **environ)
    build_modules(place)
    assert sorted(file.name for file in place.bin.iterdir()) == sorted(NAMES)
    assert all(os.access(file, os.X_OK) for file in place.bin.iterdir())
    assert all(stat.S_IMODE((place.bin / name).stat().st_mode) == 0o755 for name in SCRIPTS)
    assert [file.name for file in place.scratch.iterdir()] == []
    assert f"pulumi {VERSION}: building 2 packages" in said.lines
    calls = (checkout.parent / "calls").read_text()
    assert f"in pulumi-language-python, {checkout}/.tools/go/mod, -modcacherw" in calls


def test_caches_that_the_user_has_chosen_are_kept(checkout: Path) -> None:
    environ = {**go(checkout.parent, GO), "GOMODCACHE": "/my/modules", "GOFLAGS": "-v"}
    build_modules(layout(checkout, **environ)[0])
    calls = (checkout.parent / "calls").read_text().splitlines()
    assert all(", /my/modules, -v" in call for call in calls)
    assert not any("modcacherw" in call for call in calls)


def test_a_build_never_changes_the_pinned_modules(checkout: Path) -> None:
    build_modules(layout(checkout, **go(checkout.parent, GO))[0])
    calls = (checkout.parent / "calls").read_text().splitlines()
    assert all("-mod=readonly" in call for call in calls if not call.startswith("env"))


def test_a_build_that_fails_leaves_nothing_and_shows_why(checkout: Path) -> None:
    place, _ = layout(checkout, **go(checkout.parent, building("echo no space left; exit 1")))
    with pytest.raises(UnavailableError, match="no space left"):
        build_modules(place)
    assert not place.bin.exists()
    assert list(place.scratch.iterdir()) == []


def test_an_interrupted_build_leaves_nothing_half_made(checkout: Path) -> None:
    environ = go(checkout.parent, building("sleep 600"))
    environ["PATH"] = str(no_way_out(checkout.parent / "go-bin"))
    command = [sys.executable, "-u", "-m", "tools.pulumi_tools"]
    with subprocess.Popen(command, cwd=checkout, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("building" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "interrupted" in rest
    assert not (checkout / ".tools" / "bin").exists()
    assert list((checkout / ".tools" / "tmp").iterdir()) == []


def no_way_out(folder: Path) -> Path:
    """Return a PATH with what the stand-in needs and no curl, so that nothing can be downloaded."""
    for name in ("basename", "chmod", "sleep"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder
