"""Find an empty file in a backend of files, as a kill leaves it. No command gets past it.

The engine writes a stack's state and the ``.attrs`` beside it one after the other. A kill in between may leave one of
them empty. Each command on the stack, and ``pulumi stack ls`` in its project, then ends with ``EOF`` or ``unexpected
end of JSON input``. The project's other stacks still work. Seen with CLI 3.259.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mirrors.problems import Problem
from mirrors.problems.findings import Finding, problem

ATTRIBUTES = ".attrs"
COPIES = (".bak", f".bak{ATTRIBUTES}")
"""Endings of the copy of the state before the last write. The engine reads none of them by itself."""


def folder_of(url: str) -> Path | None:
    """Return the folder of a backend of files; None for any other backend."""
    parts = urlsplit(url)
    return Path(unquote(parts.netloc + parts.path)).expanduser() if parts.scheme == "file" else None


def check_files(url: str) -> Iterator[Finding]:
    """Yield a problem for each empty file that the engine reads. Other backends have none."""
    root = folder_of(url)
    for path in _read_by_the_engine(root / ".pulumi") if root else ():
        if path.stat().st_size == 0:
            said = f"{path} is empty, as a kill may leave it, and pulumi cannot read past it"
            yield problem("backend file", Problem("backend-file-empty", said, _remedy(path)))


def _read_by_the_engine(folder: Path) -> Iterator[Path]:
    stacks = sorted((folder / "stacks").rglob("*"))
    beside = folder / f"meta.yaml{ATTRIBUTES}"
    yield from ([beside] if beside.is_file() else [])
    yield from (path for path in stacks if path.is_file() and not path.name.endswith(COPIES))


def _remedy(path: Path) -> str:
    stack, json, _ = path.name.partition(".json")
    then = f"; then pulumi cancel --yes {stack}, and pulumi up -s {stack}" if json else ""
    if path.name.endswith(ATTRIBUTES):
        return f"rm {shlex.quote(str(path))}{then}"
    copy = path.with_name(f"{path.name}.bak")
    if copy.is_file() and copy.stat().st_size:
        return f"cp {shlex.quote(str(copy))} {shlex.quote(str(path))}{then}"
    return f"put back a copy of it, from .pulumi/backups in the same folder or from one of your own{then}"
