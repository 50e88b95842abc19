"""A site as this process knew it before an operation, and which of its variables Mirrors found there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pulumi.output import Unknown

from mirrors.planning.site_state import SiteState
from mirrors.planning.variables.names import MIRRORS_APPLICATION, SITE_VARIABLES
from mirrors.resources.process import PROCESS_MEMORY


@dataclass(frozen=True, slots=True)
class SiteHistory:
    """A site before an operation.

    Args:
        stored: The site as the state has it; an empty state for a site that is new to it.
        owned: The state that says which variables Mirrors owns. A site that is being replaced is new to the state, and
            this is the state before that.
    """

    stored: SiteState
    owned: SiteState

    @classmethod
    def recall(cls, environment: str, stored: SiteState) -> Self:
        """Return the history of a site. This process remembers the state of a site that is being replaced."""
        is_new = stored == SiteState()
        return cls(stored, PROCESS_MEMORY.stored_sites.get(environment, stored) if is_new else stored)

    @property
    def is_new(self) -> bool:
        """True if the state does not know the site."""
        return self.stored == SiteState()

    @property
    def was_never_managed(self) -> bool:
        """True if no state says that Mirrors owns a variable of the site."""
        return self.owned == SiteState()

    def decide_found_at_check(self, news: Mapping[str, Any]) -> list[str]:
        """Return the names of the variables that were there before Mirrors. ``check`` decides this once.

        A variable that Mirrors has created since then is not among them. One that someone set before it was declared
        is. So is one that someone set between the ledger and the first write. After an interrupted update that may be a
        variable of Mirrors, which then stays: the safe side. An interrupted first write begins with the names in
        ``SITE_VARIABLES``.

        Args:
            news: The new inputs.
        """
        before, observed, in_ledger = self.owned, news.get("observed") or {}, news.get("found") or {}
        declared = set(news.get("variables") or {})
        if not self.was_never_managed:
            return sorted(before.found | ((declared - before.is_set.keys()) & observed.keys()))
        new = set() if MIRRORS_APPLICATION in observed else declared - set(SITE_VARIABLES)
        return sorted({*(() if isinstance(in_ledger, Unknown) else in_ledger), *(new & observed.keys())})

    def decide_found_at_write(
        self, checked: frozenset[str], declared: Collection[str], live: Collection[str], observed: frozenset[str]
    ) -> frozenset[str]:
        """Return the names of the variables that were there before Mirrors, directly before a write.

        ``check`` knows only the checked inputs. The stored state also has what a failed operation has made, and that is
        Mirrors' own. Any other variable that is there before the write belongs to someone else. At a new site ``check``
        has decided about the variables that the program saw. One that appeared since then belongs to someone else.

        Args:
            checked: The names that ``check`` decided.
            declared: The names that are declared.
            live: The names that are set.
            observed: The names that were set when the program planned.
        """
        declared_and_live = frozenset(declared) & frozenset(live)
        if self.was_never_managed:
            return checked | (declared_and_live - observed)
        known, found = self.owned.is_set.keys(), self.owned.found
        theirs = declared_and_live - known
        return (checked | found | theirs) - (known - found)
