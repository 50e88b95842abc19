"""Calls of the ``pulumi`` command. Mirrors captures their output and never shows it: it may hold secrets."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mirrors.cli.command_error import CommandError
from mirrors.cli.project import find_broken_file
from mirrors.config.files.project_files import stack_file_path
from mirrors.config.models.base import select_own_keys
from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = [
    "StackValues",
    "export_state",
    "find_pulumi",
    "forget_resources",
    "read_all_configuration",
    "read_backend_url",
    "read_configuration",
    "read_outputs",
    "read_pulumi_version",
    "read_selected_stack",
    "try_encryption",
]

CHOOSE_STACK = (
    "go to the project's directory, or name it with -C, and name one of the stacks that pulumi stack ls shows"
)
NO_STACK_EXIT_CODE = 6
"""The exit code of the command where the stack does not exist. Seen with CLI 3.259."""


@dataclass(frozen=True)
class StackValues:
    """The values of a stack's configuration, with those that the project declares for all stacks.

    Args:
        values: {key: value}.
        secret_keys: The keys that are set as secrets.
    """

    values: Mapping[str, str] = field(repr=False)
    secret_keys: frozenset[str]

    def of_mirrors(self) -> "StackValues":
        """Return those of the namespace ``mirrors``, by key without the namespace."""
        own = {own: self.values[key] for own, key in select_own_keys(self.values).items()}
        return StackValues(own, frozenset(select_own_keys(self.secret_keys)))


def read_configuration(stack: str, cwd: Path, *, secrets: bool = True) -> StackValues:
    """Return the values of the namespace ``mirrors``, as ``mirrors.config.loading`` takes them.

    Args:
        secrets: Decrypt secrets. Without it, keys that hold a secret are left out.

    Raises:
        MirrorsError: The command failed: for example, the stack does not exist.
    """
    return read_all_configuration(stack, cwd, secrets=secrets).of_mirrors()


def read_all_configuration(stack: str, cwd: Path, *, secrets: bool = True) -> StackValues:
    """Return the values of all namespaces. Keys begin with their namespace."""
    shown = "--show-secrets" if secrets else "--show-secrets=false"
    entries = json.loads(_run_pulumi("config", "--json", shown, stack=stack, cwd=cwd))
    values = {key: entry["value"] for key, entry in entries.items() if "value" in entry}
    return StackValues(values, frozenset(key for key, entry in entries.items() if entry.get("secret")))


def read_outputs(stack: str, cwd: Path) -> dict[str, Any]:
    """Return what the stack exported at its last update, secrets in clear; empty if it was never updated.

    Raises:
        MirrorsError: The command failed, with its own words.
    """
    found: dict[str, Any] = json.loads(_run_pulumi("stack", "output", "--json", "--show-secrets", stack=stack, cwd=cwd))
    return found


def export_state(stack: str, cwd: Path) -> dict[str, Any]:
    """Return the stack's stored deployment, secrets encrypted. Raises MirrorsError with the command's own words."""
    found: dict[str, Any] = json.loads(_run_pulumi("stack", "export", stack=stack, cwd=cwd))
    return found.get("deployment") or {}


def try_encryption(stack: str, cwd: Path) -> None:
    """Have the stack's secrets manager encrypt a word, in a copy of the stack's file that is then thrown away.

    Raises:
        CommandError: The secrets manager refuses, for example because the passphrase is wrong.
    """
    own = stack_file_path(cwd, stack)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "Pulumi.copy.yaml"
        copy.write_bytes(own.read_bytes() if own and own.is_file() else _read_encryption_salt(stack, cwd))
        _run_pulumi(
            "config", "set", "--secret", "mirrors:word", "word", "--config-file", str(copy), stack=stack, cwd=cwd
        )


def _read_encryption_salt(stack: str, cwd: Path) -> bytes:
    """Return what a stack's file would say about the passphrase. Without it the command would begin with a new one."""
    manager = export_state(stack, cwd).get("secrets_providers") or {}
    salt = (manager.get("state") or {}).get("salt")
    return f"encryptionsalt: {salt}\n".encode() if salt else b""


def forget_resources(stack: str, cwd: Path) -> None:
    """Remove every resource from the stack's state, protected ones too. Nothing happens to what they stand for."""
    _run_pulumi("state", "delete", "--all", "--force", "--yes", stack=stack, cwd=cwd)


def read_backend_url(cwd: Path) -> str:
    """Return the address of the backend that the command is logged in to and that answered. Raises MirrorsError."""
    return str(json.loads(_run_pulumi("whoami", "--verbose", "--json", cwd=cwd)).get("url", ""))


def read_selected_stack(cwd: Path) -> str:
    """Return the name of the stack that is selected in a folder. Raises MirrorsError if there is none."""
    return _run_pulumi("stack", "--show-name", cwd=cwd).strip()


def read_pulumi_version(cwd: Path) -> str:
    """Return the command's version, such as ``v3.259.0``. Raises MirrorsError."""
    return _run_pulumi("version", cwd=cwd).strip()


def find_pulumi() -> str:
    """Return the path of the ``pulumi`` command. Raises MirrorsError if it is not on the PATH."""
    if path := shutil.which("pulumi"):
        return path
    raise MirrorsError(
        Problem(
            "pulumi-missing",
            "There is no pulumi on the PATH",
            "install the Pulumi CLI, or put the folder that holds it on the PATH (in a checkout of this project: make"
            " tools, then .tools/bin)",
        )
    )


def _run_pulumi(*command: str, cwd: Path, stack: str | None = None) -> str:
    command = (*command, *(("--stack", stack) if stack else ()))
    arguments = [find_pulumi(), *command, "--cwd", str(cwd), "--non-interactive", "--color", "never"]
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return done.stdout
    reason = _error_line(done.stderr)
    if broken := find_broken_file(cwd, stack):
        raise MirrorsError(broken)
    if stack is not None and (done.returncode == NO_STACK_EXIT_CODE or _is_no_project(reason)):
        raise _no_stack_error(stack, cwd)
    raise CommandError(f"pulumi {' '.join(command)}", reason)


def _no_stack_error(stack: str, cwd: Path) -> MirrorsError:
    return MirrorsError(Problem("no-such-stack", f"there is no stack {stack} in {cwd.resolve()}", CHOOSE_STACK))


def _is_no_project(reason: str) -> bool:
    """Return whether the folder holds no project. The command has two ways to say so, depending on what it was asked.

    Its exit code is that of any other failure. Seen with CLI 3.259.
    """
    return "no project file found" in reason or "pass the fully qualified name" in reason


def _error_line(stderr: str) -> str:
    """Return the command's own error line without its mark, or its whole output where it has no such line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return "; ".join(errors or lines) or "it failed without a message"
