"""Parts that all commands share: options, the exit codes, and errors without a traceback."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from threading import Event
from typing import Any

import click

from mirrors.cli import USAGE_EXIT_CODE
from mirrors.divio import Divio, DivioError
from mirrors.errors import MirrorsError, UnsupportedPlatformError
from mirrors.observation.remediation import convert_error
from mirrors.problems import Note, Problem

__all__ = [
    "connect_divio",
    "directory_option",
    "fleet_option",
    "handle_errors",
    "has_confirmation",
    "is_confirmed_beforehand",
    "json_option",
    "make_announced_pause",
    "no_terminal_error",
    "print_note",
    "stack_option",
]

DIFFERS_EXIT_CODE = 2
"""The exit code of a command that worked and found something that a person has to decide or correct."""

CONFIRMATION_VARIABLES = ("PULUMI_SKIP_CONFIRMATIONS", "PULUMI_OPTION_YES", "PULUMI_OPTION_SKIP_PREVIEW")
"""Variables that make the engine ask nothing."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
stack_option = click.option("-s", "--stack", required=True, help="The stack, e.g. test.")
fleet_option = click.option(
    "--fleet",
    envvar="MIRRORS_FLEET",
    metavar="NAME",
    help="A Fleet that the program declares in arguments, where the stack has several.",
)
directory_option = click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The project's directory.",
)


def handle_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print a command's errors without a traceback, and with ``--json`` as JSON too. The exit code is 1."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except MirrorsError as error:
            _print_problems(error.problems, in_json=kwargs.get("as_json", False))
            sys.exit(USAGE_EXIT_CODE if isinstance(error, UnsupportedPlatformError) else 1)
        except DivioError as error:
            _print_problems([convert_error(error, os.environ)], in_json=kwargs.get("as_json", False))
            sys.exit(1)

    return guarded


def _print_problems(problems: Sequence[Problem], *, in_json: bool) -> None:
    lines = "\n".join(problem.line for problem in problems)
    click.echo(f"Error: {lines}", err=True)
    if in_json:
        click.echo(json.dumps({"problems": [problem.data for problem in problems]}, indent=2))


def no_terminal_error() -> MirrorsError:
    """Return the error of a command that has to ask a question and has no terminal."""
    remedy = "Pass --yes to go on without a question. Nothing was changed"
    return MirrorsError(Problem("answer-needed", "This is not a terminal, so Mirrors cannot ask.", remedy))


def connect_divio(url: str, token: str, requests: int = 8) -> Divio:
    """Return a client that says on standard error if it has to repeat a request: that takes seconds."""
    return Divio.connect(url, token, max_concurrent_requests=requests, sleep=make_announced_pause(url))


def make_announced_pause(url: str, pause: Callable[[float], None] = time.sleep) -> Callable[[float], None]:
    """Return a function that pauses. The first time, it says why."""
    waited = Event()

    def announced(seconds: float) -> None:
        if not waited.is_set():
            waited.set()
            print_note(Note(f"no usable answer from {url} yet. Mirrors asks again, five times at most"))
        pause(seconds)

    return announced


def print_note(remark: Note | Problem) -> None:
    """Print a remark on standard error, beside the command's answer."""
    click.echo(f"Note: {remark.line}", err=True)


def has_confirmation(environ: Mapping[str, str]) -> bool:
    """Return whether the engine will get its answer: from a variable, or from a person at a terminal.

    The engine asks only where it reads from and writes to a terminal.
    """
    return is_confirmed_beforehand(environ) or (sys.stdin.isatty() and sys.stdout.isatty())


def is_confirmed_beforehand(environ: Mapping[str, str]) -> bool:
    """Return whether a variable makes the engine ask nothing."""
    return any(environ.get(name, "").lower() in ("1", "true") for name in CONFIRMATION_VARIABLES)
