"""Judge a passage: the length of its sentences, banned words, how docstrings and sentences begin."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.prose.passages import Passage

FILE = Path(__file__).with_name("rules.toml")
RULES: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))

END = re.compile(r"""[.!?]["')*_]*\s+(?=["'(*_\[]*[A-Z0-9])""")
ONE_WORD = re.compile(r"``.+?``|`[^`]+`|https?://\S+")
LINK = re.compile(r"!?\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])")
MARKUP = re.compile(r"<[^>\s][^>]*>|\{[#:.][^}]*\}|\*\*")
BANNED = {re.compile(rf"\b(?:{pattern})", re.IGNORECASE): advice for pattern, advice in RULES["banned"].items()}
DOCSTRING = re.compile(rf"(?:{'|'.join(RULES['docstring_starts'])})\b")
PASSIVE = re.compile(RULES["passive_start"])


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a rule is broken."""

    line: int
    rule: str
    text: str


def hits(passage: Passage) -> Iterator[Hit]:
    """Yield what a passage breaks, in the order of its text."""
    for number, (line, plain, shown) in enumerate(sentences(passage)):
        words = sum(any(letter.isalnum() for letter in word) for word in plain.split())
        if words > RULES["words"] and passage.kind != "row":
            yield Hit(line, "length", f"{words} words: {shown}")
        for pattern, advice in BANNED.items():
            if found := pattern.search(plain):
                yield Hit(line, "word", f"'{found[0]}' ({advice}): {shown}")
        if passage.kind == "docstring" and not number and DOCSTRING.match(plain):
            yield Hit(line, "docstring", f"begins with '{plain.split()[0]}': {shown}")
        if PASSIVE.match(plain):
            yield Hit(line, "passive", shown)


def sentences(passage: Passage) -> Iterator[tuple[int, str, str]]:
    """Yield each sentence: its line, its text with one word for a code span or an address, and its text."""
    text, starts = "", []
    for line, part in passage.lines:
        starts.append((len(text), line))
        text += part + " "
    text = text.rstrip()
    plain = ONE_WORD.sub(lambda found: "X" + "x" * (len(found[0]) - 1), text)
    ends = [found.end() for found in END.finditer(plain) if not _is_abbreviation(plain, found.start())]
    for start, end in pairwise([0, *ends, len(text)]):
        line = max(number for offset, number in starts if offset <= start)
        yield line, MARKUP.sub("", LINK.sub(r"\1", plain[start:end])).strip(), text[start:end].strip()


def _is_abbreviation(text: str, dot: int) -> bool:
    return text[:dot].rsplit(maxsplit=1)[-1:] in [[word] for word in RULES["abbreviations"]]
