"""No secret, and no run of six characters of one, is left in a text of others, however the text writes it."""

import json
import re
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.redaction import REDACTED, RUN_LENGTH, redact
from mirrors.redaction.views import text_views
from tests.search import searching

many = searching(150)

# Upper case and punctuation: nothing of it is in the rest of the DSNs, nor in the sign for a blanked secret.
CREDENTIAL = st.text("ABCDEFGHXYZ016789/?#@:%&=+ !$~", min_size=4, max_size=12)
SEPARATORS = st.sampled_from((" ", "\n", "'", ", "))


def test_a_log_is_redacted_also_where_only_the_password_is_quoted() -> None:
    dsn = "postgres://acme:p%40ssword@db/acme?secret=sesame11"
    log = f"using {dsn}\npassword p@ssword refused, p%40ssword, sesame11"
    assert redact("?sig=a%2Fbcdef", ["https://host/?sig=a%2Fbcdef"]) == "?sig=[secret]"
    assert redact(log, [dsn, "1"]) == "using [secret]\npassword [secret] refused, [secret], [secret]"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"KEY": 'it\'s "7\\8"\n'}, "{'KEY': '[secret]'}"),
        ([b"plain", 'it\'s "7\\8"\n'], "[b'plain', '[secret]']"),
        ('it\'s "7\\8"', "'[secret]'"),
    ],
)
def test_a_log_is_redacted_where_a_traceback_quotes_the_value(said: object, left: str) -> None:
    assert redact(repr(said), ['it\'s "7\\8"\n']) == left


@pytest.mark.parametrize("around", ["", '"', "'"])
def test_a_representation_is_redacted_with_either_quotes_around_it(around: str) -> None:
    secret = "it's a bell \x07"
    said = repr(f"{around}{secret}{around}")
    assert "\\x07" in said
    assert "bell" not in redact(said, [secret])


def test_what_is_too_short_to_hide_is_left_in_every_spelling() -> None:
    assert redact("é1 %C3%A91 \\xe91", ["é1", "  1  "]) == "é1 %C3%A91 \\xe91"


@many
@given(data=st.data(), password=CREDENTIAL, query=CREDENTIAL, value=CREDENTIAL)
def test_no_piece_of_a_credential_survives_in_a_redacted_text(
    data: st.DataObject, password: str, query: str, value: str
) -> None:
    dsn = f"s3://key:{quote(password, '')}@media.example.com/?auth={quote(query, '')}"
    quoted = (dsn, password, quote(password, ""), query, quote(query, ""), value, "words")
    said = data.draw(st.lists(st.sampled_from(quoted), min_size=1, max_size=6))
    text = "".join(part + data.draw(SEPARATORS) for part in said)
    left = redact(text, [dsn, value])
    for credential in (password, query, value):
        assert credential not in unquote(left)
        assert quote(credential, "") not in left
    assert left.count("words") == said.count("words")
    assert (REDACTED in left) == (set(said) != {"words"})


ESCAPES: tuple[Callable[[str], str], ...] = (
    str,
    str.strip,
    repr,
    ascii,
    json.dumps,
    lambda value: json.dumps(value, ensure_ascii=False),
    lambda value: quote(value, safe=""),
    quote,
    quote_plus,
    escape,
)


@many
@given(
    value=st.text("AB'\"\\\n\t é€\U0001f511&/%+", min_size=8, max_size=16).filter(lambda text: len(text.strip()) > 7),
    around=st.sampled_from(("", "'", '"', "'\"", "\\")),
    escaped=st.sampled_from(ESCAPES),
)
def test_a_secret_is_blanked_however_a_program_escapes_it(
    value: str, around: str, escaped: Callable[[str], str]
) -> None:
    """The text around it decides which quotes a representation escapes."""
    secret = f"ZQXJ{value}ZQXJ"
    left = redact(escaped(f"{around}{secret}{around}"), [secret])
    assert REDACTED in left
    assert "ZQXJ" not in left


PASSWORD = "s3cr/t+Pw;9x!Kq"
DSN = f"postgres://acme:{quote(PASSWORD, '')}@db.example.com:5432/acme?sslmode=require"


