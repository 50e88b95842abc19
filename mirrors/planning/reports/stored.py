"""The part of a stack's state that reports read."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mirrors.planning.site_ids.facts import Ledger

__all__ = ["StoredResources", "StoredStack"]

StoredResources = Sequence[Mapping[str, Any]]
"""The resources of a state, as ``pulumi stack export`` prints them."""


class StoredStack(Protocol):
    """A stack's state, for reports."""

    @property
    def ledger(self) -> Ledger:
        """Return the ledger of SITE_IDs."""

    @property
    def created(self) -> Mapping[str, frozenset[str]]:
        """Return {environment: names of the variables that Mirrors created there}."""

    @property
    def verified(self) -> Mapping[str, str]:
        """Return {environment: deployment} of the deployments that an update found healthy."""
