"""What of a secret gives it away: runs of six characters, of itself and of what programs make of it."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus, unquote

from mirrors.redaction.dsns import credential_spans, inner_secrets
from mirrors.redaction.views import View, lowered, views

RUN = 6
"""A shorter part of a secret says too little about it, and is too common in plain words."""

_ENOUGH = 3
"""So many characters of a credential beside what may be shown, such as its user's name, are taken for its beginning."""

_ALL = (1 << RUN) - 1
_KEPT = 32
"""Secrets whose forms are kept; each response of the platform is looked through for the token."""


@dataclass(frozen=True, slots=True)
class Forms:
    """Of one secret.

    ``runs``: each run of six in lower case, and which of its characters are the credential's (bit 0 is the first), or
    0 where these are too few. ``encoded``: runs of its base64. ``spelled``: it, and its parts, as programs escape
    them. ``short``: its short parts, without blanks and escapes, in lower case.
    """

    runs: dict[str, int]
    encoded: frozenset[str]
    spelled: frozenset[str]
    short: frozenset[str]


@lru_cache(maxsize=_KEPT)
def forms_of(secret: str, *, whole: bool, shortest: int) -> Forms:
    """``whole``: no part of it may be shown, not even what a DSN points at. Shorter parts than ``shortest`` may be."""
    parts = {secret} if whole else inner_secrets(secret)
    parts = {part for part in parts if part.strip() and len(part) >= shortest}
    bare = {lowered(view.text) for part in parts for view in views(part)}
    return Forms(
        runs=_runs(secret, whole=whole),
        encoded=frozenset(_encoded(secret)),
        spelled=frozenset(form for part in parts for form in spellings(part)),
        short=frozenset(part for part in bare if max(shortest, 4) <= len(part) < RUN),
    )


def plain_runs(text: str) -> Iterator[str]:
    """Each run of six in lower case, without blanks and escapes."""
    for view in views(text):
        low = lowered(view.text)
        yield from (low[at : at + RUN] for at in range(len(low) - RUN + 1))


def _runs(secret: str, *, whole: bool) -> dict[str, int]:
    telling = bytearray(len(secret))
    for start, end in [(0, len(secret))] if whole else credential_spans(secret):
        telling[start:end] = b"\1" * (end - start)
    found: dict[str, int] = {}
    for variant in (secret, secret.replace(" ", "+"), secret.replace("+", " ")):
        for view in views(variant):
            _join(found, _runs_in(view, telling))
    for other in (_as_latin(secret), *(text.encode(errors="replace").hex() for text in _sources(secret))):
        found |= dict.fromkeys(filter(_distinct, plain_runs(other)), _ALL)
    return found


def _join(found: dict[str, int], more: Iterable[tuple[str, int]]) -> None:
    for run, mask in more:
        found[run] = found.get(run, 0) | mask


def _runs_in(view: View, telling: bytearray) -> Iterator[tuple[str, int]]:
    low = lowered(view.text)
    told = [any(telling[slice(*view.place(at, at + 1))]) for at in range(len(low))]
    for at in range(len(low) - RUN + 1):
        run, tells = low[at : at + RUN], told[at : at + RUN]
        if _distinct(run):
            yield run, sum(1 << bit for bit in range(RUN) if tells[bit]) if sum(tells) >= _ENOUGH else 0


def _distinct(run: str) -> bool:
    """A rule of dashes or equals signs is in many a log, and in none of them a secret."""
    return run[0].isalnum() or run != run[0] * RUN


def _as_latin(secret: str) -> str:
    """As the bytes of it read where they are shown one by one."""
    return "" if secret.isascii() else secret.encode(errors="replace").decode("latin-1")


def _sources(secret: str) -> set[str]:
    """What of it is encoded as a whole, alone or in a text around it."""
    return {secret, unquote(secret), secret.strip()}


def _encoded(secret: str) -> Iterator[str]:
    """Runs of base64 of it, of its escaped and its encoded forms, wherever in the encoded text it begins."""
    once = [part for form in {*_sources(secret), *spellings(secret)} for part in _aligned(form)]
    hexadecimal = [form.encode(errors="replace").hex() for form in _sources(secret)]
    twice = [part for form in (*once, *hexadecimal) for part in _aligned(form)]
    for part in (*once, *twice):
        yield from (part[at : at + RUN] for at in range(len(part) - RUN + 1))


def _aligned(text: str) -> Iterator[str]:
    """Its base64 (RFC 4648, 4) after no, one and two other bytes: the characters that it alone decides."""
    octets = text.encode(errors="replace")
    for before in range(3):
        encoded = b64encode(b"\0" * before + octets).decode().rstrip("=")
        after = (before + len(octets)) % 3
        yield encoded[(0, 2, 3)[before] : len(encoded) - (1 if after else 0)]


def spellings(piece: str) -> set[str]:
    """How a program may print it: as it is, or escaped for Python, JSON, HTML or an address."""
    once = json.dumps(piece)[1:-1]
    return {
        piece,
        repr(piece)[1:-1],
        ascii(piece)[1:-1],
        *(json.dumps(piece, ensure_ascii=short)[1:-1] for short in (True, False)),
        json.dumps(once)[1:-1],
        *(escape(piece, quote=quotes) for quotes in (True, False)),
        *(quote(piece, safe, errors="surrogatepass") for safe in ("", "/")),
        quote_plus(piece, errors="surrogatepass"),
    }


def combined(forms: Iterable[Forms]) -> Forms:
    """Of all secrets together, so that a text is looked through once."""
    forms = [*forms]
    if len(forms) == 1:  # the token alone, at each response
        return forms[0]
    runs: dict[str, int] = {}
    encoded: set[str] = set()
    spelled: set[str] = set()
    short: set[str] = set()
    for each in forms:
        _join(runs, each.runs.items())
        encoded |= each.encoded
        spelled |= each.spelled
        short |= each.short
    return Forms(runs, frozenset(encoded), frozenset(spelled), frozenset(short))
