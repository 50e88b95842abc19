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
from mirrors.problems.findings import CheckFinding, problem_finding

ATTRIBUTES_SUFFIX = ".attrs"
COPY_SUFFIXES = (".bak", f".bak{ATTRIBUTES_SUFFIX}")
"""Endings of the copy of the state before the last write. The engine reads none of them by itself."""


def find_backend_folder(url: str) -> Path | None:
    """Return the folder of a backend of files; None for any other backend."""
    parts = urlsplit(url)
    return Path(unquote(parts.netloc + parts.path)).expanduser() if parts.scheme == "file" else None


def check_files(url: str) -> Iterator[CheckFinding]:
    """Yield a problem for each empty file that the engine reads. Other backends have none."""
    root = find_backend_folder(url)
    for path in _find_engine_files(root / ".pulumi") if root else ():
        if path.stat().st_size == 0:
            said = f"{path} is empty, as a kill can leave it, and pulumi cannot read past it"
            yield problem_finding("backend file", Problem("backend-file-empty", said, _file_remedy(path)))


def _find_engine_files(folder: Path) -> Iterator[Path]:
    stacks = sorted((folder / "stacks").rglob("*"))
    beside = folder / f"meta.yaml{ATTRIBUTES_SUFFIX}"
    yield from ([beside] if beside.is_file() else [])
    yield from (path for path in stacks if path.is_file() and not path.name.endswith(COPY_SUFFIXES))


def _file_remedy(path: Path) -> str:
    stack, json, _ = path.name.partition(".json")
    then = f"; then pulumi cancel --yes {stack}, and pulumi up -s {stack}" if json else ""
    if path.name.endswith(ATTRIBUTES_SUFFIX):
        return f"rm {shlex.quote(str(path))}{then}"
    copy = path.with_name(f"{path.name}.bak")
    if copy.is_file() and copy.stat().st_size:
        return f"cp {shlex.quote(str(copy))} {shlex.quote(str(path))}{then}"
    return f"restore it from .pulumi/backups in the same folder, or from a backup of your own{then}"
