"""Docstrings as Markdown: of a class, and of the fields that stand in it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise


def documented(what: object) -> str:
    """Return the docstring of a class or function, inherited or not.

    Raises:
        LookupError: there is none.
    """
    text = inspect.getdoc(what)
    if not text:
        raise LookupError(f"{getattr(what, '__qualname__', what)} has no docstring")
    return markdown(text)


def of_fields(owner: type) -> dict[str, str]:
    """Return {field: the text below it} of a class and those it inherits from, except a library's."""
    found: dict[str, str] = {}
    for cls in reversed(owner.__mro__):
        if cls.__module__.partition(".")[0] == owner.__module__.partition(".")[0]:
            found |= dict(_below_fields(cls))
    return found


def _below_fields(cls: type) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    for field, below in pairwise(getattr(definition, "body", ())):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, markdown(inspect.cleandoc(text))


def markdown(text: str) -> str:
    """Return Markdown: one pair of backticks where a docstring has two, except in blocks of code."""
    return re.sub(r"(?<!`)``(?!`)", "`", text)


def in_a_cell(text: str) -> str:
    """Return a text in one line, for a table."""
    return " ".join(text.split()).replace("|", r"\|")


def table(*head: str) -> list[str]:
    return [row(*head), row(*["---"] * len(head))]


def row(*cells: str) -> str:
    return f"| {' | '.join(map(in_a_cell, cells))} |"
