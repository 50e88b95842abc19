"""Recognise the mirrors of an original among the applications of its account."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from types import MappingProxyType

from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.planning.observed import ObservedVariable
from mirrors.planning.site_ids.facts import ORIGINAL_ID, UndeclaredSite
from mirrors.planning.variables import dsn
from mirrors.planning.variables.dsn import identify_comparable_service, read_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, parse_site_id


@dataclass(frozen=True, slots=True)
class ObservedStage:
    """One environment of an application.

    Args:
        variables: {name: variable} that are set.
        frozen: The variables of the newest successful deployment; empty without one.
        deployed: Whether a deployment ever succeeded.
        deploying: Whether a deployment is running.
    """

    variables: Mapping[str, ObservedVariable] = field(default_factory=dict)
    frozen: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    deployed: bool = False
    deploying: bool = False

    def value(self, name: str) -> str | None:
        """Return the set value, otherwise the deployed one; None where the platform shows neither."""
        own = self.variables.get(name)
        return own.value if own is not None and own.value is not None else self.frozen.get(name)

    def has(self, name: str) -> bool:
        """Return whether a variable is set or deployed."""
        return name in self.variables or name in self.frozen

    def values(self, name: str) -> set[str | None]:
        """Return the set value and the deployed value, as far as they exist; None for a hidden value."""
        own = {self.variables[name].value} if name in self.variables else set()
        return own | ({self.frozen[name]} if name in self.frozen else set())


@dataclass(frozen=True, slots=True)
class ObservedApplication:
    """One application of the account.

    Args:
        slug: The application's slug.
        region: The application's region.
        stages: {environment's slug: environment} of ``test`` and ``live``.
        visible: Whether the token may read the application.
        elsewhere: {environment's slug: environment} of the others, which may run with the original's database, too.
    """

    slug: str
    region: str | None = None
    stages: Mapping[str, ObservedStage] = field(default_factory=dict)
    visible: bool = True
    elsewhere: Mapping[str, ObservedStage] = field(default_factory=dict)

    def identity(self, stage: str, name: str) -> str | None:
        """Return the service that a variable points at, as it is set, otherwise as it is deployed."""
        return identify_comparable_service(self.stages[stage].value(name)) if stage in self.stages else None

    def running(self, stage: str, name: str) -> str | None:
        """Return the service that a deployed variable points at."""
        return identify_comparable_service(self.stages[stage].frozen.get(name)) if stage in self.stages else None


def shares_service(original: ObservedApplication, other: ObservedApplication, stage: str, name: str) -> bool:
    """Return whether a variable of both points at one service, as it is set or as it is deployed."""
    identity = original.identity(stage, name)
    return identity is not None and identity in (other.identity(stage, name), other.running(stage, name))


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
        wrong, right = original.identity(there, DATABASE_URL), original.identity(here, DATABASE_URL)
        runs = other.running(here, DATABASE_URL)
        if wrong is not None and wrong != right and wrong in (runs, other.identity(here, DATABASE_URL)):
            yield here, there, wrong == runs


def has_set_database(application: ObservedApplication) -> bool:
    """Return whether the application has a set DATABASE_URL. An original has its database from the platform."""
    return any(DATABASE_URL in stage.variables for stage in application.stages.values())


def find_observed_ids(original: ObservedApplication, item: ObservedApplication) -> dict[str, int]:
    """Return {environment: SITE_ID}, the deployed id or otherwise the set one.

    A SITE_ID beside a database of its own belongs to no fleet, so it is left out.
    """
    return dict(_site_ids(original, item))


def _site_ids(original: ObservedApplication, item: ObservedApplication) -> Iterator[tuple[str, int]]:
    for stage, seen in item.stages.items():
        set_id = seen.variables.get(SITE_ID)
        site_id = parse_site_id(seen.frozen.get(SITE_ID) or (set_id.value if set_id else None))
        if item is original:
            yield stage, site_id or ORIGINAL_ID
        elif site_id is not None and not _is_elsewhere(original, item, stage):
            yield stage, site_id


def _is_elsewhere(original: ObservedApplication, item: ObservedApplication, stage: str) -> bool:
    """Return whether its database is another one than the original's for certain, both set and deployed."""
    return _is_apart(original.stages.get(stage, ObservedStage()), item.stages[stage])


def _is_apart(ours: ObservedStage, seen: ObservedStage) -> bool:
    database = read_service(ours.value(DATABASE_URL))
    values = (seen.value(DATABASE_URL), seen.frozen.get(DATABASE_URL) or seen.value(DATABASE_URL))
    return all(dsn.is_same_service(database, read_service(value)) is False for value in values)


def find_undeclared_sites(
    original: ObservedApplication, others: Iterable[ObservedApplication]
) -> dict[str, UndeclaredSite]:
    """Return {slug: neighbour} of the undeclared applications that may have a SITE_ID beside the original's database.

    The id is set, or it is deployed, whatever is set since then.
    """
    found = {item.slug: _neighbour(original, item) for item in others if _is_near(original, item)}
    return {slug: item for slug, item in sorted(found.items()) if item != UndeclaredSite()}


def _is_near(original: ObservedApplication, item: ObservedApplication) -> bool:
    """Return whether an application may belong to this fleet. Another original does not: it has its own service."""
    alike = has_set_database(item) or shares_database(original, item) or any(find_swapped_databases(original, item))
    copied = any(_runs_with_the_same(original.stages.get(stage), seen) for stage, seen in item.stages.items())
    return alike or bool(_owner(item)) or copied or any(_is_copy(original, seen) for seen in item.elsewhere.values())


def _runs_with_the_same(original: ObservedStage | None, seen: ObservedStage) -> bool:
    """Return whether both are deployed with the same text, which may be a copy of a value that is not comparable."""
    there = seen.frozen.get(DATABASE_URL)
    return bool(there) and original is not None and there == original.frozen.get(DATABASE_URL)


def _is_copy(original: ObservedApplication, seen: ObservedStage) -> bool:
    """Return whether an environment besides Test and Live has a set database, or deployed one of these two."""
    if DATABASE_URL in seen.variables:
        return True
    runs = identify_comparable_service(seen.frozen.get(DATABASE_URL))
    known = {original.identity(stage, DATABASE_URL) for stage in ENVIRONMENT_TITLES} - {None}
    return runs in known or any(_runs_with_the_same(stage, seen) for stage in original.stages.values())


def _neighbour(original: ObservedApplication, item: ObservedApplication) -> UndeclaredSite:
    stages = [seen for stage, seen in item.stages.items() if _may_share(original, item, stage)]
    stages += [seen for seen in item.elsewhere.values() if _may_be_near(original, seen)]
    ids = {parse_site_id(value) for seen in stages for value in seen.values(SITE_ID)}
    return UndeclaredSite(
        tuple(sorted(site_id for site_id in ids if site_id is not None)),
        hidden=None in ids,
        managed=_owner(item) if shares_database(original, item) else "",
    )


def _may_share(original: ObservedApplication, item: ObservedApplication, stage: str) -> bool:
    """Return whether an environment may have the original's database, of the same or of the other environment.

    A hidden DATABASE_URL that was set together with a new id may be the shared one, whatever is deployed.
    """
    in_the_other = any(here == stage for here, _, _ in find_swapped_databases(original, item))
    return _undeployed(item.stages[stage]) or in_the_other or not _is_elsewhere(original, item, stage)


def _undeployed(seen: ObservedStage) -> bool:
    database, set_id = seen.variables.get(DATABASE_URL), seen.variables.get(SITE_ID)
    given, runs = set_id.value if set_id else None, seen.frozen.get(SITE_ID)
    return given is not None and given != runs and database is not None and database.value is None


def _may_be_near(original: ObservedApplication, seen: ObservedStage) -> bool:
    """Return whether an environment besides Test and Live may have the original's database of either."""
    return _undeployed(seen) or any(not _is_apart(stage, seen) for stage in original.stages.values())


def _owner(item: ObservedApplication) -> str:
    """Return the slug that Mirrors wrote to the application; empty without one."""
    stages = (*item.stages.values(), *item.elsewhere.values())
    found = (value for seen in stages for value in seen.values(MIRRORS_APPLICATION))
    return next(filter(None, found), "")


def find_deployed_ids(
    item: ObservedApplication, shared: Mapping[str, Mapping[str, str | None]] = MappingProxyType({})
) -> tuple[int, ...] | None:
    """Return the deployed SITE_IDs of an application, in all environments.

    An id beside another database than the original's belongs to no site of this fleet.

    Args:
        item: The application.
        shared: {environment: the original's deployed variables}.

    Returns:
        The ids; None where a deployment may have one that the platform does not show.
    """
    near = [seen for seen in item.elsewhere.values() if _runs_near(seen, shared)]
    if not item.visible or any(seen.deploying for seen in (*item.stages.values(), *near)):
        return None
    here = [seen for stage, seen in item.stages.items() if not _runs_elsewhere(seen, shared.get(stage, {}))] + near
    ids = [parse_site_id(seen.frozen[SITE_ID]) for seen in here if SITE_ID in seen.frozen]
    hidden = [seen for seen in here if seen.deployed and _leaves_out(seen)]
    known = tuple(site_id for site_id in ids if site_id is not None)
    return known if len(known) == len(ids) and not hidden else None


def _runs_near(seen: ObservedStage, shared: Mapping[str, Mapping[str, str | None]]) -> bool:
    """Return whether an environment besides Test and Live may run with the original's database of either."""
    return not shared or any(not _runs_elsewhere(seen, stage) for stage in shared.values())


def _runs_elsewhere(seen: ObservedStage, original: Mapping[str, str | None]) -> bool:
    runs, shared = read_service(seen.frozen.get(DATABASE_URL)), read_service(original.get(DATABASE_URL))
    return dsn.is_same_service(runs, shared) is False


def _leaves_out(seen: ObservedStage) -> bool:
    """Return whether the platform may have left SITE_ID out of the deployed variables, because it is sensitive."""
    own = seen.variables.get(SITE_ID)
    return own is not None and own.sensitive and SITE_ID not in seen.frozen
