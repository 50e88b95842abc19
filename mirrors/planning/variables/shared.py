"""What an original shares with its mirrors: what its instances really run with, or what stands in for it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from mirrors.planning.observed import ObservedSite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mirrors.config import Settings


def shared_value(settings: Settings, original: ObservedSite | None, name: str) -> str | None:
    """None where neither the platform shows it nor ``sharedValues`` has it."""
    stand_in = settings.shared_values.get(name)
    shown = original.frozen.get(name) if original else None
    return shown or (stand_in.get_secret_value() if stand_in else None)


def shared_values(settings: Settings, original: ObservedSite | None) -> dict[str, str | None]:
    """{name: value} of all that is declared as shared."""
    return {name: shared_value(settings, original, name) for name in settings.fleet.shared}


def fingerprint(value: str) -> str:
    """Tells whether a value is the same one without saying it."""
    return sha256(value.encode()).hexdigest()


def no_longer_shared(fingerprints: Mapping[str, str], frozen: Mapping[str, str | None]) -> list[str]:
    """The names whose values are others now. ``frozen``: what the original runs with; one not shown tells nothing."""
    return sorted(
        name for name, known in fingerprints.items() if (now := frozen.get(name)) and fingerprint(now) != known
    )
