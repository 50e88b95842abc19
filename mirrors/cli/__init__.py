"""The ``mirrors`` command."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

USAGE_EXIT_CODE = 64
"""The exit code of a mistyped command, as in ``sysexits.h``. The code 2 means that a command found something to do."""

COMMAND_MODULES = {
    "adopt": "mirrors.cli.adopt",
    "deploy": "mirrors.cli.deploy",
    "doctor": "mirrors.cli.doctor",
    "ids": "mirrors.cli.ids",
    "leave": "mirrors.cli.leave",
    "preview": "mirrors.cli.preview",
    "sandbox": "mirrors_sandbox.cli",
    "status": "mirrors.cli.status",
}

EXTRA_MODULES = {"sandbox": ("mirrors_sandbox", "django", "psutil", "psycopg", "rest_framework", "waitress")}
"""The modules that a command imports and that only the extra of its name installs."""


@contextmanager
def _set_usage_exit_code() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        error.exit_code = USAGE_EXIT_CODE  # type: ignore[misc]
        raise


class LazyGroup(click.Group):
    """A group that imports a command when you call it: the sandbox needs Django, and ``status`` does not."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _set_usage_exit_code():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _set_usage_exit_code():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMAND_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMAND_MODULES.get(cmd_name)
        if module is None:
            return None
        missing = [name for name in EXTRA_MODULES.get(cmd_name, ()) if find_spec(name) is None]
        return _missing_package_command(cmd_name, missing) if missing else getattr(import_module(module), cmd_name)


def _missing_package_command(name: str, missing: list[str]) -> click.Command:
    """Return a stand-in for a command whose packages are missing. The list of commands shows it; it refuses to run."""
    install = f'pip install "pulumi-mirrors[{name}]"'

    def refuse() -> None:
        raise click.ClickException(
            f"mirrors {name} needs packages that are not installed ({', '.join(missing)}): {install}"
        )

    settings = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    return click.Command(name, settings, refuse, short_help=f"Not installed: {install}")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pulumi-mirrors")
def main() -> None:
    """Multi-site Django projects as one declared fleet."""
