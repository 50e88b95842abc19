"""The values that an original shares with its mirrors: its deployed ones, or the configured ``sharedValues``."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from mirrors.planning.observed import ObservedSite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mirrors.config import Settings


def find_shared_value(settings: Settings, original: ObservedSite | None, name: str) -> str | None:
    """Return the original's deployed value, otherwise the configured one; None where neither is known."""
    stand_in = settings.shared_values.get(name)
    shown = original.deployed_variables.get(name) if original else None
    return shown or (stand_in.get_secret_value() if stand_in else None)


def find_shared_values(settings: Settings, original: ObservedSite | None) -> dict[str, str | None]:
    """Return {name: value} of all names in ``fleet.shared``."""
    return {name: find_shared_value(settings, original, name) for name in settings.fleet.shared}


def digest_value(value: str) -> str:
    """Return a digest that shows whether two values are equal, and reveals neither."""
    return sha256(value.encode()).hexdigest()


def find_changed_values(digests: Mapping[str, str], deployed: Mapping[str, str | None]) -> list[str]:
    """Return the names of the shared values that changed.

    Args:
        digests: {name: digest} of the values that the mirrors got.
        deployed: The original's deployed variables. A hidden value counts as unchanged.
    """
    return sorted(name for name, known in digests.items() if (now := deployed.get(name)) and digest_value(now) != known)
