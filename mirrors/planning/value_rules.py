"""Refuse shared values that are unknown, and services that belong to the other environment."""

from collections.abc import Iterator

from mirrors.config import Settings
from mirrors.config.messages.wording import format_path
from mirrors.planning.environments import CONTROL_PANEL, ENVIRONMENT_TITLES
from mirrors.planning.observed import DeployedVariables, ObservedFleet
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.variables.confirmations import is_confirmed, normalize_confirmed_identities
from mirrors.planning.variables.dsn import (
    identify_comparable_service,
    identify_for_confirmation,
    identify_service,
    is_same_service,
    read_service,
)
from mirrors.planning.variables.names import DATABASE_URL, is_service_variable
from mirrors.planning.variables.shared import find_shared_value
from mirrors.problems import Problem
from mirrors.problems.databases import confirm_command


def find_value_problems(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    """Yield the problems of the shared values."""
    yield from _refuse_unknown_values(settings, observed)
    yield from _refuse_shared_services(settings, observed)
    yield from _refuse_swapped_databases(settings, observed)


def _refuse_unknown_values(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    original = observed.original
    if original is None or newest_successful(original.deployments) is None:
        return
    title = ENVIRONMENT_TITLES[settings.environment]
    for name in settings.fleet.shared:
        stand_in = settings.shared_values.get(name)
        shown = original.deployed_variables.get(name)
        if shown and stand_in and stand_in.get_secret_value() != shown:
            yield Problem(
                "shared-value-differs",
                f"it differs from what the instances of {original.slug} run with in {title}.",
                "Correct or remove it",
                original.slug,
                format_path(("sharedValues", name)),
            )
        elif not shown and not stand_in:
            yield Problem(
                "shared-value-unknown",
                f"in {title}, {name} {_describe_unknown_value(original.deployed_variables, name)}.",
                f"{_advise_shared_value(settings, name)}, or take it off mirrors:fleet.shared",
                original.slug,
            )


def _advise_shared_value(settings: Settings, name: str) -> str:
    if settings.program_fleet is not None:
        return f"Pass it in {format_path(('sharedValues',))}, from a secret of the stack"
    return f"Set it as a secret with 'pulumi config set --secret --path mirrors:sharedValues.{name}'"


def _describe_unknown_value(deployed: DeployedVariables, name: str) -> str:
    if name not in deployed:
        return "is not among its variables"
    return "is hidden by the platform" if deployed[name] is None else "is empty"


def _refuse_shared_services(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    """Refuse a service that Test and Live share, because Test would write into Live's content."""
    if observed.original is None:
        return
    slug = observed.original.slug
    for name in filter(is_service_variable, settings.fleet.shared):
        here, there = (
            find_shared_value(settings, observed.original, name),
            observed.other_environment_variables.get(name),
        )
        alike = is_same_service(read_service(here), read_service(there)) if here and there else False
        if alike:
            yield Problem(
                "environments-share-service",
                f"{name} is the same in Test and in Live, {identify_service(here)}.",
                f"Give each environment a service of its own and deploy {slug} in both",
                slug,
            )
        elif alike is None and not is_confirmed(settings, slug, name, here):
            other = "Live" if settings.environment == "test" else "Test"
            confirmed = identify_for_confirmation(identify_service(here), slug, name)
            yield Problem(
                "service-not-comparable",
                f"{name} is {identify_service(here)} here and {identify_service(there)} in {other}, and Mirrors cannot"
                " tell whether these are two services.",
                f"If they are one, give each environment a service of its own and deploy {slug} in both. If they are"
                f" two, confirm it with {confirm_command(confirmed, settings.stack)}",
                slug,
            )


def _refuse_swapped_databases(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    """Refuse an unmanaged mirror whose DATABASE_URL is that of the original's other environment.

    A user copied the wrong value. At a managed mirror this is drift, which Mirrors repairs.
    """
    there = identify_comparable_service(observed.other_environment_variables.get(DATABASE_URL))
    here = identify_comparable_service(find_shared_value(settings, observed.original, DATABASE_URL))
    for item in settings.mirrors:
        site = observed.mirrors.get(item.application)
        own = site.variables.get(DATABASE_URL) if site and not site.is_managed(item.formerly) else None
        if own is not None and there not in (None, here) and identify_comparable_service(own.value) == there:
            yield from _refuse_unless_confirmed(settings, item.application, str(there))


def _refuse_unless_confirmed(settings: Settings, slug: str, identity: str) -> Iterator[Problem]:
    stage = settings.environment
    here, there = ENVIRONMENT_TITLES[stage], ENVIRONMENT_TITLES["test" if stage == "live" else "live"]
    if identity not in normalize_confirmed_identities(settings):
        yield Problem(
            "database-of-other-environment",
            f"its DATABASE_URL in {here} points at the database that the original has in {there}, {identity}. That is a"
            " copy in the wrong environment.",
            f"Remove it in {CONTROL_PANEL}, so that an up writes the one of {here}; or confirm that the site gives it"
            f" up with {confirm_command(identity, settings.stack)}",
            slug,
        )
