"""Read a text without colours, blanks, line ends and escapes, and keep the place of each character."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

_NESTED_ESCAPES = 6
"""The number of nested escapes that are undone. JSON in JSON in an address has three."""

_NOISE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # A control sequence, such as a colour (ECMA-48, 5.4).
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # An operating system command, such as a link.
    r"|\x1b[ -/]*[0-~]"
    r"|[\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+"
)
_ESCAPES = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+"
    r"|\\+(?:u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|0?33(?=\[)|[abefnrtv]|)"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|apos|gt|lt|quot);"
    r"|\^?\[{1,2}[0-9]{1,3}(?:;[0-9]{1,3})*m"  # A colour that lost its escape character on the way.
)


@dataclass(frozen=True, slots=True)
class TextView:
    """A text that was made from another one, piece by piece.

    Args:
        text: The text.
        behind: The view that it was made from; None for the text that was given first.
        firsts: The index in ``text`` where each piece begins.
        origins: The index in the text behind where the original of each piece begins.
        ends: The index in the text behind where the original of each piece ends; -1 for a piece that is a plain copy.
    """

    text: str
    behind: "TextView | None" = None
    firsts: Sequence[int] = (0,)
    origins: Sequence[int] = (0,)
    ends: Sequence[int] = (-1,)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place of a part in the text that was given first, as (start, end)."""
        if self.behind is None:
            return start, end
        return self.behind.place(self._behind(start)[0], self._behind(end - 1)[1])

    def _behind(self, at: int) -> tuple[int, int]:
        piece = bisect_right(self.firsts, at) - 1
        origin, end = self.origins[piece], self.ends[piece]
        copied = origin + at - self.firsts[piece]
        return (copied, copied + 1) if end < 0 else (origin, end)


def text_views(text: str) -> Iterator[TextView]:
    """Yield a text without blanks, line ends and colours, and then, if that differs, with every escape undone, too."""
    first = view = _replace_matches(TextView(text), _NOISE)
    yield first
    for _ in range(_NESTED_ESCAPES):
        undone = _replace_matches(view, _ESCAPES, _unescape_match)
        if undone is view:
            break
        view = _replace_matches(undone, _NOISE)
    if view is not first:
        yield view


def _unescape_match(match: re.Match[str]) -> str:
    """Return the meaning of an escape; empty for a control character, and for a backslash before another character."""
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


def _replace_matches(
    view: TextView, pattern: re.Pattern[str], instead: Callable[[re.Match[str]], str] | None = None
) -> TextView:
    """Replace each match of a pattern; return the same view if there is none.

    Args:
        view: The view to make a new one from.
        pattern: The pattern.
        instead: The text in place of a match; without it, matches are dropped.
    """
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
    return TextView("".join([*parts, view.text[at:]]), view, firsts, origins, ends) if parts else view


def lower_in_place(text: str) -> str:
    """Return a text in lower case, character by character, so that each keeps its place."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
