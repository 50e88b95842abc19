"""What a platform says about a fleet, in the form that the planner reads. ``mirrors.observation.fleet`` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mirrors.planning.site_ids.facts import Neighbour
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, OWN


@dataclass(frozen=True, slots=True)
class ObservedVariable:
    """A custom variable of an environment. ``value`` is None where the platform does not show it."""

    value: str | None = field(repr=False)
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class ObservedDeployment:
    """``success`` is None while it runs. A deployment that has not begun has no ``started_at``."""

    uuid: str
    started_at: datetime | None
    ended_at: datetime | None
    success: bool | None

    @property
    def succeeded(self) -> bool:
        return self.ended_at is not None and self.success is True

    @property
    def running(self) -> bool:
        return self.ended_at is None and self.success is None


@dataclass(frozen=True, slots=True)
class ObservedSite:
    """One application in the stack's environment; ``environment`` is None where it has no such environment.

    ``deployments`` and ``frozen`` (the variables that the newest successful deployment runs with) are filled in for
    the original always, for a mirror only where somebody asked for them: a preview does not need them.
    """

    slug: str
    application: str
    environment: str | None
    variables: Mapping[str, ObservedVariable] = field(default_factory=dict)
    deployments: tuple[ObservedDeployment, ...] = ()
    frozen: Mapping[str, str | None] = field(default_factory=dict, repr=False)

    def is_managed(self, formerly: str | None = None) -> bool:
        """Whether we have written to it: nobody else sets the variable that says whose SITE_ID that is.

        ``formerly``: the slug that it had.
        """
        owner = self.variables.get(MIRRORS_APPLICATION)
        return owner is not None and owner.value in {self.slug, formerly or self.slug}

    @property
    def bare(self) -> bool:
        """Whether it has nothing of what makes an application a site of a fleet."""
        return self.variables.keys().isdisjoint((*OWN, DATABASE_URL))


@dataclass(frozen=True, slots=True)
class ObservedFleet:
    """The declared applications that exist.

    ``releases`` are the deployments of the original's image environment; ``elsewhere`` are the variables that the
    original runs with in the environment of the other stack, so that Test and Live can be told apart.
    ``neighbours``: by slug, applications that are not declared and run with the shared database; looked for
    only where an id may be given. ``applications``: {slug: uuid} of all that the original's organisation has, as far
    as the token sees them. ``renamed``: {declared slug: slug of today} of mirrors that are not there under the declared
    one, as a variable that we have written says. ``ran``: {slug: SITE_IDs that its instances run with}, in Test and in
    Live, of mirrors whose id may be given up, or is set no more.
    """

    original: ObservedSite | None
    mirrors: Mapping[str, ObservedSite]
    image_environment: str | None
    releases: tuple[ObservedDeployment, ...] = ()
    elsewhere: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    neighbours: Mapping[str, Neighbour] = field(default_factory=dict)
    applications: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    ran: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def site(self, slug: str) -> ObservedSite:
        """The original or a mirror. Raises KeyError where there is no such application."""
        return self.original if self.original is not None and self.original.slug == slug else self.mirrors[slug]
