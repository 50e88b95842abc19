"""Parts that all commands share: errors in one line, and lines on the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from rich.console import Console

from mirrors_sandbox.state import SandboxError

__all__ = ["output", "plain_errors", "say"]

output = Console(highlight=False, soft_wrap=True)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """A problem is one line on standard error and exit code 1."""
    try:
        yield
    except SandboxError as error:
        raise click.ClickException(str(error)) from error


def plain_errors(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        with _one_line_errors():
            function(*args, **kwargs)

    return guarded


def say(line: str) -> None:
    output.print(line, markup=False)
