"""The setting ``MIRRORS_ACKNOWLEDGED``: migrations that a person has checked and accepts responsibility for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Acknowledgement", "read_acknowledgements"]

SETTING = "MIRRORS_ACKNOWLEDGED"
OPERATORS = {">=": ge, "<=": le, "==": eq, "!=": ne, ">": gt, "<": lt}
CLAUSE = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)\s*")
KEY = re.compile(r"(\w+)\.([^\s.*]+|\*)")  # any file name that Python can import
FOR_ONE, FOR_ALL = {"reason", "expires"}, {"reason", "expires", "distribution", "versions"}


@dataclass(frozen=True)
class Acknowledgement:
    """Acceptance of one migration, or of an app's migrations.

    ``migration`` is ``app.name``, or ``app.*`` for a range of versions of the distribution that contains the app.
    """

    migration: str
    reason: str
    expires: date  # the last valid day

    def covers(self, migration: str) -> bool:
        """Return whether the acknowledgement names the migration, expired or not."""
        app_label, _, name = self.migration.partition(".")
        return migration == self.migration or (name == "*" and migration.startswith(f"{app_label}."))


def read_acknowledgements(setting: Mapping[str, Any] | None = None) -> tuple[Acknowledgement, ...]:
    """Return the acknowledgements that apply to the installed versions, expired ones included.

    Args:
        setting: read instead of ``MIRRORS_ACKNOWLEDGED``.

    Raises:
        django.core.exceptions.ImproperlyConfigured: an entry is malformed. The text names the key, its value and the
            accepted form.
    """
    found = getattr(settings, SETTING, {}) if setting is None else setting
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f"{SETTING} is {found!r}; it takes a dict from a migration's name to an entry")
    return tuple(_read(key, entry) for key, entry in found.items() if _applies(key, entry))


def _applies(key: Any, entry: Any) -> bool:
    """Check the entry's keys. For ``app.*``, return whether the installed version is in the range."""
    match = KEY.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        raise ImproperlyConfigured(f"{SETTING}: {key!r} is no migration; a key is 'app.name' or 'app.*'")
    takes = FOR_ALL if match[2] == "*" else FOR_ONE
    if not isinstance(entry, dict) or set(entry) != takes:
        got = sorted(entry, key=str) if isinstance(entry, dict) else entry
        raise _invalid(key, "", got, f"a dict with the keys {', '.join(sorted(takes))}")
    return match[2] != "*" or _in_range(key, entry)


def _read(key: str, entry: Mapping[str, Any]) -> Acknowledgement:
    reason = entry["reason"]
    if not isinstance(reason, str) or not reason.strip():
        raise _invalid(key, "reason", reason, "a sentence")
    return Acknowledgement(key, reason.strip(), _date(key, entry["expires"]))


def _date(key: str, value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _invalid(key, "expires", value, "a day such as '2030-01-31'") from error


def _in_range(key: str, entry: Mapping[str, Any]) -> bool:
    clauses = [CLAUSE.fullmatch(clause) for clause in str(entry["versions"]).split(",")]
    try:
        installed = _release(version(str(entry["distribution"])))
    except (PackageNotFoundError, ValueError) as error:
        raise _invalid(key, "distribution", entry["distribution"], "the name of an installed distribution") from error
    results = []
    for clause in clauses:
        if clause is None:
            raise _invalid(key, "versions", entry["versions"], "a range such as '>=4.1,<5'")
        results.append(OPERATORS[clause[1]](installed, _release(clause[2])))
    return all(results)


def _release(text: str) -> tuple[int, ...]:
    """Return the version's numbers without trailing zeros, so that ``4.1`` equals ``4.1.0``.

    The mark of a release candidate, and all else that follows the numbers, is ignored.
    """
    match = re.match(r"\d+(?:\.\d+)*", text)
    if match is None:
        raise ValueError(f"{text!r} does not begin with a number")
    numbers = [int(number) for number in match[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _invalid(key: str, part: str, got: Any, takes: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{SETTING}[{key!r}]{f'[{part!r}]' if part else ''} is {got!r}; it takes {takes}")