def basic(user: str, password: str) -> str:
    return f"Authorization: Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


WRITTEN = {
    "as it is": DSN,
    "password alone": PASSWORD,
    "broken over two lines": f"{DSN[:22]}\n{DSN[22:]}",
    "in an 80-column log": "\r\n  ".join(DSN[at : at + 20] for at in range(0, len(DSN), 20)),
    "base64": b64encode(DSN.encode()).decode(),
    "base64 after one more": b64encode(f"x{DSN}".encode()).decode(),
    "base64 after two more": b64encode(f"xy{DSN}".encode()).decode(),
    "base64 of the password": b64encode(PASSWORD.encode()).decode(),
    "base64 for addresses": urlsafe_b64encode(f"??>{DSN}??>".encode()).decode(),
    "base64 in lines": encodebytes(f"DATABASE_URL={DSN}\n".encode()).decode(),
    "base64 of JSON": b64encode(json.dumps({"DATABASE_URL": DSN}).encode()).decode(),
    "base64 twice": b64encode(b64encode(f"{DSN}\n".encode())).decode(),
    "basic authentication": basic("acme", PASSWORD),
    "basic authentication of another": basic("acme-de", PASSWORD),
    "in an address": quote(DSN, ""),
    "in an address twice": quote(quote(DSN, ""), ""),
    "in a form": quote_plus(DSN),
    "every byte escaped": "".join(f"%{octet:02x}" for octet in DSN.encode()),
    "JSON": json.dumps({"dsn": DSN}),
    "JSON in JSON": json.dumps(json.dumps({"dsn": DSN})),
    "slashes escaped": DSN.replace("/", "\\/"),
    "repr": repr([DSN]),
    "every character escaped": "".join(f"\\u{ord(char):04x}" for char in DSN),
    "HTML": escape(DSN),
    "upper case": DSN.upper(),
    "lower case": PASSWORD.lower(),
    "hexadecimal": DSN.encode().hex(),
    "hexadecimal in upper case": PASSWORD.encode().hex().upper(),
    "hex dump": DSN.encode().hex(" ", 2),
    "cut short": f"{DSN[:28]}…",
    "cut at both ends": f"...{PASSWORD[3:-3]}...",
    "coloured": f"{DSN[:22]}\x1b[1;31m{DSN[22:26]}\x1b[0m{DSN[26:]}",
    "coloured, and the escapes escaped": json.dumps(f"{PASSWORD[:5]}\x1b[31m{PASSWORD[5:]}"),
    "coloured, and the escapes lost": f"{PASSWORD[:5]}[31m{PASSWORD[5:]}[0m",
    "with a link": f"{PASSWORD[:5]}\x1b]8;;https://x/\x1b\\{PASSWORD[5:]}\x1b]8;;\x1b\\",
    "with what has no width": "\u200b".join(PASSWORD),
}


def leaks(text: str) -> Iterator[str]:
    """Run of six of the password, also in its encodings."""
    forms = (PASSWORD, quote(PASSWORD, ""), PASSWORD.encode().hex(), b64encode(PASSWORD.encode()).decode())
    for view in text_views(text):
        for form in forms:
            runs = (form[at : at + RUN_LENGTH].lower() for at in range(len(form) - RUN_LENGTH + 1))
            yield from (run for run in runs if run in view.text.lower())


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("secret", [DSN, PASSWORD])
def test_a_secret_is_blanked_in_whatever_form_a_log_has_it(way: str, secret: str) -> None:
    said = WRITTEN[way]
    left = redact(f"before {said} after", [secret])
    assert REDACTED in left
    assert list(leaks(left)) == []
    assert left.startswith("before ")
    assert left.endswith(" after")


@pytest.mark.parametrize("way", WRITTEN)
def test_nothing_of_a_whole_secret_is_left(way: str) -> None:
    """The platform's errors ask for this: they show not even what a DSN points at. A label in front of it may stay."""
    left = redact(WRITTEN[way], [DSN], whole=True).replace(REDACTED, " ")
    words = re.sub(r"authorization|basic|dsn|https://x/|x1b|u001b|\[?\d+m", "", left, flags=re.IGNORECASE)
    assert re.findall(rf"[A-Za-z0-9]{{{RUN_LENGTH},}}", words) == []


