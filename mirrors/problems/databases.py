"""The problem of a mirror with another database, and the command that confirms such a database."""

import shlex

from mirrors.problems import Problem

__all__ = ["another_database", "confirm_command", "shell_word"]


def another_database(site: str, runs_with: str, shared: str, confirmed: str, stack: str = "", *, where: str) -> Problem:
    """Return the problem of a new mirror whose database is not the original's.

    Args:
        runs_with: The identity of its database, without credentials.
        shared: The identity of the original's database.
        confirmed: The identity that confirms it.
        where: The place of the address, such as ``its DATABASE_URL``.
    """
    return Problem(
        "mirror-has-another-database",
        f"{where} points at {runs_with}, the original's at {shared}.",
        "If it is a mirror of another fleet, or a site of its own, take it off the list. To make it a mirror of this"
        f" one, confirm the database that it gives up with {confirm_command(confirmed, stack)}",
        site,
    )


def confirm_command(confirmed: str, stack: str = "") -> str:
    """Return the command that confirms a database, in quotes.

    Args:
        stack: The short name of the stack; empty where it is not known.
    """
    stacks = f" -s {shell_word(stack)}" if stack else ""
    return f"'pulumi config set mirrors:confirmDatabase {shell_word(confirmed)}{stacks}'"


def shell_word(text: str) -> str:
    """Return text as a shell reads it: with quotes only where it needs some, and double quotes where those suffice.

    >>> shell_word("postgres://db:5432/acme"), shell_word("postgres:///acme?service=x"), shell_word("file:///$a")
    ('postgres://db:5432/acme', '"postgres:///acme?service=x"', "'file:///$a'")
    """
    quoted = shlex.quote(text)
    return quoted if quoted == text or {*text} & {*'"$`\\!'} else f'"{text}"'
