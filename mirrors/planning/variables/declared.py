"""The variables that a site is declared with, as far as they are known outside of an update."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from mirrors.config import Settings
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.variables.names import MIRRORS_APPLICATION, OWN, SITE_ID
from mirrors.planning.variables.shared import shared_values


@dataclass(frozen=True, slots=True)
class DeclaredValues:
    """``values``: {name: value}, None where we cannot know the value, so that only its presence counts.

    ``sensitive``: {name: flag}, of those whose flag we know: a shared variable may keep the one that it was found with.
    ``withdrawn``: names that we have created, and that are declared no more.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    sensitive: Mapping[str, bool] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()

    @property
    def known(self) -> dict[str, str]:
        return {name: value for name, value in self.values.items() if value is not None}

    @property
    def secrets(self) -> frozenset[str]:
        """The names that a platform may leave out of what a deployment runs with: flagged ones, and the shared."""
        return frozenset(name for name in self.values if self.sensitive.get(name, True))

    def hidden_at(self, site: ObservedSite) -> frozenset[str]:
        """The same without those that are set there and not flagged: a platform shows what is not flagged."""
        unflagged = {name for name, item in site.variables.items() if not item.sensitive}
        return self.secrets - unflagged

    def after(self, created: Collection[str]) -> "DeclaredValues":
        """With what an update withdraws of the names that we have created."""
        return replace(self, withdrawn=frozenset(created) - set(self.values))


def declared_at(settings: Settings, seen: ObservedFleet, site: ObservedSite, site_id: int | None) -> DeclaredValues:
    """Of a mirror with what it shares, or of the original. ``site_id``: the mirror's, None where it is not known."""
    variables = settings.variables_of(site.slug)
    values: dict[str, str | None] = {name: item.value for name, item in variables.items()}
    flags = {name: item.secret for name, item in variables.items()}
    if seen.original is not None and site.slug == seen.original.slug:
        return DeclaredValues(values, flags)
    own = {SITE_ID: str(site_id) if site_id else None, MIRRORS_APPLICATION: site.slug}
    shared = shared_values(settings, seen.original)
    return DeclaredValues({**own, **values, **shared}, {**dict.fromkeys(OWN, False), **flags})
