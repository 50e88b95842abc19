"""What the ``pulumi`` command knows of a stack. What it prints is captured: with secrets in it, it is never shown."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mirrors.config.files import stack_file
from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = [
    "CommandError",
    "NoStackError",
    "backend",
    "encrypt_something",
    "everything_configured",
    "export",
    "forget",
    "outputs",
    "pulumi",
    "pulumi_version",
    "raw_configuration",
]

NAMESPACE = "mirrors"
CHOOSE = "go to the project's directory, or name it with -C, and name one of the stacks that pulumi stack ls shows"
NO_STACK = 6
"""The exit code of the command where there is no stack of this name. Seen with CLI 3.259."""
ENDED_EARLY = ("EOF", "unexpected end of JSON input")
"""How the command's own error ends where a file of the backend is empty. Seen with CLI 3.259."""
UNREADABLE = "A file of the backend is empty: mirrors doctor names it, and the command that helps"


class NoStackError(MirrorsError):
    """A wrong name, or a wrong folder."""

    def __init__(self, stack: str, cwd: Path) -> None:
        super().__init__(Problem("no-such-stack", f"there is no stack {stack} in {cwd.resolve()}", CHOOSE))


class CommandError(MirrorsError):
    """A ``pulumi`` command failed. ``reason``: its own error line, which the problem has behind the command."""

    def __init__(self, command: str, reason: str) -> None:
        self.reason, said = reason, f"{command}: {reason}"
        empty = reason.endswith(ENDED_EARLY)
        super().__init__(
            Problem("backend-file-empty", f"{said}.", UNREADABLE) if empty else Problem("pulumi-failed", said)
        )


def raw_configuration(stack: str, cwd: Path, *, secrets: bool = True) -> dict[str, str]:
    """The values of the namespace ``mirrors`` as ``mirrors.config.loading`` takes them, keys without it.

    Those that the project declares for all stacks are among them. Without ``secrets`` nothing is decrypted, and keys
    with a secret in them are left out. Raises MirrorsError with what the command says, e.g. that there is no such
    stack.
    """
    return of_mirrors(everything_configured(stack, cwd, secrets=secrets))


def of_mirrors(configured: Mapping[str, str]) -> dict[str, str]:
    """Of the values of all namespaces those of ours, keys without it."""
    prefix = f"{NAMESPACE}:"
    return {key.removeprefix(prefix): value for key, value in configured.items() if key.startswith(prefix)}


def everything_configured(stack: str, cwd: Path, *, secrets: bool = True) -> dict[str, str]:
    """The same of all namespaces, which the keys have before them."""
    shown = "--show-secrets" if secrets else "--show-secrets=false"
    entries = json.loads(_ask("config", "--json", shown, stack=stack, cwd=cwd))
    return {key: entry["value"] for key, entry in entries.items() if "value" in entry}


def outputs(stack: str, cwd: Path) -> dict[str, Any]:
    """What the stack exported when it was last updated, secrets in clear; empty if it never was.

    Raises MirrorsError with what the command says.
    """
    found: dict[str, Any] = json.loads(_ask("stack", "output", "--json", "--show-secrets", stack=stack, cwd=cwd))
    return found


def export(stack: str, cwd: Path) -> dict[str, Any]:
    """The stack's deployment as it is stored, secrets encrypted. Raises MirrorsError with what the command says."""
    found: dict[str, Any] = json.loads(_ask("stack", "export", stack=stack, cwd=cwd))
    return found.get("deployment") or {}


def encrypt_something(stack: str, cwd: Path) -> None:
    """Has the stack's secrets manager encrypt a word, into a copy of the stack's file that is thrown away.

    Raises CommandError with what it says, e.g. that the passphrase is wrong.
    """
    own = stack_file(cwd, stack)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "Pulumi.copy.yaml"
        copy.write_bytes(own.read_bytes() if own and own.is_file() else _manager_of_the_state(stack, cwd))
        _ask("config", "set", "--secret", "mirrors:word", "word", "--config-file", str(copy), stack=stack, cwd=cwd)


def _manager_of_the_state(stack: str, cwd: Path) -> bytes:
    """What a stack's file would say of a passphrase; with nothing, the command would begin with a new one."""
    manager = export(stack, cwd).get("secrets_providers") or {}
    salt = (manager.get("state") or {}).get("salt")
    return f"encryptionsalt: {salt}\n".encode() if salt else b""


def forget(stack: str, cwd: Path) -> None:
    """Takes every resource out of the stack's state, protected ones too, and does nothing else with them."""
    _ask("state", "delete", "--all", "--force", "--yes", stack=stack, cwd=cwd)


def backend(cwd: Path) -> str:
    """The address of the backend that the command is logged in to, which has answered. Raises MirrorsError."""
    return str(json.loads(_ask("whoami", "--verbose", "--json", cwd=cwd)).get("url", ""))


def pulumi_version(cwd: Path) -> str:
    """Such as ``v3.259.0``. Raises MirrorsError."""
    return _ask("version", cwd=cwd).strip()


def pulumi() -> str:
    """The path of the ``pulumi`` command. Raises MirrorsError if there is none."""
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


def _ask(*command: str, cwd: Path, stack: str | None = None) -> str:
    command = (*command, *(("--stack", stack) if stack else ()))
    arguments = [pulumi(), *command, "--cwd", str(cwd), "--non-interactive", "--color", "never"]
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return done.stdout
    reason = _reason(done.stderr)
    if stack is not None and (done.returncode == NO_STACK or _no_project(reason)):
        raise NoStackError(stack, cwd)
    raise CommandError(f"pulumi {' '.join(command)}", reason)


def _no_project(reason: str) -> bool:
    """Which one of the two is said depends on what the command was to do in a folder that is no project's.

    Seen with CLI 3.259, whose exit code is the same as that of any other failure.
    """
    return "no project file found" in reason or "pass the fully qualified name" in reason


def _reason(stderr: str) -> str:
    """The command's own error line without its mark; all that it said where it has none."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return "; ".join(errors or lines) or "it failed and said nothing"
