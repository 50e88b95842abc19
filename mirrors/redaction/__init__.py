"""Blank secrets in text that others wrote, such as a deployment's log or a platform's error.

This is the one redaction of Mirrors. It ignores case, line ends, blanks and colours, and reads a text with and without
its escapes undone. It blanks each run of six characters that the text shares with a secret, or with the secret's base64
or hexadecimal form. The time is linear in the length of the text.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from mirrors.redaction.dsns import TextSpan
from mirrors.redaction.forms import RUN_LENGTH, SecretForms, escaped_spellings, merge_forms, secret_forms, text_runs
from mirrors.redaction.views import TextView, lower_in_place, text_views

__all__ = ["REDACTED", "RUN_LENGTH", "redact"]

REDACTED = "[secret]"
_SHORTEST_SECRET = 4
"""Shorter secrets stay readable: blanking every ``1`` would make a log unreadable and hide nothing."""

_COMMON_WORDS = re.findall(
    r"\w+",
    "access authentication autocommit charset connection credential database default development django example failed"
    " localhost manage media mirrors missing module password postgres postgresql private production public refused"
    " secret server session settings sqlite3 staging static storage token username",
)
"""Words of many secrets and of any log, which stay readable. A secret that is just one of them is still blanked."""

_URL_SAFE = str.maketrans("-_", "+/")
_LONGEST_WORD = 500
_BASE64_CHARACTERS = re.compile(rf"[A-Za-z0-9+/=_-]{{0,{_LONGEST_WORD}}}")


def redact(
    text: str,
    secrets: Iterable[str],
    *,
    values: Iterable[str] = (),
    shown: Iterable[str] = (),
    whole: bool = False,
    shortest: int = _SHORTEST_SECRET,
    blank: str = REDACTED,
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
    forms = merge_forms(secret_forms(secret, whole=whole, shortest=shortest) for secret in {*secrets} - {""})
    exact = {form for value in values if len(value) >= shortest for form in escaped_spellings(value)}
    public = {run for item in (() if whole else (*shown, *_COMMON_WORDS)) for run in text_runs(item)}
    places = [place for form in forms.spelled | exact for place in _find_all(text, form)]
    for view in text_views(text):
        places += _secret_spans(view, forms, public)
        places += (_extend_to_base64_word(text, place) for place in _base64_spans(view, forms.encoded))
    return _replace_spans(text, sorted(places), blank)


def _replace_spans(text: str, places: Iterable[TextSpan], blank: str) -> str:
    """Put the blank in each place, and keep line ends."""
    kept: list[str] = []
    at = 0
    for start, end in _merge_spans(places):
        hidden = text[start:end]
        kept += (text[at:start], re.sub(r"[^\r\n]+", lambda _: blank, hidden) if hidden.strip() else blank)
        at = end
    return "".join([*kept, text[at:]])


def _merge_spans(places: Iterable[TextSpan]) -> list[TextSpan]:
    """Merge places that overlap or touch. The places are in order."""
    merged: list[TextSpan] = []
    for start, end in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _find_all(text: str, piece: str) -> Iterator[TextSpan]:
    at = text.find(piece) if piece else -1
    while at >= 0:
        yield at, at + len(piece)
        at = text.find(piece, at + len(piece))


def _secret_spans(view: TextView, forms: SecretForms, public: Collection[str]) -> Iterator[TextSpan]:
    low = lower_in_place(view.text)
    for piece in forms.short:
        yield from (view.place(*found) for found in _find_all(low, piece))
    for start, end in _spans_of_runs(low, forms.runs):
        runs = [low[at : at + RUN_LENGTH] for at in range(start, end - RUN_LENGTH + 1)]
        if any(forms.runs[run] and run not in public for run in runs):
            for at, run in enumerate(runs, start):
                if mask := forms.runs[run]:
                    yield view.place(at + (mask & -mask).bit_length() - 1, at + mask.bit_length())


def _base64_spans(view: TextView, runs: Collection[str]) -> Iterator[TextSpan]:
    for start, end in _spans_of_runs(view.text.translate(_URL_SAFE), runs):
        yield view.place(start, end)


def _spans_of_runs(text: str, runs: Collection[str]) -> Iterator[TextSpan]:
    """Yield each part of a text where every run of six characters is one of ``runs``."""
    found = [at for at in range(len(text) - RUN_LENGTH + 1) if text[at : at + RUN_LENGTH] in runs]
    starts = [at for before, at in pairwise([-2, *found]) if at != before + 1]
    ends = [at + RUN_LENGTH for at, after in pairwise([*found, -2]) if after != at + 1]
    yield from zip(starts, ends, strict=True)


def _extend_to_base64_word(text: str, place: TextSpan) -> TextSpan:
    """Extend a place to its whole word of base64, up to 500 characters on each side: a part decodes by itself."""
    start, end = place
    before = text[max(0, start - _LONGEST_WORD) : start][::-1]
    return start - _base64_length(before), end + _base64_length(text[end : end + _LONGEST_WORD])


def _base64_length(text: str) -> int:
    """Return how many characters of base64 a text begins with."""
    found = _BASE64_CHARACTERS.match(text)
    return found.end() if found else 0
