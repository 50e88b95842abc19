"""Checkouts to try the tools in, and programs that stand in for those that this machine may not have."""

from dataclasses import dataclass, field
from pathlib import Path

from tools.pulumi_tools.layout import LANGUAGE_HOST, PULUMI, SCRIPTS, Layout, sdk_version


@dataclass
class Lines:
    """The lines that the tools printed."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def layout(checkout: Path, *path: Path, **environ: str) -> tuple[Layout, Lines]:
    """Return a layout whose PATH holds `path` only."""
    lines = Lines()
    return Layout(checkout, {"PATH": ":".join(map(str, path)), **environ}, lines), lines


def program(file: Path, *body: str) -> Path:
    """Return an executable shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["#!/bin/sh", *body, ""]))
    file.chmod(0o755)
    return file


def pulumi_in(folder: Path, version: str = "") -> Path:
    """Return a folder with the four tools; by default of the SDK's version."""
    program(folder / PULUMI, f"echo {version or f'v{sdk_version()}'}")
    for name in (LANGUAGE_HOST, *SCRIPTS):
        program(folder / name, "exit 0")
    return folder
