"""The declared variables of a site, as far as Mirrors knows their values outside of an update."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from mirrors.config import Settings
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.variables.names import MIRRORS_APPLICATION, SITE_ID, SITE_VARIABLES
from mirrors.planning.variables.shared import find_shared_values


@dataclass(frozen=True, slots=True)
class DeclaredValues:
    """The declared variables of a site.

    Args:
        values: {name: value}. None where Mirrors cannot know the value, so that only the name counts.
        sensitive: {name: flag}, where Mirrors knows the flag. A shared variable may keep the one that it had.
        withdrawn: The names that Mirrors created and that are no longer declared.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    sensitive: Mapping[str, bool] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()

    @property
    def known(self) -> dict[str, str]:
        """Return {name: value} of the variables whose value Mirrors knows."""
        return {name: value for name, value in self.values.items() if value is not None}

    @property
    def secrets(self) -> frozenset[str]:
        """Return the names that a platform may leave out of deployed variables: sensitive ones, and shared ones."""
        return frozenset(name for name in self.values if self.sensitive.get(name, True))

    def hidden_at(self, site: ObservedSite) -> frozenset[str]:
        """Return ``secrets`` without the names that are plain at the site, because a platform shows those."""
        unflagged = {name for name, item in site.variables.items() if not item.sensitive}
        return self.secrets - unflagged

    def after(self, created: Collection[str]) -> "DeclaredValues":
        """Return these variables with what an update withdraws: names in ``created`` that are no longer declared."""
        return replace(self, withdrawn=frozenset(created) - set(self.values))


def find_declared_values(
    settings: Settings, observed: ObservedFleet, site: ObservedSite, site_id: int | None
) -> DeclaredValues:
    """Return the declared variables of the original, or of a mirror with its own and the shared ones.

    Args:
        settings: The configuration.
        observed: The observed fleet.
        site: The original or a mirror.
        site_id: The mirror's SITE_ID; None where it is not known, and for the original.
    """
    variables = settings.variables_of(site.slug)
    values: dict[str, str | None] = {name: item.value for name, item in variables.items()}
    flags = {name: item.secret for name, item in variables.items() if item.secret is not None}
    if observed.original is not None and site.slug == observed.original.slug:
        return DeclaredValues(values, flags)
    own = {SITE_ID: str(site_id) if site_id else None, MIRRORS_APPLICATION: site.slug}
    shared = find_shared_values(settings, observed.original)
    return DeclaredValues({**own, **values, **shared}, {**dict.fromkeys(SITE_VARIABLES, False), **flags})
