"""A platform as data: its applications, their environments and variables. Nothing asks it over a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from mirrors.config import Settings
from mirrors.planning.environments import choose_image_environment
from mirrors.planning.observed import ObservedDeployment, ObservedFleet, ObservedSite, ObservedVariable
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL
from mirrors.program.observing import Observation

__all__ = [
    "DescribedApplication",
    "DescribedEnvironment",
    "DescribedPlatform",
    "describe_fleet",
    "describe_original",
]

Stage = Literal["test", "live"]

_RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class DescribedEnvironment:
    """The environment of an application.

    Args:
        variables: {name: value} that are set.
        hidden: The names of set variables whose values the platform does not show.
        deployed: {name: value} that its newest successful deployment runs with. None: it was never deployed.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: frozenset[str] = frozenset()
    deployed: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class DescribedApplication:
    """An application with its two environments. By default it is as the Control Panel makes a mirror."""

    slug: str
    test: DescribedEnvironment = DescribedEnvironment()
    live: DescribedEnvironment = DescribedEnvironment()

    @property
    def application_id(self) -> str:
        """The platform's identifier of the application."""
        return f"{self.slug}-id"

    def environment_id(self, stage: Stage) -> str:
        """Return the platform's identifier of one environment."""
        return f"{self.slug}-{stage}-id"

    def environment(self, stage: Stage) -> DescribedEnvironment:
        """Return an environment by its name. Raises ValueError if it is neither test nor live."""
        if stage not in get_args(Stage):
            raise ValueError(f"{stage!r} is no environment: the names are {' and '.join(get_args(Stage))}")
        return self.live if stage == "live" else self.test

    def deployments(self, stage: Stage, *, is_original: bool) -> tuple[ObservedDeployment, ...]:
        """Return the one deployment of an environment, if it was deployed. A mirror's began after the original's."""
        if self.environment(stage).deployed is None:
            return ()
        began = _RELEASED if is_original else _RELEASED + 2 * _MINUTE
        return (ObservedDeployment(f"{self.slug}-{stage}-deployment", began, began + _MINUTE, success=True),)

    def observe(self, stage: Stage, *, is_original: bool) -> ObservedSite:
        """Return one environment as a program sees it."""
        here = self.environment(stage)
        variables = {
            name: ObservedVariable(None if name in here.hidden else value, sensitive=name in here.hidden)
            for name, value in here.variables.items()
        }
        deployments = self.deployments(stage, is_original=is_original)
        deployed = dict(here.deployed or {})
        return ObservedSite(
            self.slug, self.application_id, self.environment_id(stage), variables, deployments, deployed
        )


@dataclass(frozen=True)
class DescribedPlatform:
    """All applications that a token sees."""

    applications: Sequence[DescribedApplication]

    def find(self, slug: str) -> DescribedApplication | None:
        """Return an application; None if the platform has none of this name."""
        return next((item for item in self.applications if item.slug == slug), None)

    def find_database(self, environment_id: str) -> str | None:
        """Return the identity of the database that an environment runs with; None if it was never deployed."""
        environments = {
            item.environment_id(stage): item.environment(stage)
            for item in self.applications
            for stage in ("test", "live")
        }
        deployed = environments[environment_id].deployed or {}
        value = deployed.get(DATABASE_URL)
        return identify_service(value) if value else None

    def __add__(self, other: "DescribedPlatform") -> "DescribedPlatform":
        """Return a platform with the applications of both."""
        return DescribedPlatform([*self.applications, *other.applications])

    def observe(self, settings: Settings) -> Observation:
        """Return the fleet of these settings as a program sees it."""
        stage, fleet = settings.environment, settings.fleet
        image = choose_image_environment(settings)
        mirrors = {
            item.application: found.observe(stage, is_original=False)
            for item in fleet.mirrors
            if (found := self.find(item.application)) is not None
        }
        original = self.find(fleet.original.application)
        seen = ObservedFleet(
            original.observe(stage, is_original=True) if original else None,
            mirrors,
            original.environment_id(image) if original else None,
            original.deployments(image, is_original=True) if original else (),
            dict(original.environment("live" if stage == "test" else "test").deployed or {}) if original else {},
            applications={item.slug: item.application_id for item in self.applications},
        )
        running = [site.deployed_variables for site in mirrors.values() if newest_successful(site.deployments)]
        return Observation(seen, running)


def describe_original(slug: str, **variables: str) -> DescribedApplication:
    """Return an original that runs in both environments, each with a database and a media storage of its own.

    Args:
        variables: Other variables that it runs with.
    """
    return DescribedApplication(
        slug, _describe_running(slug, "test", variables), _describe_running(slug, "live", variables)
    )


def describe_fleet(original: str, *mirrors: str) -> DescribedPlatform:
    """Return a platform with an original that runs, and fresh mirrors of it."""
    return DescribedPlatform([describe_original(original), *map(DescribedApplication, mirrors)])


def _describe_running(slug: str, stage: Stage, variables: Mapping[str, str]) -> DescribedEnvironment:
    services = {
        "DATABASE_URL": f"postgres://{slug}-{stage}:password@db.example.com:5432/{slug}-{stage}",
        "DEFAULT_STORAGE_DSN": f"s3://key:secret@{slug}-{stage}.s3.amazonaws.com/?auth=s3v4",
        "DOMAIN": f"{slug}-{stage}.example.com",
    }
    return DescribedEnvironment(deployed={**services, **variables})
