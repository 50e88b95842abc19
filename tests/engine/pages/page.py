"""Read a page as sections with blocks of code, and compare what a block quotes with what commands said."""

import re
from dataclasses import dataclass

from tests.engine.project import ROOT

_TITLE = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<why>[^>]+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_COMMAND = re.compile(r"(?P<command>.+?)(?: +# exit (?P<code>\d+))?")


@dataclass(frozen=True)
class Block:
    """A block of code. ``not_run`` is the reason, if the page gives one."""

    language: str
    text: str
    not_run: str


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]

    @property
    def yaml(self) -> list[str]:
        """Return the blocks that a reader writes into a file."""
        return [block.text for block in self.blocks if block.language == "yaml"]


@dataclass(frozen=True)
class Page:
    text: str

    @property
    def sections(self) -> list[Section]:
        _, *parts = _TITLE.split(self.text)
        return [Section(title, _blocks(body)) for title, body in zip(parts[::2], parts[1::2], strict=True)]

    @property
    def languages(self) -> set[str]:
        return {block.language for section in self.sections for block in section.blocks}

    @property
    def unread(self) -> int:
        """Count the lines that begin or end a block and belong to no block of a section."""
        return self.text.count("\n```") - 2 * sum(len(section.blocks) for section in self.sections)

    def as_one_section(self, title: str) -> Section:
        """Return all blocks of the page, whatever its headings."""
        return Section(title, _blocks(self.text))


def page(path: str) -> Page:
    """Read a page. ``path`` begins below ``docs`` and has no suffix, such as ``how-to/operations/index``."""
    return Page((ROOT / "docs" / f"{path}.md").read_text(encoding="utf-8"))


def _blocks(body: str) -> tuple[Block, ...]:
    return tuple(Block(found["language"], found["text"], found["why"] or "") for found in _BLOCK.finditer(body))


def command_of(line: str) -> tuple[str, int]:
    """Return the command, and the exit code that it must have."""
    found = _COMMAND.fullmatch(line)
    assert found, line
    return found["command"], int(found["code"] or 0)


def missing(quoted: str, said: str) -> list[str]:
    """Return the quotations that do not occur in what commands said, whatever the white space."""
    text = " ".join(said.split())
    return [line for line in _quotations(quoted) if not re.search(_pattern(line), text)]


def _quotations(quoted: str) -> list[str]:
    joined = re.sub(r"\n +", " ", quoted.strip())
    return [" ".join(line.split()) for line in joined.splitlines()]


def _pattern(line: str) -> str:
    return ".*?".join(re.escape(part) for part in line.split("…"))
