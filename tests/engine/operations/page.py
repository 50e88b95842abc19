"""The page as sections with blocks of code, and whether something said what a block quotes."""

import re
from dataclasses import dataclass

_TITLE = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<why>[^>]+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_COMMAND = re.compile(r"(?P<command>.+?)(?: +# exit (?P<code>\d+))?")


@dataclass(frozen=True)
class Block:
    """``not_run`` is the reason, where the page gives one."""

    language: str
    text: str
    not_run: str


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


def sections(page: str) -> list[Section]:
    _, *parts = _TITLE.split(page)
    return [Section(title, _blocks(body)) for title, body in zip(parts[::2], parts[1::2], strict=True)]


def _blocks(body: str) -> tuple[Block, ...]:
    return tuple(Block(found["language"], found["text"], found["why"] or "") for found in _BLOCK.finditer(body))


def command_of(line: str) -> tuple[str, int]:
    """The command, and the exit code that it must have."""
    found = _COMMAND.fullmatch(line)
    assert found, line
    return found["command"], int(found["code"] or 0)


def missing(quoted: str, said: str) -> list[str]:
    """The quotations that do not occur in what was said, whatever the white space."""
    text = " ".join(said.split())
    return [line for line in _quotations(quoted) if not re.search(_pattern(line), text)]


def _quotations(quoted: str) -> list[str]:
    joined = re.sub(r"\n +", " ", quoted.strip())
    return [" ".join(line.split()) for line in joined.splitlines()]


def _pattern(line: str) -> str:
    return ".*?".join(re.escape(part) for part in line.split("…"))
