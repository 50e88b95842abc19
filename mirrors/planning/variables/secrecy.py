"""Recognise variables that look like secrets, by their names and by their values."""

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

_SECRETS = re.compile(
    r"\w*(secret|passw(or)?d|passphrase|passcode|token|credential|(api|access|auth|encryption|private|secret|signing)key)s?"
    r"|private"
)
_WORDS = frozenset({"pass", "pwd", "pw", "jwt", "salt", "salts"})
_ABOUT = frozenset(
    re.findall(
        r"\w+",
        "age algorithm audience backend backends class count days dir enabled endpoint expires expiry field file form"
        " format header hours issuer length lifetime max min minutes name param path policy prefix protect required"
        " root rounds scope scopes seconds size strength timeout ttl type uri url urls validator"
        " validators version view",
    )
)
"""Last words of names that describe a secret and hold none: PASSWORD_MIN_LENGTH, TOKEN_URL, KEY_FILE."""
_PUBLIC = frozenset({"public", "publishable", "anon", "site"})
"""Words before KEY or TOKEN that mark a value which a browser may see."""
_NO_KEYS = frozenset({"primary", "foreign", "cache", "sort", "partition", "lookup", "shortcut"})
"""Words before KEY that mark the key of a record or a cache."""
_SWITCHES = frozenset({"", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null"})
_NO_CREDENTIALS = frozenset({"s3", "s3v4", "basic", "digest", "none", "iam", "oauth2", "required"})
"""Values of ``auth`` in a DSN that name a method; django-storage-url (0.12) takes ``s3v4``."""

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----")
_WITH_PASSWORD = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^\s:@/?#\"',]*:([^\s\"'@]+)@")
_PORT_AND_PATH = re.compile(r"\d{1,5}/")
_HEADER = re.compile(r"[{\s\"']*authorization[\"']?\s*[:=]\s*[\"']?\w+\s+([\w.~+/-]+=*)[\"'}\s]*", re.IGNORECASE)
"""Matches a text that is the header alone."""
_AFTER_SCHEME = re.compile(r"\b(?:bearer|basic|token)\s+([\w.~+/-]{8,}=*)", re.IGNORECASE)
_ISSUED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"gh[opusr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{16,}"
    r"|xox[a-z]-[A-Za-z0-9-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}|AIza[\w-]{30,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})"
)
"""Credentials by their prefix: GitHub, GitLab, npm, PyPI, Stripe, Slack, SendGrid, Google, JWTs."""
_WEBHOOK = re.compile(
    r"://(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks)/[^\s\"'/]+/\S+"
)
"""Matches an address that accepts posts from any caller who knows it."""
_PAIR = re.compile(r"(?<![\w.-])([A-Za-z][\w-]*)=([^\s&;,\"'#]+)")
_MEMBER = re.compile(r"[\"']([A-Za-z][\w-]*)[\"']\s*:\s*[\"']([^\"']+)[\"']")


def looks_secret(name: str, value: str | None) -> bool:
    """Return whether a variable should be declared as a secret. ``value`` is None where it is not known.

    >>> looks_secret("smtp_pass", "x"), looks_secret("CDN", "https://u:p@example.com"), looks_secret("TOKEN_TTL", "9")
    (True, True, False)
    """
    if value is not None and value.strip().lower() in _SWITCHES:
        return False
    return has_secret_name(name) or (value is not None and (has_credential(value) or _is_keyed_dsn(name, value)))


def has_secret_name(name: str) -> bool:
    """Return whether the name alone marks a secret, in upper or lower case.

    ``SMTP_PASS`` and ``apiKey`` do; ``KEY_PREFIX`` and ``PUBLIC_KEY`` do not.
    """
    words = [word for word in re.split(r"[^a-z0-9]+", _apart(name).lower()) if word]
    if not words or words[-1] in _ABOUT:
        return False
    last = words[-1]
    if last in ("key", "token") and _PUBLIC & {*words} and "private" not in words:
        return False
    is_key = last in ("key", "keys") and not _NO_KEYS & {*words}
    if last == "pat" and len(words) > 1:  # a personal access token
        return True
    with_key = any(pair in (("api", "key"), ("access", "key")) for pair in pairwise(words))
    return bool(is_key or with_key or _WORDS & {*words} or any(map(_SECRETS.fullmatch, words)))


def has_credential(value: str) -> bool:
    """Return whether a value contains a credential, plain or URL-encoded.

    It finds private keys, passwords of DSNs, tokens with a known prefix, and authorization headers. It also finds
    values that a query, JSON or a list of pairs names as secrets.
    """
    plain = any(pattern.search(value) for pattern in (_PRIVATE_KEY, _ISSUED, _WEBHOOK))
    if plain or _has_password(value) or any(_named_within(value)) or _authorises(value):
        return True
    decoded = unquote(value)
    return decoded != value and has_credential(decoded)


def _authorises(value: str) -> bool:
    """Return whether the value has an authorization header with a token.

    A token has digits, or capitals inside. So "Basic authentication" in a sentence is none.
    """
    if _HEADER.fullmatch(value.strip()):
        return True
    return any(re.search(r"\d|[a-z][A-Z]", token) for token in _AFTER_SCHEME.findall(value))


def _has_password(value: str) -> bool:
    """Return whether a DSN in the value has a password, even one with an unescaped slash.

    ``https://host:443/@name`` has a port and a path instead.
    """
    for scheme, password in _WITH_PASSWORD.findall(value):
        if not (scheme.lower() in ("http", "https") and _PORT_AND_PATH.match(password)):
            return True
    return False


def _named_within(value: str) -> Iterator[bool]:
    """Yield for each named part of a query, of JSON or of a list whether its name marks a secret."""
    for name, said in (*_PAIR.findall(value), *_MEMBER.findall(value)):
        if said.lower() in _SWITCHES | _NO_CREDENTIALS:
            continue
        yield has_secret_name(name) or ("://" in value and name.lower() in ("auth", "sig", "signature"))


def _is_keyed_dsn(name: str, value: str) -> bool:
    """Return whether the value is a DSN whose user is a key, such as Sentry's."""
    return name.lower().endswith("dsn") and bool(re.match(r"https?://[^\s/?#@]+@", value))


def _apart(name: str) -> str:
    """Return the name with an underscore before each capital, so that ``apiKey`` is two words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
