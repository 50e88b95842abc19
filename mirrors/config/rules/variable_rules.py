"""Rules about the variables of sites, plain, secret and shared."""

from collections.abc import Iterator, Mapping

from pydantic import SecretStr

from mirrors.config.known_later import KnownLater
from mirrors.config.messages.wording import format_path, format_value, problem_at, suggest_known
from mirrors.config.models.base import KeyPath
from mirrors.config.rules.validation_context import ValidationContext
from mirrors.config.values.variable_names import DOMAIN, SITE_VARIABLES
from mirrors.problems import Problem
from mirrors.web_addresses import is_host


def check_own_variables_undeclared(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a declared variable that Mirrors sets, or that the fleet shares."""
    reserved = context.settings.reserved_names
    for place, names in _list_variable_places(context):
        for name in names:
            if name in reserved:
                owner = "Mirrors sets" if name in SITE_VARIABLES else f"{format_path(('fleet', 'shared'))} shares"
                message = f"{owner} {name}, so you cannot declare it."
                yield problem_at((*place, name), "variable-name-reserved", message, "Remove it here")


def check_domains_are_hosts(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a DOMAIN that is not one host: the companion app makes the site's ``Site`` row from it."""
    for place, variables in _list_variable_places(context):
        value = variables.get(DOMAIN)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str) and text and not is_host(text.strip()):
            message = "the value is not one host name, such as www.example.com or localhost:8000."
            remedy = "Leave out https:// and the path, and put other host names into DOMAIN_ALIASES"
            yield problem_at((*place, DOMAIN), "domain-is-no-host", message, remedy)


def check_plain_or_secret(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a variable that a site has both in clear and as a secret."""
    settings = context.settings
    for place, site in context.sites:
        for plain_place, plain in settings.plain_variables_of(site):
            for secret_place, secrets in settings.secret_variables_of(site):
                for name in sorted(plain.keys() & secrets.keys()):
                    own: KeyPath = (*place, "variables")
                    message = f"{name} is also a plain variable at {format_path((*(plain_place or own), name))}."
                    yield problem_at((*secret_place, name), "variable-plain-and-secret", message, "Declare it once")


def check_shared_names(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a shared name that Mirrors sets itself, or that the list has twice."""
    shared = context.settings.fleet.shared
    for position, name in enumerate(shared):
        place = ("fleet", "shared", position)
        if name in SITE_VARIABLES:
            message = f"each site has its own {name}, so the fleet cannot share it."
            yield problem_at(place, "variable-name-reserved", message, "Remove it")
        if name in shared[:position]:
            message = f"{format_value(name)} is listed twice."
            yield problem_at(place, "shared-name-listed-twice", message, "Remove one of them")


def check_shared_values(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a value of ``sharedValues`` whose name the fleet does not share."""
    shared = context.settings.fleet.shared
    for name in context.settings.shared_values:
        if name not in shared:
            message = f"{format_path(('fleet', 'shared'))} lacks this name."
            yield problem_at(("sharedValues", name), "value-of-unshared-name", message, suggest_known(name, shared))


def _list_variable_places(
    context: ValidationContext,
) -> Iterator[tuple[KeyPath, Mapping[str, str | SecretStr | KnownLater]]]:
    settings = context.settings
    yield ("fleet", "variables"), settings.fleet.variables
    for place, site in context.sites:
        yield (*place, "variables"), site.variables
    yield ("overrides", "variables"), settings.overrides.variables
    for slug, override in settings.overrides.mirrors.items():
        yield ("overrides", "mirrors", slug, "variables"), override.variables
    for slug, names in settings.secrets.items():
        yield ("secrets", slug), names
