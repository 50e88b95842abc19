"""Docstrings as Markdown: of a class, and of its fields.

pydantic can read those of the fields itself (``use_attribute_docstrings``), but it does so in every import of a model.
Each program and each provider would start later (docs/adr/0029-zensical-makes-the-site.md).
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise


def documented(cls: type) -> str:
    """Return the docstring of a class. Raises LookupError where it has none."""
    text = inspect.getdoc(cls)
    if not text:
        raise LookupError(f"{cls.__qualname__} has no docstring")
    return markdown(text)


def of_fields(owner: type) -> dict[str, str]:
    """Return {field: the text below it} of a class and of those that it inherits from, without a library's."""
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
    """Write one pair of backticks where a docstring has two; those of a block of code stay."""
    return re.sub(r"(?<!`)``(?!`)", "`", text)


def in_a_cell(text: str) -> str:
    """Write a text in one line, for a table."""
    return " ".join(text.split()).replace("|", r"\|")


def table(*head: str) -> list[str]:
    return [row(*head), row(*["---"] * len(head))]


def row(*cells: str) -> str:
    return f"| {' | '.join(map(in_a_cell, cells))} |"
