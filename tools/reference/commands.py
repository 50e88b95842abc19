"""``docs/reference/commands.md`` and ``sandbox-commands.md``: each command's help, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from mirrors.cli import main
from tools.reference.docstrings import markdown, row, table

SANDBOX = "sandbox"

INTRODUCTION = """\
# Commands

`mirrors COMMAND --help` shows the same on a terminal. A mistyped command ends with exit code 64. `mirrors sandbox` and
the commands below it have [a page of their own](sandbox-commands.md).
"""
INTRODUCTION_OF_SANDBOX = """\
# Commands of the sandbox

The sandbox is a local platform. Its commands need the extra `sandbox`: `pip install "pulumi-mirrors[sandbox]"`. The
other commands: [commands](commands.md).
"""


def pages() -> dict[str, str]:
    """Return {file name: page}."""
    root = click.Context(main, info_name="mirrors")
    commands = {name: command for name in main.list_commands(root) if (command := main.get_command(root, name))}
    sandbox = commands.pop(SANDBOX)
    others = [line for name, command in commands.items() for line in _described(command, name, root)]
    return {
        "commands.md": "\n".join([INTRODUCTION, *others]),
        "sandbox-commands.md": "\n".join([INTRODUCTION_OF_SANDBOX, *_described(sandbox, SANDBOX, root)]),
    }


def _described(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """Describe a command, then the commands below it."""
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from (f"## {context.command_path}", "", f"`{usage}`", "", markdown(inspect.cleandoc(command.help or "")), "")
    records = [record for item in command.get_params(context) if (record := item.get_help_record(context))]
    own = [(names, text) for names, text in records if text and "--help" not in names]
    if own:
        yield from (*table("option", "meaning"), *(row(f"`{names}`", _escaped(text)) for names, text in own), "")
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            if found := command.get_command(context, child):
                yield from _described(found, child, context)


def _escaped(text: str) -> str:
    """Keep brackets, such as those around a default, from being read as a link."""
    return text.replace("[", r"\[")
