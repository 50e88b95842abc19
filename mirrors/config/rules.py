"""Rules about more than one key. Each rule is a function ``check_…`` from the settings to problems."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from pydantic import SecretStr

from mirrors.config.base import KeyPath
from mirrors.config.messages import format_path, format_value, problem_at, suggest_known, unknown_site_problem
from mirrors.config.models import ALL_MIRRORS, SITE_VARIABLE_NAMES, Settings, SiteSettings
from mirrors.problems import Problem
from mirrors.web_addresses import is_host

DOMAIN_VARIABLE = "DOMAIN"
"""The variable with a site's own host name."""


@dataclass(frozen=True)
class ValidationContext:
    """The settings, with facts about the user's files that the settings do not have.

    Args:
        settings: The valid part of the configuration.
        positions: The number of each mirror in the user's list, in the order of ``settings.mirrors``.
        named: The slugs of all entries of that list, also of those that are not valid.
        stack: The short name of the stack.
    """

    settings: Settings
    positions: Sequence[int]
    named: frozenset[str]
    stack: str

    @property
    def sites(self) -> list[tuple[KeyPath, SiteSettings]]:
        """The original and the mirrors, each with its place in the configuration."""
        fleet = self.settings.fleet
        mirrors = zip(self.positions, fleet.mirrors, strict=True)
        return [(("fleet", "original"), fleet.original), *((("fleet", "mirrors", i), mirror) for i, mirror in mirrors)]


def validate_settings(context: ValidationContext) -> Iterator[Problem]:
    """Yield a problem for each rule that the settings break, each problem once."""
    return iter(dict.fromkeys(chain.from_iterable(rule(context) for rule in _CONFIG_RULES)))


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
        there, other = first.setdefault(site.site_id, (place, site))
        if there != place:
            where = format_path((*there, "siteId"))
            message = (
                f"{site.application} has SITE_ID {site.site_id}, and so has {other.application} at {where}. They would"
                " overwrite each other's content."
            )
            yield problem_at((*place, "siteId"), "site-id-declared-twice", message, "Give each site an id of its own")


