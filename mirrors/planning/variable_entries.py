"""A variable of a site in a stack's state: its plain value, or the fingerprint of a secret."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from mirrors.planning.variables.names import is_service_variable, sort_for_writing
from mirrors.planning.variables.writes import pick_deployed_values

FINGERPRINT_BYTES = 16

StoredEntry = str | Mapping[str, Any]


def fingerprint_secret(key: str, name: str, value: str) -> str:
    """Return a keyed digest that shows whether two secrets are equal. Each site has its own ``key``, a secret."""
    digest = hmac.digest(key.encode(), f"{name}\0{value}".encode(), "sha256")
    return urlsafe_b64encode(digest[:FINGERPRINT_BYTES]).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class VariableEntry:
    """A variable in the state.

    Args:
        value: The plain value, or the fingerprint of a secret.
        secret: Whether ``value`` is a fingerprint.
        sensitive: Whether the platform hides the value.
    """

    value: str
    secret: bool = False
    sensitive: bool = False

    @classmethod
    def of(cls, stored: StoredEntry) -> Self:
        """Return the entry of a stored property."""
        if isinstance(stored, str):
            return cls(stored)
        secret = "fingerprint" in stored
        value = stored["fingerprint"] if secret else stored["value"]
        return cls(str(value), secret, bool(stored.get("sensitive", secret)))

    @property
    def stored(self) -> StoredEntry:
        """Return the property in the state, without the flags that have their usual value."""
        if self.secret:
            return {"fingerprint": self.value} | ({} if self.sensitive else {"sensitive": False})
        return {"value": self.value, "sensitive": True} if self.sensitive else self.value

    def has_value_of(self, other: "VariableEntry | None") -> bool:
        """Return whether both have one value, whatever their flags."""
        return other is not None and (self.value, self.secret) == (other.value, other.secret)


VariableEntries = Mapping[str, VariableEntry]


def _has_same_value(one: VariableEntry | None, other: VariableEntry | None) -> bool:
    return one is other or (one is not None and one.has_value_of(other))


def find_differences(before: VariableEntries, now: VariableEntries) -> list[str]:
    """Return the names whose values differ, in the order of writing. Another flag needs no deployment."""
    return sort_for_writing(name for name in {*before, *now} if not _has_same_value(before.get(name), now.get(name)))


def make_entry(key: str, name: str, value: str, *, secret: bool, sensitive: bool) -> VariableEntry:
    """Return the entry of a value. ``key`` is the key of the site's fingerprints."""
    return VariableEntry(fingerprint_secret(key, name, value) if secret else value, secret, sensitive)


def make_set_entry(known: VariableEntry, key: str, name: str, value: str, *, sensitive: bool) -> VariableEntry:
    """Return the entry of a value that is set and shown.

    A service with a new value counts as a secret, because an update that was killed may have written it as one.
    """
    secret = known.secret or (is_service_variable(name) and value != known.value)
    return make_entry(key, name, value, secret=secret, sensitive=sensitive)


def _make_running_entry(
    known: VariableEntry, is_set: VariableEntry | None, key: str, name: str, value: str
) -> VariableEntry:
    """Return the entry of a deployed value. It is plain only where the state has it, or has it set, as plain.

    Any other value may be a secret, even if the variable is plain now: the platform shows what it hid at deployment.
    """
    if is_set is not None and is_set.has_value_of(VariableEntry(value)):
        return is_set
    found_secret = not known.secret and value != known.value
    return make_entry(key, name, value, secret=known.secret or found_secret, sensitive=known.sensitive or found_secret)


def make_deployed_entries(
    known: VariableEntries, is_set: VariableEntries, deployed: Mapping[str, str | None], key: str
) -> dict[str, VariableEntry]:
    """Return {name: entry} of the known names that the platform shows in a deployment which Mirrors did not make.

    Args:
        known: {name: entry} that the state knows.
        is_set: {name: entry} that are set now.
        deployed: The deployed variables; None for a hidden value.
        key: The key of the site's fingerprints.
    """
    shown = pick_deployed_values(known, deployed, [name for name, entry in known.items() if entry.sensitive])
    return {
        name: _make_running_entry(known[name], is_set.get(name), key, name, value)
        for name, value in shown.items()
        if value is not None
    }
