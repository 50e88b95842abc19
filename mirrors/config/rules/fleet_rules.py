"""Rules about the sites of a fleet: their slugs and their SITE_IDs."""

from collections.abc import Iterator, Mapping

from mirrors.config.messages.wording import format_path, problem_at, unknown_site_problem
from mirrors.config.models.base import KeyPath
from mirrors.config.models.fleet import SiteSettings
from mirrors.config.models.settings import ALL_MIRRORS
from mirrors.config.rules.validation_context import ValidationContext
from mirrors.problems import Problem


def check_applications_differ(context: ValidationContext) -> Iterator[Problem]:
    """Refuse an application that the fleet lists twice."""
    first: dict[str, KeyPath] = {}
    for place, site in context.sites:
        place = (*place, "application")
        if first.setdefault(site.application, place) != place:
            message = f"{site.application} is also at {format_path(first[site.application])}."
            yield problem_at(place, "application-listed-twice", message, "List each application once")


def check_site_ids_differ(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a SITE_ID that two sites declare."""
    first: dict[int, tuple[KeyPath, SiteSettings]] = {}
    for place, site in context.sites:
        if site.site_id is None:
            continue
        first_place, other = first.setdefault(site.site_id, (place, site))
        if first_place != place:
            where = format_path((*first_place, "siteId"))
            message = (
                f"{site.application} has SITE_ID {site.site_id}, and so has {other.application} at {where}. They would"
                " overwrite each other's content."
            )
            yield problem_at((*place, "siteId"), "site-id-declared-twice", message, "Give each site an id of its own")


def check_site_ids_are_free(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a declared SITE_ID that is retired or reserved."""
    for key, ids in context.settings.fleet.ids_kept_free.items():
        code = "site-id-retired" if key == "retired" else "site-id-reserved"
        for place, site in context.sites:
            if site.site_id in ids:
                message = (
                    f"{site.application} has SITE_ID {site.site_id}, which {format_path(('fleet', key))} keeps free."
                )
                remedy = "Choose another id, or take this one off that list"
                yield problem_at((*place, "siteId"), code, message, remedy)


def check_former_slugs_are_gone(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a former slug that another site has, or had."""
    first = {site.application: (*place, "application") for place, site in reversed(context.sites)}
    for place, site in context.sites:
        if site.formerly is None:
            continue
        place = (*place, "formerly")
        if (other := first.setdefault(site.formerly, place)) != place:
            message = f"{site.formerly} is also at {format_path(other)}. Only one site had this slug."
            swap = "If two sites swap their slugs, give one of them a third slug first, and update every stack"
            remedy = swap if other[-1] == "application" else "Remove one of them"
            yield problem_at(place, "former-slug-in-use", message, remedy)


def check_slugs_in_fleet(context: ValidationContext) -> Iterator[Problem]:
    """Refuse overrides and secrets of a site that is not in the fleet."""
    slugs = {*context.settings.fleet.slugs, *context.named}
    yield from _check_slugs_known(("overrides", "mirrors"), context.settings.overrides.mirrors, slugs)
    yield from _check_slugs_known(("secrets",), context.settings.secrets, {*slugs, ALL_MIRRORS})


def _check_slugs_known(place: KeyPath, keys: Mapping[str, object], known: set[str]) -> Iterator[Problem]:
    for slug in keys:
        if slug not in known:
            yield unknown_site_problem((*place, slug), known)


def check_reserved_slug(context: ValidationContext) -> Iterator[Problem]:
    """Refuse the key ``all`` of the secrets if a site has that slug."""
    settings = context.settings
    if ALL_MIRRORS in settings.secrets and ALL_MIRRORS in settings.fleet.slugs:
        message = f"{ALL_MIRRORS} means every mirror here, and a site has the slug {ALL_MIRRORS}."
        remedy = "Declare the secrets of each site under its own slug"
        yield problem_at(("secrets", ALL_MIRRORS), "site-is-called-all", message, remedy)


def check_stack_reference(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a stack that names itself in ``siteIdsFrom``."""
    if context.settings.site_ids_from == context.stack:
        remedy = "Name the stack that gives this one its ids, or remove the key"
        yield problem_at(("siteIdsFrom",), "stack-follows-itself", "this is the stack itself.", remedy)
