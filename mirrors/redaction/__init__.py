"""Blank secrets in text that others wrote, such as a deployment's log or a platform's error.

This is the one redaction of Mirrors. It ignores case, line ends, blanks and colours, and reads a text with and without
its escapes undone. It blanks each run of six characters that the text shares with a secret, or with the secret's base64
or hexadecimal form. The time is linear in the length of the text.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from mirrors.redaction.forms import RUN, Forms, combined, forms_of, plain_runs, spellings
from mirrors.redaction.views import View, lowered, views

__all__ = ["BLANK", "RUN", "redact"]

BLANK = "[secret]"
_SHORTEST = 4
"""Shorter secrets stay readable: blanking every ``1`` would make a log unreadable and hide nothing."""

_WORDS = re.findall(
    r"\w+",
    "access authentication autocommit charset connection credential database default development django example failed"
    " localhost manage media mirrors missing module password postgres postgresql private production public refused"
    " secret server session settings sqlite3 staging static storage token username",
)
"""Words of many secrets and of any log, which stay readable. A secret that is just one of them is still blanked."""

_URL_SAFE = str.maketrans("-_", "+/")
_LONGEST_WORD = 500
_BASE64 = re.compile(rf"[A-Za-z0-9+/=_-]{{0,{_LONGEST_WORD}}}")

Place = tuple[int, int]


def redact(
    text: str,
    secrets: Iterable[str],
    *,
    values: Iterable[str] = (),
    shown: Iterable[str] = (),
    whole: bool = False,
    shortest: int = _SHORTEST,
    blank: str = BLANK,
) -> str:
    """Blank every secret in a text, whole or in part, in any spelling.

    The address in a DSN stays readable, and so does a common word in a secret.

    Args:
        text: The text, of any number of lines. Lines stay lines.
        secrets: The secrets. Empty ones are ignored.
        values: Values that are no credentials. Only whole values are blanked, since their words may be anyone's.
        shown: Public texts, which stay readable even where they are part of a secret.
        whole: Blank everything that belongs to a secret, also its address, common words and what ``shown`` has.
        shortest: The number of characters below which a secret or value stays readable.
        blank: The text in place of a secret.

    Returns:
        The text without the secrets.
    """
    forms = combined(forms_of(secret, whole=whole, shortest=shortest) for secret in {*secrets} - {""})
    exact = {form for value in values if len(value) >= shortest for form in spellings(value)}
    public = {run for item in (() if whole else (*shown, *_WORDS)) for run in plain_runs(item)}
    places = [place for form in forms.spelled | exact for place in _every(text, form)]
    for view in views(text):
        places += _in_view(view, forms, public)
        places += (_around(text, place) for place in _encoded(view, forms.encoded))
    return _without(text, sorted(places), blank)


def _without(text: str, places: Iterable[Place], blank: str) -> str:
    """Put the blank in each place, and keep line ends."""
    kept: list[str] = []
    at = 0
    for start, end in _merged(places):
        hidden = text[start:end]
        kept += (text[at:start], re.sub(r"[^\r\n]+", lambda _: blank, hidden) if hidden.strip() else blank)
        at = end
    return "".join([*kept, text[at:]])


def _merged(places: Iterable[Place]) -> list[Place]:
    """Merge places that overlap or touch. The places are in order."""
    merged: list[Place] = []
    for start, end in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _every(text: str, piece: str) -> Iterator[Place]:
    at = text.find(piece) if piece else -1
    while at >= 0:
        yield at, at + len(piece)
        at = text.find(piece, at + len(piece))


def _in_view(view: View, forms: Forms, public: Collection[str]) -> Iterator[Place]:
    low = lowered(view.text)
    for piece in forms.short:
        yield from (view.place(*found) for found in _every(low, piece))
    for start, end in _stretches(low, forms.runs):
        runs = [low[at : at + RUN] for at in range(start, end - RUN + 1)]
        if any(forms.runs[run] and run not in public for run in runs):
            for at, run in enumerate(runs, start):
                if mask := forms.runs[run]:
                    yield view.place(at + (mask & -mask).bit_length() - 1, at + mask.bit_length())


def _encoded(view: View, runs: Collection[str]) -> Iterator[Place]:
    for start, end in _stretches(view.text.translate(_URL_SAFE), runs):
        yield view.place(start, end)


def _stretches(text: str, runs: Collection[str]) -> Iterator[Place]:
    """Yield each part of a text where every run of six characters is one of ``runs``."""
    found = [at for at in range(len(text) - RUN + 1) if text[at : at + RUN] in runs]
    starts = [at for before, at in pairwise([-2, *found]) if at != before + 1]
    ends = [at + RUN for at, after in pairwise([*found, -2]) if after != at + 1]
    yield from zip(starts, ends, strict=True)


def _around(text: str, place: Place) -> Place:
    """Extend a place to its whole word of base64, up to 500 characters on each side: a part decodes by itself."""
    start, end = place
    before = text[max(0, start - _LONGEST_WORD) : start][::-1]
    return start - _length(before), end + _length(text[end : end + _LONGEST_WORD])


def _length(text: str) -> int:
    """Return how many characters of base64 a text begins with."""
    found = _BASE64.match(text)
    return found.end() if found else 0
