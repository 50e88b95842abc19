"""What the commands have in common: options, and errors that are one clear line."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mirrors.cli import USAGE
from mirrors.divio import Divio, DivioError
from mirrors.errors import MirrorsError, OtherPlatformError
from mirrors.remedies import explained

__all__ = ["as_json", "connect", "in_directory", "nobody_there", "on_stack", "plain_errors"]

DIFFERS = 2
"""The exit code of a command that worked and found something that somebody has to decide or correct."""

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
    """What goes wrong is told without a traceback, and the exit code is 1."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except MirrorsError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(USAGE if isinstance(error, OtherPlatformError) else 1)
        except DivioError as error:
            click.echo(f"Error: {explained(error, os.environ)}", err=True)
            sys.exit(1)

    return guarded


def nobody_there() -> MirrorsError:
    """For a command that has to ask, and is in no terminal."""
    return MirrorsError("nobody is there to be asked: say --yes if that is meant. Nothing was changed")


def connect(url: str, token: str, requests: int = 8) -> Divio:
    return Divio.connect(url, token, max_concurrent_requests=requests)


def note(line: str) -> None:
    """Beside what a command says on its standard output."""
    click.echo(f"Note: {line}", err=True)