def _cut(text: str, at: int) -> str:
    return f"{text[: len(text) * at // 10]}…"


def _lines(text: str, width: int) -> str:
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


def _coloured(text: str, at: int) -> str:
    middle = len(text) * at // 10
    return f"{text[:middle]}\x1b[38;5;{at}m{text[middle:]}"


Way = tuple[str, Callable[[str, int], str]]
ESCAPED: tuple[Way, ...] = (
    ("JSON", lambda text, _: json.dumps(text)),
    ("JSON with all letters", lambda text, _: json.dumps(text, ensure_ascii=False)),
    ("repr", lambda text, _: repr(text)),
    ("address", lambda text, _: quote(text, "")),
    ("form", lambda text, _: quote_plus(text)),
    ("HTML", lambda text, _: escape(text)),
)
BROKEN: tuple[Way, ...] = (("cut", _cut), ("lines", lambda text, at: _lines(text, at + 6)), ("coloured", _coloured))
ENCODED: tuple[Way, ...] = (
    ("base64", lambda text, at: b64encode(f"{'xyz'[: at % 3]}{text}".encode()).decode()),
    ("base64 for addresses", lambda text, at: urlsafe_b64encode(f"{'xyz'[: at % 3]}{text}".encode()).decode()),
    ("hexadecimal", lambda text, _: text.encode().hex()),
)
SECRET = st.text("abcdefghXYZ0189/+=&@:;,\"'!~ é€", min_size=12, max_size=30).filter(lambda text: text.strip() == text)
ALL = (*ESCAPED, *BROKEN, *ENCODED, ("upper case", lambda text, _: text.upper()))
UNDER = [*ESCAPED[:5], None]
"""The encoded text may have been escaped before."""
OVER = [*ESCAPED, *BROKEN]


def _applied(text: str, ways: list[Way], at: int) -> str:
    for _, way in ways:
        text = way(text, at)
    return text


@many
@given(secret=SECRET, ways=st.lists(st.sampled_from(OVER), max_size=3), upper=st.booleans(), at=st.integers(3, 9))
def test_no_run_of_a_secret_survives_escapes_upon_escapes(secret: str, ways: list[Way], upper: bool, at: int) -> None:
    said = _applied(secret.upper() if upper else secret, ways, at)
    left = redact(said, [secret]).replace(REDACTED, "\0\uffff\0")
    for view in text_views(left):
        assert not [run for run in runs_of(secret) if run in view.text.lower()]


def runs_of(secret: str) -> set[str]:
    """Yield runs of six visible characters, but for one sign of punctuation repeated, as in a rule across a log."""
    bare = "".join(secret.split()).lower()
    runs = {bare[at : at + RUN_LENGTH] for at in range(len(bare) - RUN_LENGTH + 1)}
    return {run for run in runs if run[0].isalnum() or run != run[0] * RUN_LENGTH}


@many
@given(
    secret=SECRET,
    under=st.sampled_from(UNDER),
    encoded=st.sampled_from(ENCODED),
    twice=st.booleans(),
    over=st.lists(st.sampled_from(OVER), max_size=2),
    at=st.integers(3, 9),
)
def test_no_run_of_an_encoded_secret_survives(
    secret: str, under: Way | None, encoded: Way, twice: bool, over: list[Way], at: int
) -> None:
    """Beside a blank are at most five characters, and those that the secret shares with the text around it."""
    plain = [under] if under and encoded[0] != "hexadecimal" else []
    again = [ENCODED[0]] if twice else []
    said = _applied(secret, [*plain, encoded, *again, *over], at)
    for piece in redact(said, [secret]).split(REDACTED):
        [*_, view] = text_views(piece)
        assert len(re.sub(r"[^A-Za-z0-9]", "", view.text)) <= (16 if twice else 10)
