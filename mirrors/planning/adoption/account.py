"""The observed applications of an account, and which of them have the database of an original."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations

from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.planning.observed import ObservedVariable
from mirrors.planning.variables.dsn import identify_comparable_service
from mirrors.planning.variables.names import DATABASE_URL


@dataclass(frozen=True, slots=True)
class ObservedStage:
    """One environment of an application.

    Args:
        variables: {name: variable} that are set.
        deployed_variables: The variables of the newest successful deployment; empty without one.
        deployed: Whether a deployment ever succeeded.
        deploying: Whether a deployment is running.
    """

    variables: Mapping[str, ObservedVariable] = field(default_factory=dict)
    deployed_variables: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    deployed: bool = False
    deploying: bool = False

    def value_of(self, name: str) -> str | None:
        """Return the set value, otherwise the deployed one; None where the platform shows neither."""
        own = self.variables.get(name)
        return own.value if own is not None and own.value is not None else self.deployed_variables.get(name)

    def has_variable(self, name: str) -> bool:
        """Return whether a variable is set or deployed."""
        return name in self.variables or name in self.deployed_variables

    def values_of(self, name: str) -> set[str | None]:
        """Return the set value and the deployed value, as far as they exist; None for a hidden value."""
        own = {self.variables[name].value} if name in self.variables else set()
        return own | ({self.deployed_variables[name]} if name in self.deployed_variables else set())


@dataclass(frozen=True, slots=True)
class ObservedApplication:
    """One application of the account.

    Args:
        slug: The application's slug.
        region: The application's region.
        stages: {environment's slug: environment} of ``test`` and ``live``.
        visible: Whether the token may read the application.
        other_stages: {environment's slug: environment} of the others, which may run with the original's database, too.
    """

    slug: str
    region: str | None = None
    stages: Mapping[str, ObservedStage] = field(default_factory=dict)
    visible: bool = True
    other_stages: Mapping[str, ObservedStage] = field(default_factory=dict)

    def find_service(self, stage: str, name: str) -> str | None:
        """Return the service that a variable points at, as it is set, otherwise as it is deployed."""
        return identify_comparable_service(self.stages[stage].value_of(name)) if stage in self.stages else None

    def find_deployed_service(self, stage: str, name: str) -> str | None:
        """Return the service that a deployed variable points at."""
        return (
            identify_comparable_service(self.stages[stage].deployed_variables.get(name))
            if stage in self.stages
            else None
        )


def shares_service(original: ObservedApplication, other: ObservedApplication, stage: str, name: str) -> bool:
    """Return whether a variable of both points at one service, as it is set or as it is deployed."""
    identity = original.find_service(stage, name)
    return identity is not None and identity in (
        other.find_service(stage, name),
        other.find_deployed_service(stage, name),
    )


def shares_database(original: ObservedApplication, other: ObservedApplication) -> bool:
    """Return whether an application has the original's database of the same environment, set or deployed."""
    return any(shares_service(original, other, stage, DATABASE_URL) for stage in ENVIRONMENT_TITLES)


def find_swapped_databases(
    original: ObservedApplication, other: ObservedApplication
) -> Iterator[tuple[str, str, bool]]:
    """Yield each environment that has the original's database of the other environment.

    Yields:
        The environment, the original's environment whose database it has, and whether that is deployed.
    """
    for here, there in permutations(ENVIRONMENT_TITLES, 2):
        wrong, right = original.find_service(there, DATABASE_URL), original.find_service(here, DATABASE_URL)
        runs = other.find_deployed_service(here, DATABASE_URL)
        if wrong is not None and wrong != right and wrong in (runs, other.find_service(here, DATABASE_URL)):
            yield here, there, wrong == runs


def has_set_database(application: ObservedApplication) -> bool:
    """Return whether the application has a set DATABASE_URL. An original has its database from the platform."""
    return any(DATABASE_URL in stage.variables for stage in application.stages.values())
