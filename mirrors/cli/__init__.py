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
    "report": "mirrors.cli.report",
    "sandbox": "mirrors_sandbox.cli",
    "status": "mirrors.cli.status",
    "up": "mirrors.cli.up",
}

SUMMARIES = {
    "adopt": "Print the configuration of a fleet that was made by hand.",
    "deploy": "Converge single sites, and no others.",
    "doctor": "Check tools, backend, platform and a stack.",
    "ids": "Show which site has which SITE_ID, and declare the ids.",
    "leave": "End the management of a fleet, and leave the platform as it is.",
    "preview": "Show what an update would do to each site, and why.",
    "report": "Show the sites of one or several stacks side by side.",
    "sandbox": "Start and handle a local platform that speaks Divio's API.",
    "status": "Show every site: its SITE_ID, release, deployment and state.",
    "up": "Run 'pulumi up' and show the progress of each wave.",
}
"""A line for each command in the list of all. It is here, so that the list imports no command."""

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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, without an import of any."""
        missing = {name: _install_command(name) for name in EXTRA_MODULES if _missing_modules(name)}
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, f"Not installed: {missing[name]}" if name in missing else SUMMARIES[name])
                    for name in self.list_commands(ctx)
                ]
            )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMAND_MODULES.get(cmd_name)
        if module is None:
            return None
        missing = _missing_modules(cmd_name)
        return _missing_package_command(cmd_name, missing) if missing else getattr(import_module(module), cmd_name)


def _missing_modules(command: str) -> list[str]:
    return [name for name in EXTRA_MODULES.get(command, ()) if find_spec(name) is None]


def _install_command(extra: str) -> str:
    return f'pip install "pulumi-mirrors[{extra}]"'


def _missing_package_command(name: str, missing: list[str]) -> click.Command:
    """Return a stand-in for a command whose packages are missing. It refuses to run."""

    def refuse() -> None:
        raise click.ClickException(
            f"mirrors {name} needs packages that are not installed ({', '.join(missing)}): {_install_command(name)}"
        )

    settings = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    return click.Command(name, settings, refuse)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pulumi-mirrors")
def main() -> None:
    """Multi-site Django projects as one declared fleet."""
