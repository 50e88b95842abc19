"""The ``mirrors`` command."""

from importlib import import_module

import click

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


class LazyGroup(click.Group):
    """Imports a command when it is called: the sandbox needs Django, ``status`` does not."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        return getattr(import_module(module), cmd_name) if module else None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pulumi-mirrors")
def main() -> None:
    """Multi-site Django projects as one declared fleet."""
