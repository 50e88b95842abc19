"""The rules, on plain data. They are the planner's own, applied to all that a stack declares."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from mirrors.planning.reports.pulumi_steps import DYNAMIC_TYPES, SITE_TYPES
from mirrors.planning.site_ids.allocate import allocate
from mirrors.planning.site_ids.facts import ORIGINAL_ID, AllocationRequest, Ledger, SiteFacts
from mirrors.planning.site_ids.ledger import load_ledger
from mirrors.planning.site_properties import RUNNING_SUFFIX, is_variable, read_variable_name
from mirrors.planning.variables.names import (
    DATABASE_URL,
    LOGGABLE_VARIABLES,
    MIRRORS_APPLICATION,
    SITE_ID,
    parse_site_id,
)
from mirrors.planning.variables.secrecy import looks_secret

SITE_IDS = f"{DYNAMIC_TYPES}SiteIds"
Properties = Mapping[str, Any]
Declared = tuple[str, str, Properties]
"""A resource: (type, name, properties)."""

Given = tuple[str, str, int]
"""(key, application, SITE_ID). The key is the application's uuid in the ledger, the resource's name of variables."""


def values_in(type_: str, properties: Properties) -> dict[str, str | None]:
    """Return {name: value} of a site's variables; None for a secret, and for a value not known yet, as in a preview."""
    set_ = {
        read_variable_name(key): item
        for key, item in properties.items()
        if is_variable(key) and not key.endswith(RUNNING_SUFFIX)
    }
    values = {name: item.get("value") if isinstance(item, Mapping) else item for name, item in set_.items()}
    return (
        {name: value if isinstance(value, str) else None for name, value in values.items()}
        if type_ in SITE_TYPES
        else {}
    )


def without_own_site_id(values: Mapping[str, str | None]) -> str | None:
    """Return the problem of a mirror that has the shared database and no SITE_ID of its own.

    An original that Mirrors deploys is no mirror: it has no MIRRORS_APPLICATION, and declares no DATABASE_URL.
    """
    if DATABASE_URL not in values:
        return None
    if SITE_ID in values and (values[SITE_ID] is None or parse_site_id(values[SITE_ID])):
        return None
    return f"it has the shared {DATABASE_URL} and no {SITE_ID} of its own: it would serve, and overwrite, site 1"


def not_its_own(resources: Collection[Declared]) -> Iterator[str]:
    """Yield problems of sites that share a SITE_ID, in the ledger, in their variables, or between the two.

    If neither a ledger nor the variables of the original have the original's, it is 1.
    """
    ledger = [given for type_, _, properties in resources if type_ == SITE_IDS for given in ids_in_ledger(properties)]
    variables = list(ids_in_variables(resources))
    given = {application: site_id for _, application, site_id in ledger}
    known = ledger or ([] if has_the_originals(resources) else [("", "the original", ORIGINAL_ID)])
    yield from duplicates(variables)
    yield from duplicates([*known, *(item for item in variables if item[1:] not in given.items())])
    for _, application, site_id in variables:
        if (own := given.get(application, site_id)) != site_id:
            yield f"{application}: its variables say {SITE_ID} {site_id}, the ledger of SITE_IDs says {own}"


def has_the_originals(resources: Iterable[Declared]) -> bool:
    """Return whether an original's own variables, without the two that a mirror has, have its SITE_ID."""
    of_sites = [values_in(type_, properties) for type_, _, properties in resources if type_ in SITE_TYPES]
    return any(SITE_ID in values and not values.keys() & {DATABASE_URL, MIRRORS_APPLICATION} for values in of_sites)


def duplicates(site_ids: Iterable[Given]) -> tuple[str, ...]:
    """Return the planner's problems with these ids, a line for each, as if each id was declared."""
    by_name = sorted(site_ids, key=itemgetter(1, 0))
    facts = tuple(SiteFacts(key, name, declared=site_id) for key, name, site_id in by_name)
    return tuple(problem.line for problem in allocate(Ledger(), AllocationRequest(facts)).problems)


def ids_in_ledger(properties: Properties) -> Iterator[Given]:
    """Yield the ids that a ledger assigns."""
    for application, (name, site_id) in load_ledger(properties).assignments.items():
        yield application, name, site_id


def ids_in_variables(resources: Iterable[Declared]) -> Iterator[Given]:
    """Yield the ids that the environments get. Without MIRRORS_APPLICATION the resource's name is the application."""
    for type_, name, properties in resources:
        if type_ in SITE_TYPES:
            values = values_in(type_, properties)
            if site_id := parse_site_id(values.get(SITE_ID)):
                yield name, values.get(MIRRORS_APPLICATION) or name, site_id


def in_clear(type_: str, properties: Properties, allowed: Collection[str] = ()) -> Iterator[str]:
    """Yield problems of variables that look like secrets and are declared as none. They show no value.

    Args:
        type_: the type of the resource.
        properties: the inputs of the resource.
        allowed: names of variables that are no secrets.
    """
    secrets = {
        read_variable_name(key)
        for key, item in properties.items()
        if isinstance(item, Mapping) and "fingerprint" in item
    }
    for name, value in values_in(type_, properties).items():
        if name in secrets or name in LOGGABLE_VARIABLES or name in allowed:
            continue
        if looks_secret(name, value):
            yield (
                f"{name} is declared in clear. Set it with 'pulumi config set --secret --path"
                f" mirrors:secrets.all.{name}', or under the site's slug, and take it out of the plain variables. If it"
                " is no secret, allow it in the policy's configuration: docs/how-to/gitops.md"
            )


def live_not_protected(environment: str | None, on_removal: str | None, *, ledger_protected: bool) -> Iterator[str]:
    """Yield problems of Live: a ledger that can be deleted, and a removal of a leaving site's variables."""
    if environment != "live":
        return
    if not ledger_protected:
        yield "the ledger of Live's SITE_IDs is not protected: without it, ids of retired sites would be given again"
    if on_removal == "clean":
        yield "mirrors:onRemoval is clean: a site of Live that leaves the list would lose its database. Set it to keep"
