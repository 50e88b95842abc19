"""Find the SITE_IDs that applications of an account have beside the original's database, set or deployed."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from mirrors.planning.adoption.account import (
    ObservedApplication,
    ObservedStage,
    find_swapped_databases,
    has_set_database,
    shares_database,
)
from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.planning.site_ids.facts import ORIGINAL_ID, UndeclaredSite
from mirrors.planning.variables import dsn
from mirrors.planning.variables.dsn import identify_comparable_service, read_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, parse_site_id


def find_observed_ids(original: ObservedApplication, item: ObservedApplication) -> dict[str, int]:
    """Return {environment: SITE_ID}, the deployed id or otherwise the set one.

    A SITE_ID beside a database of its own belongs to no fleet, so it is left out.
    """
    return dict(_find_ids(original, item))


def _find_ids(original: ObservedApplication, item: ObservedApplication) -> Iterator[tuple[str, int]]:
    for stage, observed in item.stages.items():
        set_id = observed.variables.get(SITE_ID)
        site_id = parse_site_id(observed.deployed_variables.get(SITE_ID) or (set_id.value if set_id else None))
        if item is original:
            yield stage, site_id or ORIGINAL_ID
        elif site_id is not None and not _has_other_database(original, item, stage):
            yield stage, site_id


def _has_other_database(original: ObservedApplication, item: ObservedApplication, stage: str) -> bool:
    """Return whether its database is another one than the original's for certain, both set and deployed."""
    return _uses_other_database(original.stages.get(stage, ObservedStage()), item.stages[stage])


def _uses_other_database(original: ObservedStage, observed: ObservedStage) -> bool:
    database = read_service(original.value_of(DATABASE_URL))
    values = (
        observed.value_of(DATABASE_URL),
        observed.deployed_variables.get(DATABASE_URL) or observed.value_of(DATABASE_URL),
    )
    return all(dsn.is_same_service(database, read_service(value)) is False for value in values)


def find_undeclared_applications(
    original: ObservedApplication, others: Iterable[ObservedApplication]
) -> dict[str, UndeclaredSite]:
    """Return {slug: site} of the undeclared applications that may have a SITE_ID beside the original's database.

    The id is set, or it is deployed, whatever is set since then.
    """
    found = {
        item.slug: _make_undeclared_site(original, item) for item in others if _may_belong_to_fleet(original, item)
    }
    return {slug: item for slug, item in sorted(found.items()) if item != UndeclaredSite()}


def _may_belong_to_fleet(original: ObservedApplication, item: ObservedApplication) -> bool:
    """Return whether an application may belong to this fleet. Another original does not: it has its own service."""
    alike = has_set_database(item) or shares_database(original, item) or any(find_swapped_databases(original, item))
    copied = any(_runs_same_text(original.stages.get(stage), observed) for stage, observed in item.stages.items())
    elsewhere = any(_copies_database(original, observed) for observed in item.other_stages.values())
    return alike or bool(_find_owner(item)) or copied or elsewhere


def _runs_same_text(original: ObservedStage | None, observed: ObservedStage) -> bool:
    """Return whether both are deployed with the same text, which may be a copy of a value that is not comparable."""
    there = observed.deployed_variables.get(DATABASE_URL)
    return bool(there) and original is not None and there == original.deployed_variables.get(DATABASE_URL)


def _copies_database(original: ObservedApplication, observed: ObservedStage) -> bool:
    """Return whether an environment besides Test and Live has a set database, or deployed one of these two."""
    if DATABASE_URL in observed.variables:
        return True
    runs = identify_comparable_service(observed.deployed_variables.get(DATABASE_URL))
    known = {original.find_service(stage, DATABASE_URL) for stage in ENVIRONMENT_TITLES} - {None}
    return runs in known or any(_runs_same_text(stage, observed) for stage in original.stages.values())


def _make_undeclared_site(original: ObservedApplication, item: ObservedApplication) -> UndeclaredSite:
    stages = [observed for stage, observed in item.stages.items() if _may_share(original, item, stage)]
    stages += [observed for observed in item.other_stages.values() if _may_share_either(original, observed)]
    ids = {parse_site_id(value) for observed in stages for value in observed.values_of(SITE_ID)}
    return UndeclaredSite(
        tuple(sorted(site_id for site_id in ids if site_id is not None)),
        has_hidden_id=None in ids,
        managed_as=_find_owner(item) if shares_database(original, item) else "",
    )


def _may_share(original: ObservedApplication, item: ObservedApplication, stage: str) -> bool:
    """Return whether an environment may have the original's database, of the same or of the other environment.

    A hidden DATABASE_URL that was set together with a new id may be the shared one, whatever is deployed.
    """
    in_the_other = any(here == stage for here, _, _ in find_swapped_databases(original, item))
    return _has_undeployed_id(item.stages[stage]) or in_the_other or not _has_other_database(original, item, stage)


def _has_undeployed_id(observed: ObservedStage) -> bool:
    database, set_id = observed.variables.get(DATABASE_URL), observed.variables.get(SITE_ID)
    given, runs = set_id.value if set_id else None, observed.deployed_variables.get(SITE_ID)
    return given is not None and given != runs and database is not None and database.value is None


def _may_share_either(original: ObservedApplication, observed: ObservedStage) -> bool:
    """Return whether an environment besides Test and Live may have the original's database of either."""
    return _has_undeployed_id(observed) or any(
        not _uses_other_database(stage, observed) for stage in original.stages.values()
    )


def _find_owner(item: ObservedApplication) -> str:
    """Return the slug that Mirrors wrote to the application; empty without one."""
    stages = (*item.stages.values(), *item.other_stages.values())
    found = (value for observed in stages for value in observed.values_of(MIRRORS_APPLICATION))
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
    near = [observed for observed in item.other_stages.values() if _may_run_shared(observed, shared)]
    if not item.visible or any(observed.deploying for observed in (*item.stages.values(), *near)):
        return None
    here = [
        observed for stage, observed in item.stages.items() if not _runs_other_database(observed, shared.get(stage, {}))
    ] + near
    ids = [
        parse_site_id(observed.deployed_variables[SITE_ID])
        for observed in here
        if SITE_ID in observed.deployed_variables
    ]
    hidden = [observed for observed in here if observed.deployed and _hides_deployed_id(observed)]
    known = tuple(site_id for site_id in ids if site_id is not None)
    return known if len(known) == len(ids) and not hidden else None


def _may_run_shared(observed: ObservedStage, shared: Mapping[str, Mapping[str, str | None]]) -> bool:
    """Return whether an environment besides Test and Live may run with the original's database of either."""
    return not shared or any(not _runs_other_database(observed, stage) for stage in shared.values())


def _runs_other_database(observed: ObservedStage, original: Mapping[str, str | None]) -> bool:
    runs, shared = read_service(observed.deployed_variables.get(DATABASE_URL)), read_service(original.get(DATABASE_URL))
    return dsn.is_same_service(runs, shared) is False


def _hides_deployed_id(observed: ObservedStage) -> bool:
    """Return whether the platform may have left SITE_ID out of the deployed variables, because it is sensitive."""
    own = observed.variables.get(SITE_ID)
    return own is not None and own.sensitive and SITE_ID not in observed.deployed_variables
