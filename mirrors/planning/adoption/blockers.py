"""Find what a user must decide before Mirrors adopts a fleet that was set up by hand."""

from collections.abc import Iterator

from mirrors.planning.adoption.account import ObservedApplication, ObservedStage, find_swapped_databases
from mirrors.planning.environments import CONTROL_PANEL, ENVIRONMENT_TITLES
from mirrors.planning.variables.dsn import identify_comparable_service, identify_service
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID, parse_site_id
from mirrors.problems import Problem


def find_original_blockers(original: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each thing that the original lacks before its mirrors can share it."""
    for stage, title in ENVIRONMENT_TITLES.items():
        observed = original.stages.get(stage, ObservedStage())
        if not observed.deployed:
            never = f"{title} was never deployed successfully."
            yield Problem("original-never-deployed", never, "Deploy it first", original.slug)
        elif not observed.deployed_variables.get(DATABASE_URL):
            yield Problem(
                "shared-value-unknown",
                f"the platform hides its {DATABASE_URL} in {title}.",
                f"Name the mirrors with --mirror, and set the value as a secret: mirrors:sharedValues.{DATABASE_URL}",
                original.slug,
            )
    here, there = (original.find_deployed_service(stage, DATABASE_URL) for stage in ENVIRONMENT_TITLES)
    if here is not None and here == there:
        yield Problem(
            "environments-share-service",
            f"Test and Live have one database, {here}.",
            "Give each a service of its own",
            original.slug,
        )


def find_swapped_database_blockers(original: ObservedApplication, item: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each environment that has the original's database of the other environment."""
    for here, there, runs in find_swapped_databases(original, item):
        what = "it runs with" if runs else f"its {DATABASE_URL} is set to"
        yield Problem(
            "database-of-other-environment",
            f"in {ENVIRONMENT_TITLES[here]}, {what} the original's database of {ENVIRONMENT_TITLES[there]}."
            f" {'It writes' if runs else 'Its next deployment would write'} into that content.",
            f"Correct or remove its {DATABASE_URL} in {CONTROL_PANEL}, and deploy it there",
            item.slug,
        )


def find_incomparable_databases(original: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each environment whose database Mirrors cannot compare, so a user must name the mirrors."""
    for stage, title in ENVIRONMENT_TITLES.items():
        value = original.stages.get(stage, ObservedStage()).deployed_variables.get(DATABASE_URL)
        if value and identify_comparable_service(value) is None:
            yield Problem(
                "service-not-comparable",
                f"Mirrors cannot compare its {DATABASE_URL} in {title}, {identify_service(value)}, with that of other"
                " applications.",
                "Name the mirrors with --mirror",
                original.slug,
            )


def find_site_id_blockers(item: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each SITE_ID that is hidden, no number, or not the deployed one."""
    for stage, observed in item.stages.items():
        title, running = ENVIRONMENT_TITLES[stage], parse_site_id(observed.deployed_variables.get(SITE_ID))
        own = observed.variables.get(SITE_ID)
        if own is None or (own.value is None and running is not None):
            continue
        if own.value is None:
            hidden = f"the platform hides its SITE_ID in {title}."
            yield Problem("site-id-unknown", hidden, "Declare the siteId that it has", item.slug)
        elif parse_site_id(own.value) is None:
            invalid = f"its SITE_ID in {title} is no whole number above 0."
            yield Problem("site-id-invalid", invalid, f"Correct it in {CONTROL_PANEL}", item.slug)
        elif running is not None and parse_site_id(own.value) != running:
            yield Problem(
                "site-id-differs",
                f"its SITE_ID in {title} is set to {own.value}, but its instances run with {running}.",
                "Mirrors does not renumber a running site. Make both equal first",
                item.slug,
            )
