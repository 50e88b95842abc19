"""Parts that all commands share: options, the exit codes, and errors without a traceback."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mirrors.cli import USAGE
from mirrors.divio import Divio, DivioError
from mirrors.errors import MirrorsError, UnsupportedPlatformError
from mirrors.observation.remediation import convert_error
from mirrors.problems import Note, Problem

__all__ = ["as_json", "connect", "in_directory", "nobody_there", "note", "on_stack", "plain_errors"]

DIFFERS = 2
"""The exit code of a command that worked and found something that a person has to decide or correct."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
on_stack = click.option("-s", "--stack", required=True, help="The stack, e.g. test.")
in_directory = click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The project's directory.",
)


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print a command's errors without a traceback, and with ``--json`` as JSON too. The exit code is 1."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except MirrorsError as error:
            _show(error.problems, in_json=kwargs.get("as_json", False))
            sys.exit(USAGE if isinstance(error, UnsupportedPlatformError) else 1)
        except DivioError as error:
            _show([convert_error(error, os.environ)], in_json=kwargs.get("as_json", False))
            sys.exit(1)

    return guarded


def _show(problems: Sequence[Problem], *, in_json: bool) -> None:
    lines = "\n".join(problem.line for problem in problems)
    click.echo(f"Error: {lines}", err=True)
    if in_json:
        click.echo(json.dumps({"problems": [problem.data for problem in problems]}, indent=2))


def nobody_there() -> MirrorsError:
    """Return the error of a command that has to ask a question and has no terminal."""
    remedy = "say --yes if that is meant. Nothing was changed"
    return MirrorsError(Problem("answer-needed", "nobody is there to be asked", remedy))


def connect(url: str, token: str, requests: int = 8) -> Divio:
    return Divio.connect(url, token, max_concurrent_requests=requests)


def note(remark: Note | Problem) -> None:
    """Print a remark on standard error, beside the command's answer."""
    click.echo(f"Note: {remark.line}", err=True)
