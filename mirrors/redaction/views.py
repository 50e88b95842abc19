"""A text as it reads without what only changes its looks: colours, blanks, line ends, escapes. Places are kept."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

_ROUNDS = 6
"""How many escapes within escapes are undone: JSON in JSON in an address, and some more."""

_NOISE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # ECMA-48, 5.4: a control sequence, such as a colour
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # an operating system command, such as a link
    r"|\x1b[ -/]*[0-~]"
    r"|[\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+"
)
_ESCAPES = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+"
    r"|\\+(?:u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|0?33(?=\[)|[abefnrtv]|)"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|apos|gt|lt|quot);"
    r"|\^?\[{1,2}[0-9]{1,3}(?:;[0-9]{1,3})*m"  # a colour whose escape character was lost on the way
)


@dataclass(frozen=True, slots=True)
class View:
    """``text`` in pieces: ``firsts[n]`` is where piece n begins in it, ``origins[n]`` where in the text behind it.

    ``ends[n]`` is where what it stands for ends there, if it is no copy; else -1.
    """

    text: str
    behind: "View | None" = None
    firsts: Sequence[int] = (0,)
    origins: Sequence[int] = (0,)
    ends: Sequence[int] = (-1,)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Of a part of it, in the text that was given first."""
        if self.behind is None:
            return start, end
        return self.behind.place(self._behind(start)[0], self._behind(end - 1)[1])

    def _behind(self, at: int) -> tuple[int, int]:
        piece = bisect_right(self.firsts, at) - 1
        origin, end = self.origins[piece], self.ends[piece]
        copied = origin + at - self.firsts[piece]
        return (copied, copied + 1) if end < 0 else (origin, end)


def views(text: str) -> Iterator[View]:
    """Without blanks, line ends and colours; and, where that differs, with every escape undone as well."""
    first = view = _rewritten(View(text), _NOISE)
    yield first
    for _ in range(_ROUNDS):
        undone = _rewritten(view, _ESCAPES, _undone)
        if undone is view:
            break
        view = _rewritten(undone, _NOISE)
    if view is not first:
        yield view


def _undone(match: re.Match[str]) -> str:
    """What an escape stands for. A control character, and a backslash that escapes something, stand for nothing."""
    found = match[0]
    if found.startswith("%"):
        return unquote(found)
    if found.startswith("&"):
        return unescape(found)
    if not found.startswith("\\"):
        return ""
    code = found.lstrip("\\")
    if code in ("e", "33", "033"):
        return "\x1b"
    if code[:1] not in ("u", "U", "x"):
        return ""
    units = [int(unit, 16) for unit in re.split(r"\\+u", code[1:])]
    if len(units) == 2:
        return chr(0x10000 + (units[0] - 0xD800) * 0x400 + units[1] - 0xDC00)
    return chr(units[0]) if units[0] < 0x110000 else ""


def _rewritten(view: View, pattern: re.Pattern[str], instead: Callable[[re.Match[str]], str] | None = None) -> View:
    """The same view where the pattern is nowhere; without ``instead`` what matches is dropped."""
    parts: list[str] = []
    firsts, origins, ends = [0], [0], [-1]
    at = length = 0
    for match in pattern.finditer(view.text):
        first, last = match.span()
        put = instead(match) if instead else ""
        parts += (view.text[at:first], put)
        length += first - at
        if put:
            firsts.append(length)
            origins.append(first)
            ends.append(last)
            length += len(put)
        firsts.append(length)
        origins.append(last)
        ends.append(-1)
        at = last
    return View("".join([*parts, view.text[at:]]), view, firsts, origins, ends) if parts else view


def lowered(text: str) -> str:
    """In lower case, character by character, so that each keeps its place."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