def check_site_ids_are_free(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a declared SITE_ID that is retired or reserved."""
    fleet = context.settings.fleet
    kept = (
        ("retired", fleet.retired),
        ("reservedSiteIds", fleet.reserved_site_ids),
        ("reservedFor", tuple(fleet.reserved_for.values())),
    )
    for key, ids in kept:
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
    seen = {site.application: (*place, "application") for place, site in reversed(context.sites)}
    for place, site in context.sites:
        if site.formerly is None:
            continue
        place = (*place, "formerly")
        if (other := seen.setdefault(site.formerly, place)) != place:
            message = f"{site.formerly} is also at {format_path(other)}. Only one site had this slug."
            swap = "If two sites swap their slugs, give one of them a third slug first, and update every stack"
            remedy = swap if other[-1] == "application" else "Remove one of them"
            yield problem_at(place, "former-slug-in-use", message, remedy)


def check_own_variables_undeclared(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a declared variable that Mirrors sets, or that the fleet shares."""
    reserved = context.settings.reserved_names
    for place, names in _variable_places(context):
        for name in names:
            if name in reserved:
                owner = "Mirrors sets" if name in SITE_VARIABLE_NAMES else f"{format_path(('fleet', 'shared'))} shares"
                message = f"{owner} {name}, so you cannot declare it."
                yield problem_at((*place, name), "variable-name-reserved", message, "Remove it here")


def _variable_places(context: ValidationContext) -> Iterator[tuple[KeyPath, Mapping[str, str | SecretStr]]]:
    settings = context.settings
    yield ("fleet", "variables"), settings.fleet.variables
    for place, site in context.sites:
        yield (*place, "variables"), site.variables
    yield ("overrides", "variables"), settings.overrides.variables
    for slug, override in settings.overrides.mirrors.items():
        yield ("overrides", "mirrors", slug, "variables"), override.variables
    for slug, names in settings.secrets.items():
        yield ("secrets", slug), names


def check_domains_are_hosts(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a DOMAIN that is not one host: the companion app makes the site's ``Site`` row from it."""
    for place, variables in _variable_places(context):
        value = variables.get(DOMAIN_VARIABLE)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text and not is_host(text.strip()):
            message = "the value is not one host name, such as www.example.com or localhost:8000."
            remedy = "Leave out https:// and the path, and put other host names into DOMAIN_ALIASES"
            yield problem_at((*place, DOMAIN_VARIABLE), "domain-is-no-host", message, remedy)


def check_plain_or_secret(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a variable that a site has both in clear and as a secret."""
    settings = context.settings
    for place, site in context.sites:
        for there, plain in settings.plain_variables_of(site):
            for here, secrets in settings.secret_variables_of(site):
                for name in sorted(plain.keys() & secrets.keys()):
                    own: KeyPath = (*place, "variables")
                    message = f"{name} is also a plain variable at {format_path((*(there or own), name))}."
                    yield problem_at((*here, name), "variable-plain-and-secret", message, "Declare it once")


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


def check_shared_names(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a shared name that Mirrors sets itself, or that the list has twice."""
    shared = context.settings.fleet.shared
    for position, name in enumerate(shared):
        place = ("fleet", "shared", position)
        if name in SITE_VARIABLE_NAMES:
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


def check_stack_reference(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a stack that names itself in ``siteIdsFrom``."""
    if context.settings.site_ids_from == context.stack:
        remedy = "Name the stack that gives this one its ids, or remove the key"
        yield problem_at(("siteIdsFrom",), "stack-follows-itself", "this is the stack itself.", remedy)


def check_wave_sizes(context: ValidationContext) -> Iterator[Problem]:
    """Refuse waves that do not grow, and a last wave without all mirrors."""
    waves = context.settings.rollout.waves
    for kind in (int, str):
        sizes = [(number, int(str(size).rstrip("%"))) for number, size in enumerate(waves) if isinstance(size, kind)]
        for (_, before), (number, size) in pairwise(sizes):
            if size <= before:
                message = (
                    f"{format_value(waves[number])} is not more than the wave before. The size of each wave includes"
                    " the mirrors of earlier waves."
                )
                yield problem_at(("rollout", "waves", number), "waves-do-not-grow", message, "Write a larger size")
    if waves[-1:] != ("100%",):
        message = "the last wave does not take all mirrors."
        yield problem_at(("rollout", "waves"), "last-wave-not-all", message, 'Add "100%" at the end')


def check_pause_after(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a pause after a wave that does not exist."""
    rollout = context.settings.rollout
    if rollout.pause_after is not None and rollout.pause_after > len(rollout.waves):
        message = (
            f"there is no wave {rollout.pause_after}: {format_path(('rollout', 'waves'))} has {len(rollout.waves)}."
        )
        remedy = "Lower the number, or remove the key so that no wave pauses"
        yield problem_at(("rollout", "pauseAfter"), "no-wave-to-pause-after", message, remedy)


def check_platform_rules(context: ValidationContext) -> Iterator[Problem]:
    """Apply the rules of the chosen platform."""
    yield from context.settings.platform.problems(context)


def check_original_not_held(context: ValidationContext) -> Iterator[Problem]:
    """Refuse an override that holds the original."""
    settings = context.settings
    original = settings.fleet.original.application
    if (override := settings.overrides.mirrors.get(original)) and override.hold is not None:
        place = ("overrides", "mirrors", original, "hold")
        message = f"{original} is the original, and you can hold mirrors only."
        yield problem_at(place, "original-is-held", message, "Remove hold here")


_CONFIG_RULES = (
    check_applications_differ,
    check_site_ids_differ,
    check_site_ids_are_free,
    check_former_slugs_are_gone,
    check_own_variables_undeclared,
    check_domains_are_hosts,
    check_plain_or_secret,
    check_slugs_in_fleet,
    check_reserved_slug,
    check_shared_names,
    check_shared_values,
    check_stack_reference,
    check_wave_sizes,
    check_pause_after,
    check_original_not_held,
    check_platform_rules,
)
