"""The forms by which a text may reveal a secret: runs of six characters of it, and of its encodings."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus, unquote

from mirrors.redaction.dsns import credential_spans, inner_secrets
from mirrors.redaction.views import TextView, lower_in_place, text_views

RUN_LENGTH = 6
"""The length of a run. A shorter part of a secret reveals too little, and is too common in plain words."""

_REVEALING_CHARACTERS = 3
"""The number of a credential's characters in a run that reveal it. The others may be public, such as a user's name."""

_ALL_CHARACTERS = (1 << RUN_LENGTH) - 1
_CACHED_SECRETS = 32
"""The number of secrets whose forms are kept. Mirrors looks for the token in each response of the platform."""


@dataclass(frozen=True, slots=True)
class SecretForms:
    """The forms of one secret, or of several together.

    Args:
        runs: {run of six characters in lower case: a mask of the characters that belong to a credential}. Bit 0 is the
            first character. The mask is 0 if the credential has too few of them.
        encoded: The runs of its base64.
        spelled: The secret and its parts, each as programs escape it.
        short: Its parts of four or five characters, without blanks and escapes, in lower case.
    """

    runs: dict[str, int]
    encoded: frozenset[str]
    spelled: frozenset[str]
    short: frozenset[str]


@lru_cache(maxsize=_CACHED_SECRETS)
def secret_forms(secret: str, *, whole: bool, shortest: int) -> SecretForms:
    """Return the forms of a secret.

    Args:
        secret: The secret.
        whole: Whether no part of it may be shown, not even the address in a DSN.
        shortest: The number of characters below which a part may be shown.
    """
    parts = {secret} if whole else inner_secrets(secret)
    parts = {part for part in parts if part.strip() and len(part) >= shortest}
    bare = {lower_in_place(view.text) for part in parts for view in text_views(part)}
    return SecretForms(
        runs=_secret_runs(secret, whole=whole),
        encoded=frozenset(_base64_runs(secret)),
        spelled=frozenset(form for part in parts for form in escaped_spellings(part)),
        short=frozenset(part for part in bare if max(shortest, 4) <= len(part) < RUN_LENGTH),
    )


def text_runs(text: str) -> Iterator[str]:
    """Yield each run of six characters of a text in lower case, without blanks, with and without escapes undone."""
    for view in text_views(text):
        low = lower_in_place(view.text)
        yield from (low[at : at + RUN_LENGTH] for at in range(len(low) - RUN_LENGTH + 1))


def _secret_runs(secret: str, *, whole: bool) -> dict[str, int]:
    in_credential = bytearray(len(secret))  # 1 for each character that belongs to a credential
    for start, end in [(0, len(secret))] if whole else credential_spans(secret):
        in_credential[start:end] = b"\1" * (end - start)
    found: dict[str, int] = {}
    for variant in (secret, secret.replace(" ", "+"), secret.replace("+", " ")):
        for view in text_views(variant):
            _merge_masks(found, _runs_with_masks(view, in_credential))
    for other in (_as_latin1(secret), *(text.encode(errors="replace").hex() for text in _source_texts(secret))):
        found |= dict.fromkeys(filter(_is_distinct_run, text_runs(other)), _ALL_CHARACTERS)
    return found


def _merge_masks(found: dict[str, int], more: Iterable[tuple[str, int]]) -> None:
    for run, mask in more:
        found[run] = found.get(run, 0) | mask


def _runs_with_masks(view: TextView, in_credential: bytearray) -> Iterator[tuple[str, int]]:
    """Yield each run of a view with the mask of its characters that belong to a credential, as in ``SecretForms``."""
    low = lower_in_place(view.text)
    flags = [any(in_credential[slice(*view.place(at, at + 1))]) for at in range(len(low))]
    for at in range(len(low) - RUN_LENGTH + 1):
        run, own = low[at : at + RUN_LENGTH], flags[at : at + RUN_LENGTH]
        if _is_distinct_run(run):
            reveals = sum(own) >= _REVEALING_CHARACTERS
            yield run, sum(1 << bit for bit in range(RUN_LENGTH) if own[bit]) if reveals else 0


def _is_distinct_run(run: str) -> bool:
    """Return whether a run is no rule of dashes or equals signs: these are in many logs, and are no secret."""
    return run[0].isalnum() or run != run[0] * RUN_LENGTH


def _as_latin1(secret: str) -> str:
    """Return a secret as a program shows it that reads UTF-8 as Latin-1; empty for plain ASCII."""
    return "" if secret.isascii() else secret.encode(errors="replace").decode("latin-1")


def _source_texts(secret: str) -> set[str]:
    """Return the texts that a program may encode: the secret, the decoded secret, the secret without outer blanks."""
    return {secret, unquote(secret), secret.strip()}


def _base64_runs(secret: str) -> Iterator[str]:
    """Yield the runs of a secret's base64, of its escaped and its encoded forms, at any offset in an encoded text."""
    once = [part for form in {*_source_texts(secret), *escaped_spellings(secret)} for part in _base64_alignments(form)]
    hexadecimal = [form.encode(errors="replace").hex() for form in _source_texts(secret)]
    twice = [part for form in (*once, *hexadecimal) for part in _base64_alignments(form)]
    for part in (*once, *twice):
        yield from (part[at : at + RUN_LENGTH] for at in range(len(part) - RUN_LENGTH + 1))


def _base64_alignments(text: str) -> Iterator[str]:
    """Yield a text's base64 (RFC 4648, section 4) after zero, one and two other bytes.

    Each has only the characters that the text alone decides.
    """
    octets = text.encode(errors="replace")
    for before in range(3):
        encoded = b64encode(b"\0" * before + octets).decode().rstrip("=")
        after = (before + len(octets)) % 3
        yield encoded[(0, 2, 3)[before] : len(encoded) - (1 if after else 0)]


def escaped_spellings(piece: str) -> set[str]:
    """Return a piece of text as programs may print it: unchanged, or escaped for Python, JSON, HTML or an address."""
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


def merge_forms(forms: Iterable[SecretForms]) -> SecretForms:
    """Return the forms of all secrets together, so that one pass over a text finds them all."""
    forms = [*forms]
    if len(forms) == 1:  # This is the token alone, at each response of the platform.
        return forms[0]
    runs: dict[str, int] = {}
    encoded: set[str] = set()
    spelled: set[str] = set()
    short: set[str] = set()
    for each in forms:
        _merge_masks(runs, each.runs.items())
        encoded |= each.encoded
        spelled |= each.spelled
        short |= each.short
    return SecretForms(runs, frozenset(encoded), frozenset(spelled), frozenset(short))
