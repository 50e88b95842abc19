"""The ``mirrors`` command."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

USAGE = 64
"""The exit code of a mistyped command, as ``sysexits.h`` has it: 2 is that of a command that found something to do."""

COMMANDS = {
    "adopt": "mirrors.cli.adopt",
    "deploy": "mirrors.cli.deploy",
    "doctor": "mirrors.cli.doctor",
    "ids": "mirrors.cli.ids",
    "leave": "mirrors.cli.leave",
    "preview": "mirrors.cli.preview",
    "sandbox": "mirrors.cli.sandbox",
    "status": "mirrors.cli.status",
}


@contextmanager
def _mistyped() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        error.exit_code = USAGE  # type: ignore[misc]
        raise


class LazyGroup(click.Group):
    """Imports a command when it is called: the sandbox needs Django, ``status`` does not."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _mistyped():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _mistyped():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        return getattr(import_module(module), cmd_name) if module else None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pulumi-mirrors")
def main() -> None:
    """Multi-site Django projects as one declared fleet."""
