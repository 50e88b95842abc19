"""The folders of the tools, the versions that fit, and the error of a route that is not possible."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from semver import Version

PULUMI = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
SCRIPTS = ("pulumi-language-python-exec", "pulumi-resource-pulumi-python")
NAMES = (LANGUAGE_HOST, *SCRIPTS, PULUMI)  # `pulumi` is put in place last: where it is, the others are

ENGINE_MODULE = "github.com/pulumi/pulumi/pkg/v3"

Say = Callable[[str], None]


class UnavailableError(Exception):
    """A route that cannot be taken here; its text completes the sentence "route: …"."""


@dataclass(frozen=True)
class Layout:
    """A checkout, the user's environment variables and a place for progress lines.

    With `oldest` it is about the oldest Pulumi that Mirrors supports. Only the tests use that one.
    """

    checkout: Path
    environ: Mapping[str, str]
    say: Say
    oldest: bool = False

    @property
    def home(self) -> Path:
        """The folder of the tools, and of a release that was downloaded."""
        return self.checkout / ".tools" / ("oldest" if self.oldest else "")

    @property
    def bin(self) -> Path:
        """The folder that the tools end up in."""
        return self.home / "bin"

    @property
    def module(self) -> Path:
        """The folder with the ``go.mod`` that pins the engine."""
        return self.checkout / "tools" / ("pulumi-oldest" if self.oldest else PULUMI)

    @property
    def pinned(self) -> Version:
        """The version of the engine that ``go.mod`` pins."""
        text = (self.module / "go.mod").read_text(encoding="utf-8")
        return Version.parse(re.findall(rf"^\s*{ENGINE_MODULE} v(\S+)", text, re.MULTILINE)[0])

    @property
    def wanted(self) -> str:
        """The versions that fit: those for the installed SDK. The oldest Pulumi has only one."""
        return f"=={self.pinned}" if self.oldest else f">={sdk_version()},<{sdk_version().bump_major()}"

    def accepts(self, found: Version) -> bool:
        """Return whether a CLI of this version fits."""
        return found == self.pinned if self.oldest else suitable(found, sdk_version())

    @property
    def scratch(self) -> Path:
        """For files that live as long as one run; on the file system of `bin`, so that a rename is atomic."""
        return self.checkout / ".tools" / "tmp"

    def tool_environ(self) -> dict[str, str]:
        """Return the environment to run `pulumi` in: no look for updates, and a home inside the checkout."""
        home = self.checkout / ".state" / "pulumi-home"
        return {**self.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(home)}


def sdk_version() -> Version:
    """Return the version of the installed Python SDK, which is the one in ``requirements.lock``."""
    return Version.parse(version("pulumi"))


def suitable(found: Version, sdk: Version) -> bool:
    """Return whether a CLI fits the SDK: as new as the SDK, of the same major version.

    Within a major version the engine goes on speaking to older SDKs; an older engine may lack what a
    newer SDK asks for.
    """
    return sdk <= found < sdk.bump_major()


def put(source: Path, target: Path) -> None:
    """Move a finished file into place; another process sees the old file or the new one, never a part."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def link_all(layout: Layout, folder: Path) -> None:
    """Link the four tools of `folder` into `layout.bin`."""
    layout.scratch.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        link = layout.scratch / f"{name}.{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(folder / name)
        put(link, layout.bin / name)
