"""Route 3: built from Go modules, at the versions and checksums of ``tools/*/go.mod`` and ``go.sum``."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.pulumi_tools.inspection import output, verify
from tools.pulumi_tools.layout import (
    ENGINE_MODULE,
    LANGUAGE_HOST,
    NAMES,
    PULUMI,
    SCRIPTS,
    Layout,
    UnavailableError,
    put,
)
from tools.pulumi_tools.progress import Command, run

SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
VERSION_VARIABLE = f"{SDK_MODULE}/go/common/version.Version"
SCRIPT_FOLDERS = ("python/cmd", "python/dist")  # of the SDK's module
DOWNLOADING = "go: downloading "


@dataclass(frozen=True)
class Binary:
    """One binary: its folder below ``tools`` (and its name), its package, the module that gives its version."""

    name: str
    package: str
    module: str


BINARIES = (
    Binary(PULUMI, f"{ENGINE_MODULE}/cmd/pulumi", ENGINE_MODULE),
    Binary(LANGUAGE_HOST, f"{SDK_MODULE}/python/cmd/{LANGUAGE_HOST}", SDK_MODULE),
)


def build_modules(layout: Layout) -> None:
    """Build both binaries, copy both scripts, and put the four in place when all are there."""
    go = shutil.which("go", path=layout.environ.get("PATH"))
    if go is None:
        message = "no go on PATH"
        raise UnavailableError(message)
    layout.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layout.scratch) as scratch:
        build = Build(layout, Path(go), Path(scratch), time.monotonic())
        build.all()
        found = verify(layout, build.result)
        for name in NAMES:
            put(build.result / name, layout.bin / name)
    layout.say(f"built Pulumi {found} in {time.monotonic() - build.started:.0f} s")
    remove_own_caches(layout)


def remove_own_caches(layout: Layout) -> None:
    """Free the gigabytes that only the build needed; the user's own caches are not below ``.tools``."""
    shutil.rmtree(layout.checkout / ".tools" / "go", ignore_errors=True)


@dataclass(frozen=True)
class Build:
    """One run of the Go toolchain, with everything temporary below `scratch`; `started` is a monotonic time."""

    layout: Layout
    go: Path
    scratch: Path
    started: float

    @property
    def result(self) -> Path:
        """The folder for finished tools."""
        return self.scratch / "bin"

    def all(self) -> None:
        """Return both binaries and both scripts."""
        self.result.mkdir()
        for binary in BINARIES:
            self.binary(binary)
        sdk = self.module_value(PULUMI, SDK_MODULE, "{{.Dir}}")
        for name in SCRIPTS:
            copy_script(Path(sdk), name, self.result)

    def binary(self, binary: Binary) -> None:
        """Download what one binary needs, then compile it."""
        name = binary.name
        listing: list[str | Path] = [self.go, "list", "-mod=readonly", "-deps", binary.package]
        packages = self.run(name, listing, is_download, lambda n: f"{name}: {n} modules downloaded")
        version = self.module_value(name, binary.module, "{{.Version}}")
        total = len(packages)
        self.layout.say(f"{name} {version}: building {total} packages")
        flags = ["-mod=readonly", "-buildvcs=false", "-v", "-ldflags", f"-s -w -X {VERSION_VARIABLE}={version}"]
        build: list[str | Path] = [self.go, "build", *flags, "-o", self.result / name, binary.package]
        self.run(name, build, is_package, lambda n: f"{name}: {n} packages compiled, at most {total - n} to go")

    def run(
        self,
        name: str,
        arguments: list[str | Path],
        is_step: Callable[[str], bool],
        describe: Callable[[int], str],
    ) -> list[str]:
        """Run Go in the module called `name`."""
        command = Command(
            arguments,
            cwd=self.module_folder(name),
            environ=self.environ(),
            describe=lambda steps: f"{describe(steps)} ({time.monotonic() - self.started:.0f} s)",
            is_step=is_step,
        )
        return run(command, self.layout.say)

    def module_value(self, name: str, module: str, template: str) -> str:
        """Return one field of a module that the module called `name` requires."""
        arguments = ("list", "-C", str(self.module_folder(name)), "-mod=readonly", "-m", "-f", template, module)
        return output(self.go, *arguments, environ=self.environ()).strip()

    def module_folder(self, name: str) -> Path:
        """Return the folder of a ``go.mod``. Both engines have the same language host."""
        return self.layout.module if name == PULUMI else self.layout.checkout / "tools" / name

    def environ(self) -> dict[str, str]:
        """Go's environment: below ``.tools`` whatever the user has not put somewhere himself.

        ``XDG_CONFIG_HOME`` is where Go counts its own calls; the user's settings (``go env -w``) are read from where
        they are.
        """
        given = {name: value for name, value in self.layout.environ.items() if value}
        own = self.layout.checkout / ".tools" / "go"
        caches = {"GOPATH": str(own), "GOMODCACHE": str(own / "mod"), "GOCACHE": str(own / "cache")}
        settings = output(self.go, "env", "GOENV", environ=given).strip()
        fixed = {"GOTMPDIR": str(self.scratch), "GOWORK": "off"}
        moved = {"XDG_CONFIG_HOME": str(own / "config"), "GOENV": settings}
        if "GOMODCACHE" not in given:  # Go makes its module cache read-only, and `rm` stops at that
            moved["GOFLAGS"] = f"{given.get('GOFLAGS', '')} -modcacherw".strip()
        return {**caches, **given, **fixed, **moved}


def is_download(line: str) -> bool:
    """Return whether Go says that it fetches a module."""
    return line.startswith(DOWNLOADING)


def is_package(line: str) -> bool:
    """Return whether Go says that it compiles a package: with ``-v`` a line is the package's path and nothing else."""
    return " " not in line.strip() and "/" in line


def copy_script(sdk: Path, name: str, folder: Path) -> None:
    """Copy a script of the SDK's module, where files are read-only, as an executable."""
    found = [sdk / place / name for place in SCRIPT_FOLDERS if (sdk / place / name).is_file()]
    if not found:
        message = f"the module {SDK_MODULE} in {sdk} holds no {name}"
        raise UnavailableError(message)
    target = folder / name
    shutil.copyfile(found[0], target)
    target.chmod(0o755)
