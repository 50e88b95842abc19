"""Find the prose of a file: paragraphs of Markdown, docstrings, comments and messages, with their lines."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECTIONS = re.compile(r"(Args|Returns|Raises|Yields|Attributes|Examples?|Notes?|Warns):$")
ITEM = re.compile(r"\s*([-*+]|\d+\.)\s+")
ARGUMENT = re.compile(r"\s*[`*\w]+( \([^)]*\))?: ")
DIRECTIVE = re.compile(r"#\s*(noqa|type:|mypy:|ruff:|pragma|fmt:|!|/|-\*-)")
COMMENT_LINE = re.compile(r"\s*#( |$)")
GENERATED = "<!-- Made by "
"""Such a page is made of docstrings, which are linted where they are written."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of prose that belong together.

    Args:
        lines: the number and the text of each line.
        kind: ``text``, ``row`` (a row of a table), ``docstring`` (the first paragraph of one) or ``message``.
    """

    lines: tuple[tuple[int, str], ...]
    kind: str = "text"


def passages(path: Path, messages: bool = False) -> Iterator[Passage]:
    """Yield the passages of a file, by its suffix.

    Args:
        path: a file in Markdown, Python, or a language whose comments begin with ``#``.
        messages: whether the strings of a Python file count, too.
    """
    text = path.read_text(encoding="utf-8")
    if text.startswith(GENERATED):
        return
    if path.suffix == ".md":
        yield from markdown(enumerate(text.splitlines(), 1))
    elif path.suffix == ".py":
        tree = ast.parse(text)
        yield from _docstrings(tree)
        yield from _comments(_python_comments(text))
        if messages:
            yield from _messages(tree)
    else:
        lines = enumerate(text.splitlines(), 1)
        yield from _comments((number, 0, line.strip()) for number, line in lines if COMMENT_LINE.match(line))


def markdown(lines: Iterator[tuple[int, str]], *, docstring: bool = False) -> Iterator[Passage]:
    """Yield paragraphs, items, headings and rows; leave out code and the addresses of links."""
    paragraph: list[tuple[int, str]] = []
    code = False
    for number, line in lines:
        text = line.strip()
        fence = text.startswith(("```", "~~~"))
        row = text.startswith("|") and not docstring
        alone = not text or fence or row or text.startswith(("#", ">>>", "<!--")) or bool(SECTIONS.match(text))
        begins = ITEM.match(line) or (ARGUMENT.match(line) if docstring else None)
        if (alone or begins or code) and paragraph:
            yield Passage(tuple(paragraph))
            paragraph = []
        code ^= fence
        if code or fence or re.match(r"\[[^\]]+\]: |>>>|[|: -]+$", text):
            continue
        if row or text.startswith("#"):
            yield Passage(((number, text.strip("#| ")),), "row" if row else "text")
        elif not alone:
            paragraph.append((number, line[begins.end() :].strip() if begins else text))
    if paragraph:
        yield Passage(tuple(paragraph))


def _docstrings(tree: ast.Module) -> Iterator[Passage]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines = enumerate(node.value.value.splitlines(), node.lineno)
            for number, passage in enumerate(markdown(lines, docstring=True)):
                yield passage if number else Passage(passage.lines, "docstring")


def _messages(tree: ast.Module) -> Iterator[Passage]:
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = (str(part.value) if isinstance(part, ast.Constant) else "`x`" for part in node.values)
            yield Passage(((node.lineno, "".join(pieces)),), "message")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | docstrings:
            yield Passage(((node.lineno, node.value),), "message")


def _python_comments(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and text of each comment; one behind code has a column of its own, so it stays alone."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string):
            behind = bool(token.line[: token.start[1]].strip())
            yield token.start[0], -token.start[0] if behind else token.start[1], token.string


def _comments(comments: Iterator[tuple[int, int, str]]) -> Iterator[Passage]:
    block: list[tuple[int, str]] = []
    last = (0, 0)
    for number, column, text in comments:
        if (number - 1, column) != last and block:
            yield from markdown(iter(block))
            block = []
        block.append((number, text.lstrip("#")))
        last = (number, column)
    yield from markdown(iter(block))
