"""The rules, on plain data. They are the planner's own, asked of whatever a stack declares, by ``Fleet`` or by hand."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from mirrors.planning.allocate import Hints, Ledger, SiteHint, allocate
from mirrors.planning.ledger import ledger_from
from mirrors.planning.names import DATABASE_URL, MIRRORS_APPLICATION, PUBLIC, SITE_ID, number
from mirrors.resources.base import VariablesProvider
from mirrors.resources.deployment import DeploymentProvider
from mirrors.resources.environment_variables import EnvironmentVariablesProvider

PREFIX = "pulumi-python:dynamic/mirrors:"
WITH_VARIABLES: Mapping[str, type[VariablesProvider]] = {
    f"{PREFIX}EnvironmentVariables": EnvironmentVariablesProvider,
    f"{PREFIX}Deployment": DeploymentProvider,
}
SITE_IDS = f"{PREFIX}SiteIds"
SUSPICIOUS = ("SECRET", "PASSWORD", "PASSPHRASE", "TOKEN", "CREDENTIAL", "PRIVATE", "API_KEY", "ACCESS_KEY")
"""Parts of names whose values are hardly ever meant for everybody who reads the repository."""

Properties = Mapping[str, Any]


def values_in(type_: str, properties: Properties) -> dict[str, str | None]:
    """{name: value} of a resource's variables; None for a value that is not known yet, as in a preview."""
    found = WITH_VARIABLES[type_].variables_in(properties) if type_ in WITH_VARIABLES else {}
    values = {name: item.get("value") if isinstance(item, Mapping) else item for name, item in found.items()}
    return {name: value if isinstance(value, str) else None for name, value in values.items()}


def without_own_site_id(values: Mapping[str, str | None]) -> str | None:
    """A mirror with the shared database serves, and overwrites, site 1 if it has no SITE_ID of its own.

    An original that is deployed by us is no mirror: it has no MIRRORS_APPLICATION, and declares no DATABASE_URL.
    """
    if DATABASE_URL not in values:
        return None
    if SITE_ID in values and (values[SITE_ID] is None or number(values[SITE_ID])):
        return None
    return f"it has the shared {DATABASE_URL} and no {SITE_ID} of its own: it would serve, and overwrite, site 1"


def duplicates(site_ids: Iterable[tuple[str, str, int]]) -> tuple[str, ...]:
    """The planner's problems with these (key, name, SITE_ID), each as if somebody had declared it."""
    hints = tuple(SiteHint(key, name, declared=site_id) for key, name, site_id in sorted(site_ids))
    return allocate(Ledger(), Hints(hints)).problems


def ids_in_ledger(properties: Properties) -> Iterator[tuple[str, str, int]]:
    for application, (name, site_id) in ledger_from(properties).assignments.items():
        yield application, name, site_id


def ids_in_variables(resources: Iterable[tuple[str, str, Properties]]) -> Iterator[tuple[str, str, int]]:
    """Of (type, name, properties): what the environments get."""
    for type_, name, properties in resources:
        if type_ == f"{PREFIX}EnvironmentVariables":
            values = values_in(type_, properties)
            if site_id := number(values.get(SITE_ID)):
                yield name, values.get(MIRRORS_APPLICATION) or name, site_id


def in_clear(type_: str, properties: Properties) -> Iterator[str]:
    """Variables that are declared as no secrets, and look like some. No value is told."""
    secrets = properties.get("secrets") or ()
    for name, value in values_in(type_, properties).items():
        if name in secrets or name in PUBLIC:
            continue
        if any(part in name for part in SUSPICIOUS) or has_password(value):
            yield (
                f"{name} is declared in clear. Set it with 'pulumi config set --secret --path"
                f" mirrors:secrets.all.{name}', or under the site's slug, and take it out of the plain variables"
            )


def has_password(value: str | None) -> bool:
    try:
        return bool(value and urlsplit(value).password)
    except ValueError:
        return False


def live_not_protected(environment: str | None, on_removal: str | None, *, ledger_protected: bool) -> Iterator[str]:
    """In Live the ledger of SITE_IDs cannot be deleted, and no variable of a site that leaves is removed."""
    if environment != "live":
        return
    if not ledger_protected:
        yield "the ledger of Live's SITE_IDs is not protected: without it, ids of retired sites would be given again"
    if on_removal == "clean":
        yield "mirrors:onRemoval is clean: a site of Live that leaves the list would lose its database. Set it to keep"
