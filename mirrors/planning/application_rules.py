"""Refuse a fleet whose applications, environments or first deployments are missing."""

from collections.abc import Iterator

from mirrors.config import Settings
from mirrors.config.messages.wording import format_path
from mirrors.planning.adoption.suggestions import suggest_slug
from mirrors.planning.environments import CONTROL_PANEL, ENVIRONMENT_TITLES, choose_image_environment
from mirrors.planning.observed import ObservedFleet
from mirrors.planning.rollout.releases import newest_successful
from mirrors.problems import Problem


def find_application_problems(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    """Yield the problems of the declared applications."""
    yield from _refuse_missing_applications(settings, observed)
    yield from _refuse_unknown_reservations(settings, observed)
    yield from _refuse_missing_environments(settings, observed)
    yield from _refuse_undeployed_original(settings, observed)


def _refuse_missing_applications(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    slug = settings.fleet.original.application
    if observed.original is None:
        yield make_not_found_problem(
            slug, f"Check the slug and the token's rights. If it was renamed, write its new name and formerly: {slug}"
        )
    visible = {*observed.applications, *observed.mirrors} - {slug}
    for item in settings.mirrors:
        if (now := observed.renamed_mirrors.get(item.application)) is not None:
            yield Problem(
                "application-renamed",
                f'the application of this name was renamed "{now}".',
                f'Write "application: {now}, formerly: {item.application}"',
                item.application,
            )
        elif item.application not in observed.mirrors:
            near = suggest_slug(item.application, settings.fleet.slugs, visible)
            remedy = f"Did you mean {near}? Otherwise create" if near else "Create"
            yield make_not_found_problem(
                item.application,
                f'{remedy} it once in {CONTROL_PANEL}: "{slug}" > Settings > Duplicate > Mirror, name'
                f' "{item.application}". Or take it off the list',
            )


def make_not_found_problem(slug: str, remedy: str) -> Problem:
    """Return the problem of an application that the token cannot see."""
    return Problem("application-not-found", "this token sees no application of this name.", remedy, slug)


def _refuse_unknown_reservations(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    """Refuse an unknown slug in ``reservedFor``: after a typing error the intended application has no reserved id."""
    visible = {*observed.applications, *observed.mirrors, *settings.fleet.slugs}
    for slug, site_id in settings.fleet.reserved_for.items() if observed.original else ():
        if slug not in visible:
            near = suggest_slug(slug, settings.fleet.slugs, visible)
            meaning = f"Did you mean {near}?" if near else "Check the slug and the token's rights."
            yield Problem(
                "reserved-for-unknown",
                "this token sees no application of this name.",
                f"{meaning} If it is gone, or on another account, reserve its id with"
                f" mirrors:fleet.reservedSiteIds: [{site_id}]",
                slug,
                format_path(("fleet", "reservedFor", slug)),
            )


def _refuse_missing_environments(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    for site in (observed.original, *observed.mirrors.values()):
        if site is not None and site.environment is None:
            yield Problem(
                "environment-not-found",
                f'it has no environment "{settings.environment}".',
                f"Create it in {CONTROL_PANEL}, or set mirrors:environment to one that it has",
                site.slug,
            )


def _refuse_undeployed_original(settings: Settings, observed: ObservedFleet) -> Iterator[Problem]:
    original = observed.original
    if original is None or original.environment is None:
        return
    here, image = settings.environment, choose_image_environment(settings)
    if newest_successful(original.deployments) is None:
        yield _make_undeployed_problem(original.slug, here, "Mirrors does not know the values to share")
    if image != here and newest_successful(observed.releases) is None:
        yield _make_undeployed_problem(original.slug, image, "its mirrors have no image")


def _make_undeployed_problem(slug: str, environment: str, effect: str) -> Problem:
    title = ENVIRONMENT_TITLES[environment]
    return Problem(
        "original-never-deployed",
        f"{title} was never deployed successfully, so {effect}.",
        f"Deploy {slug} in {title} first",
        slug,
    )
