"""Stand-ins for what belongs to an account, so that a platform's answers can be passed on. Their shape stays."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mirrors.planning.variables.secrecy import has_credential
from mirrors.redaction import redact

__all__ = ["LeakError", "StandIns"]

NAMES = frozenset(
    {
        "SITE_NAME",
        "STAGE",
        "DEBUG",
        "TEMPLATE_DEBUG",
        "SSO_DSN",
        "CACHE_URL",
        "SECRET_KEY",
        "GIT_BRANCH",
        "GIT_COMMIT",
        "SENTRY_DSN",
        "DOMAIN",
        "DOMAIN_ALIASES",
        "DOMAIN_REDIRECTS",
        "DEFAULT_DATABASE_DSN",
        "DEFAULT_STORAGE_DSN",
        "DATABASE_URL",
        "PORT",
        "SITE_ID",
        "MIRRORS_APPLICATION",
        "SHARING_VIEW_ONLY_TOKEN_KEY_NAME",
        "SHARING_VIEW_ONLY_SECRET_TOKEN",
    }
)
"""Variables whose names say nothing about an account: those of Divio and of Mirrors."""

WORDS = frozenset({"status", "build_mode", "type", "prefix", "service_status", "state", "code"})
"""Keys whose text is one of a few words of the platform."""

NUMBERS = frozenset({"count", "percent"})
STAGES = frozenset({"test", "live"})
LISTED = 2  # of a list of objects, so many are shown

_UUID = re.compile(r"[a-z2-7]{26}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-][\d:]+)?")
_WORD = re.compile(r"[A-Za-z_]{1,30}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,60}")
_EMAIL = re.compile(r"[^\s@\"']+@[^\s@\"']+\.[^\s@\"']+")
_PARAMETER = re.compile(r"[?&](\w+)=")
_SHORTEST = 6  # a shorter secret is in many an innocent word


class LeakError(Exception):
    """A rest of the account in a report. The message names its kind, and never the thing itself."""


class StandIns:
    """The stand-ins of one report. A thing has the same one everywhere, so that relations stay visible.

    Args:
        secrets: Texts that a report has in no form. Values that the redaction meets join them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = {secret for secret in secrets if len(secret) >= _SHORTEST}
        self._values: set[str] = set()
        self._stand_ins: dict[tuple[str, str], str] = {}

    def stand_in(self, kind: str, text: str) -> str:
        count = sum(1 for known, _ in self._stand_ins if known == kind)
        return self._stand_ins.setdefault((kind, text), f"<{kind} {count + 1}>")

    def body(self, value: Any, *, error: bool = False) -> Any:
        """Return the body of an answer with stand-ins. The messages of an error stay readable."""
        return self._redact(value, "", error=error)

    def path(self, path: str) -> str:
        return "/".join(self.stand_in("uuid", part) if _UUID.fullmatch(part) else part for part in path.split("/"))

    def name(self, name: str) -> str:
        """Return a variable's name, or its stand-in where the name may say something about the account."""
        return name if name in NAMES else self.stand_in("variable", name)

    def message(self, text: str) -> str:
        for (_, known), stand_in in sorted(self._stand_ins.items(), key=_longest_first):
            text = re.sub(rf"(?<![\w-]){re.escape(known)}(?![\w-])", stand_in, text)
        text = _EMAIL.sub("<email>", _UUID.sub("<uuid>", text))
        return self._without_secrets(text)[:300]

    def certify(self, report: str) -> str:
        """Return the report.

        Raises:
            LeakError: Something of the account is in it.
        """
        for kind, known in self._stand_ins:
            telling = len(known) >= _SHORTEST and not known.isalpha()  # a plain word may stand there by itself
            if telling and re.search(rf"(?<![\w-]){re.escape(known)}(?![\w-])", report):
                raise LeakError(kind)
        if self._without_secrets(report) != report:
            raise LeakError("secret")
        return report

    def _without_secrets(self, text: str) -> str:
        return redact(text, self._secrets, values=self._values, blank="<secret>")

    def _redact(self, value: Any, key: str, *, error: bool) -> Any:
        if isinstance(value, Mapping):
            if key == "environment_variables":
                return {self.name(str(name)): self._shown(item) for name, item in value.items()}
            return {self._key(str(name)): self._redact(item, str(name), error=error) for name, item in value.items()}
        if isinstance(value, list):
            shown = [self._redact(item, key, error=error) for item in value]
            objects = any(isinstance(item, Mapping) for item in value)
            more = len(shown) - LISTED
            return [*shown[:LISTED], f"<{more} more>"] if objects and more > 0 else shown
        if isinstance(value, str):
            return self._text(value, key, error=error)
        return value if isinstance(value, bool) or value is None or key in NUMBERS else "<number>"

    def _key(self, key: str) -> str:
        return key if _KEY.fullmatch(key) else self.stand_in("key", key)

    def _shown(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) >= _SHORTEST:
            (self._secrets if has_credential(value) else self._values).add(value)
        return "<shown>" if isinstance(value, str) else value

    def _text(self, text: str, key: str, *, error: bool) -> str:
        if error:
            return self.message(text)
        if not text or (key in WORDS and _WORD.fullmatch(text)) or (key == "slug" and text in STAGES):
            return text
        if key == "value":
            return str(self._shown(text))
        if key in ("name", "environment_variables") and re.fullmatch(r"[A-Z][A-Z0-9_]*", text):
            return self.name(text)
        if _UUID.fullmatch(text):
            return self.stand_in("uuid", text)
        if _MOMENT.fullmatch(text):
            return "<moment>"
        if key in ("next", "previous"):
            return f"<address with {', '.join(sorted(_PARAMETER.findall(text)))}>"
        kind = "slug" if key in ("slug", "name", "app_name") else "email" if "@" in text else "text"
        return self.stand_in(kind, text) if kind != "text" else "<text>"


def _longest_first(item: tuple[tuple[str, str], str]) -> int:
    return -len(item[0][1])


def as_json(report: Mapping[str, Any]) -> str:
    return json.dumps(report, indent=2)
