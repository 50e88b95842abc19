"""The observed state of a fleet, in the form that the planner reads. ``mirrors.observation.fleet`` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mirrors.planning.site_ids.facts import UndeclaredSite
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_VARIABLES

DeployedVariables = Mapping[str, str | None]
"""{name: value} that a deployment runs with; None for a value that the platform hides."""


@dataclass(frozen=True, slots=True)
class ObservedVariable:
    """A custom variable of an environment. ``value`` is None where the platform hides it."""

    value: str | None = field(repr=False)
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class ObservedDeployment:
    """A deployment of an environment.

    Args:
        uuid: The platform's identifier.
        started_at: The time of its start; None before that.
        ended_at: The time of its end; None before that.
        success: Whether it succeeded; None while it runs.
    """

    uuid: str
    started_at: datetime | None
    ended_at: datetime | None
    success: bool | None

    @property
    def has_succeeded(self) -> bool:
        """Return whether it ended well."""
        return self.ended_at is not None and self.success is True

    @property
    def is_running(self) -> bool:
        """Return whether it has not ended yet."""
        return self.ended_at is None and self.success is None


@dataclass(frozen=True, slots=True)
class ObservedSite:
    """One application in the stack's environment.

    The original always has its deployments. A mirror has them only where the caller asked for them, because a
    preview does not need them.

    Args:
        slug: The application's slug.
        application_id: The application's uuid; its slug on a platform without uuids.
        environment: The environment's uuid; None where the application has no such environment.
        variables: {name: variable} that are set.
        deployments: The environment's deployments.
        deployed_variables: The variables of the newest successful deployment; None for a hidden value.
    """

    slug: str
    application_id: str
    environment: str | None
    variables: Mapping[str, ObservedVariable] = field(default_factory=dict)
    deployments: tuple[ObservedDeployment, ...] = ()
    deployed_variables: Mapping[str, str | None] = field(default_factory=dict, repr=False)

    def is_managed(self, formerly: str | None = None) -> bool:
        """Return whether Mirrors has written to the site, because only Mirrors sets MIRRORS_APPLICATION.

        Args:
            formerly: The slug that the site had before; None where it had no other.
        """
        owner = self.variables.get(MIRRORS_APPLICATION)
        return owner is not None and owner.value in {self.slug, formerly or self.slug}

    @property
    def is_unconfigured(self) -> bool:
        """Return whether it has none of the variables that make an application a site of a fleet."""
        return self.variables.keys().isdisjoint((*SITE_VARIABLES, DATABASE_URL))


@dataclass(frozen=True, slots=True)
class ObservedFleet:
    """The declared applications that exist, and what is beside them.

    Args:
        original: The original; None where it does not exist.
        mirrors: {slug: the mirror}.
        image_environment: The uuid of the original's environment whose image the mirrors run.
        releases: The deployments of that environment.
        other_environment_variables: The original's deployed variables in the other stack's environment, to compare
            Test with Live.
        undeclared_sites: {slug: an undeclared application that may run with the shared database}. Mirrors looks for
            them only where a site may get an id.
        applications: {slug: uuid} of all applications of the original's organisation that the token may see.
        renamed_mirrors: {declared slug: present slug} of renamed mirrors, by a variable that Mirrors wrote.
        deployed_ids: {slug: the deployed SITE_IDs in Test and Live} of mirrors that may give up their id, or have none
            set.
    """

    original: ObservedSite | None
    mirrors: Mapping[str, ObservedSite]
    image_environment: str | None
    releases: tuple[ObservedDeployment, ...] = ()
    other_environment_variables: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    undeclared_sites: Mapping[str, UndeclaredSite] = field(default_factory=dict)
    applications: Mapping[str, str] = field(default_factory=dict)
    renamed_mirrors: Mapping[str, str] = field(default_factory=dict)
    deployed_ids: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def site(self, slug: str) -> ObservedSite:
        """Return the original or a mirror.

        Raises:
            KeyError: There is no such application.
        """
        return self.original if self.original is not None and self.original.slug == slug else self.mirrors[slug]
