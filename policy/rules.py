"""The rules, on plain data. They are the planner's own, asked of whatever a stack declares, by ``Fleet`` or by hand."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from mirrors.planning.reports.pulumi_steps import OURS, SITES
from mirrors.planning.site_ids.allocate import ORIGINAL_ID, AllocationRequest, Ledger, SiteFacts, allocate
from mirrors.planning.site_ids.ledger import ledger_from
from mirrors.planning.site_state import RUNNING, is_variable, name_of
from mirrors.planning.variables.names import DATABASE_URL, LOGGABLE_VARIABLES, MIRRORS_APPLICATION, SITE_ID, number
from mirrors.planning.variables.secrecy import looks_secret

SITE_IDS = f"{OURS}SiteIds"
Properties = Mapping[str, Any]
Declared = tuple[str, str, Properties]
"""A resource: (type, name, properties)."""

Given = tuple[str, str, int]
"""(key, application, SITE_ID). The key is the application's uuid in the ledger, the resource's name of variables."""


def values_in(type_: str, properties: Properties) -> dict[str, str | None]:
    """{name: value} of a site's variables; None for a secret, and for what is not known yet, as in a preview."""
    set_ = {name_of(key): item for key, item in properties.items() if is_variable(key) and not key.endswith(RUNNING)}
    values = {name: item.get("value") if isinstance(item, Mapping) else item for name, item in set_.items()}
    return {name: value if isinstance(value, str) else None for name, value in values.items()} if type_ in SITES else {}


def without_own_site_id(values: Mapping[str, str | None]) -> str | None:
    """A mirror with the shared database serves, and overwrites, site 1 if it has no SITE_ID of its own.

    An original that is deployed by us is no mirror: it has no MIRRORS_APPLICATION, and declares no DATABASE_URL.
    """
    if DATABASE_URL not in values:
        return None
    if SITE_ID in values and (values[SITE_ID] is None or number(values[SITE_ID])):
        return None
    return f"it has the shared {DATABASE_URL} and no {SITE_ID} of its own: it would serve, and overwrite, site 1"


def not_its_own(resources: Collection[Declared]) -> Iterator[str]:
    """Sites that share a SITE_ID, be it in the ledger, in their variables, or between the two.

    Where neither a ledger nor the variables of the original say what the original's is, it is 1.
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
    """Whether an original's own variables, among which is neither of a mirror's two, have its SITE_ID."""
    ours = [values_in(type_, properties) for type_, _, properties in resources if type_ in SITES]
    return any(SITE_ID in values and not values.keys() & {DATABASE_URL, MIRRORS_APPLICATION} for values in ours)


def duplicates(site_ids: Iterable[Given]) -> tuple[str, ...]:
    """The planner's problems with these, a line for each, as if each id was declared."""
    by_name = sorted(site_ids, key=itemgetter(1, 0))
    hints = tuple(SiteFacts(key, name, declared=site_id) for key, name, site_id in by_name)
    return tuple(problem.line for problem in allocate(Ledger(), AllocationRequest(hints)).problems)


def ids_in_ledger(properties: Properties) -> Iterator[Given]:
    for application, (name, site_id) in ledger_from(properties).assignments.items():
        yield application, name, site_id


def ids_in_variables(resources: Iterable[Declared]) -> Iterator[Given]:
    """What the environments get. Without MIRRORS_APPLICATION the resource's name is taken for the application's."""
    for type_, name, properties in resources:
        if type_ in SITES:
            values = values_in(type_, properties)
            if site_id := number(values.get(SITE_ID)):
                yield name, values.get(MIRRORS_APPLICATION) or name, site_id


def in_clear(type_: str, properties: Properties, allowed: Collection[str] = ()) -> Iterator[str]:
    """Variables that are declared as no secrets, and look like some; not those ``allowed``. No value is told."""
    secrets = {name_of(key) for key, item in properties.items() if isinstance(item, Mapping) and "fingerprint" in item}
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
    """In Live the ledger of SITE_IDs cannot be deleted, and no variable of a site that leaves is removed."""
    if environment != "live":
        return
    if not ledger_protected:
        yield "the ledger of Live's SITE_IDs is not protected: without it, ids of retired sites would be given again"
    if on_removal == "clean":
        yield "mirrors:onRemoval is clean: a site of Live that leaves the list would lose its database. Set it to keep"
