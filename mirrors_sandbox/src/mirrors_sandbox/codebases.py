"""Sources of an original's code: a directory as it lies there, or a git repository with its history.

The sandbox keeps a bare repository for each original, as a platform does: the next release is pushed to it.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mirrors_sandbox.identifiers import new_uuid
from mirrors_sandbox.interpreters import chosen, problems_of
from mirrors_sandbox.releases import make_codebase
from mirrors_sandbox.state import SandboxError

__all__ = ["Codebase"]

MAIN = "main"
SHOWN = 5  # names of files in one message


@dataclass(frozen=True)
class Codebase:
    """The arguments of ``seed``. ``python``: a virtual environment; None for the interpreter of the sandbox."""

    directory: Path
    python: str | None = None

    @property
    def interpreter(self) -> str:
        return chosen(self.python)

    def check(self, *, runs: bool) -> None:
        """Check that the codebase can be deployed.

        Args:
            runs: whether any process will need the interpreter and the requirements.

        Raises:
            SandboxError: it cannot be deployed; the message has all reasons.
        """
        if reason := _nothing_in(self.directory):
            raise SandboxError(f"there is no codebase in {self.directory}: {reason}; name a directory with --codebase")
        problems = [*_not_committed(self.directory)]
        if runs or self.python is not None:
            problems += problems_of(self.python, self.directory)
        if problems:
            raise SandboxError("; ".join(problems))

    def put_into(self, repository: Path) -> str:
        """Make the bare repository unless there is one, and return the branch to deploy.

        Raises:
            SandboxError: git refuses.
        """
        try:
            if not _is_repository(self.directory):
                make_codebase(self.directory, repository)
                return MAIN
            branch = _branch(self.directory)
            if not repository.exists():
                _clone(self.directory, repository)
        except subprocess.CalledProcessError as error:
            raise SandboxError(f"no repository can be made of {self.directory}: {_said(error)}") from error
        return branch


def _nothing_in(directory: Path) -> str | None:
    if not directory.exists():
        return "it does not exist"
    if not directory.is_dir():
        return "it is no directory"
    return None if any(directory.iterdir()) else "it is empty"


def _is_repository(directory: Path) -> bool:
    """Only the top of one, bare or not: a folder within a repository is taken as it lies there."""
    bare = (directory / "HEAD").is_file() and (directory / "objects").is_dir()
    return bare or (directory / ".git").exists()


def _not_committed(directory: Path) -> Iterator[str]:
    """Why a repository cannot be deployed as it lies there."""
    if not _is_repository(directory):
        return
    try:
        _branch(directory)
        changed = _git(directory, "status", "--porcelain") if (directory / ".git").exists() else ""
    except subprocess.CalledProcessError as error:
        yield f"{directory} has no branch with a commit checked out ({_said(error)}): check one out, and commit to it"
        return
    if lines := changed.splitlines():
        names = ", ".join(line[3:] for line in lines[:SHOWN]) + (" …" if len(lines) > SHOWN else "")
        yield f"{directory} has changes that are not committed ({names}): commit them, a release is made of a commit"


def _branch(repository: Path) -> str:
    branch = _git(repository, "symbolic-ref", "--short", "HEAD").strip()
    _git(repository, "rev-parse", "--verify", f"{branch}^{{commit}}")
    return branch


def _clone(source: Path, repository: Path) -> None:
    partial = repository.with_name(f".{repository.name}.{new_uuid()}")
    try:
        _git(source, "clone", "--quiet", "--bare", "--template=", str(source), str(partial))
        partial.rename(repository)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _git(directory: Path, *arguments: str) -> str:
    """With the user's own configuration: what they ignore is no change, and whom they trust is trusted."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(directory), *arguments]
    ran = subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603
    return ran.stdout.decode(errors="replace")


def _said(error: subprocess.CalledProcessError) -> str:
    lines = error.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return f"git says {lines[-1]}"
