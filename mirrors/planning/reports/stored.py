"""What the reports read of a stack's state."""

from collections.abc import Mapping
from typing import Protocol

from mirrors.planning.site_ids.facts import Ledger

__all__ = ["Stored"]


class Stored(Protocol):
    @property
    def ledger(self) -> Ledger:
        """Who has which SITE_ID."""

    @property
    def created(self) -> Mapping[str, frozenset[str]]:
        """{environment: names of the variables that Mirrors created there}"""

    @property
    def verified(self) -> Mapping[str, str]:
        """{environment: deployment} of the deployments that an update found healthy."""
