"""Rules about more than one key. Each is a function from the settings to problems."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from pydantic import SecretStr

from mirrors.config.base import Place
from mirrors.config.docker_rules import docker_problems
from mirrors.config.messages import no_such_site, path, problem_at, shown, suggestion
from mirrors.config.models import ALL, OWN_NAMES, Settings, Site
from mirrors.config.values import is_host
from mirrors.problems import Problem

DOMAIN = "DOMAIN"
"""The variable with a site's own host name."""


@dataclass(frozen=True)
class Declaration:
    """Settings with what they do not know themselves.

    ``positions`` are the numbers that the mirrors have in the user's list, ``named`` the applications of all mirrors,
    also of those left out because something is wrong with them, ``stack`` is the short name of the stack.
    """

    settings: Settings
    positions: Sequence[int]
    named: frozenset[str]
    stack: str

    @property
    def sites(self) -> list[tuple[Place, Site]]:
        fleet = self.settings.fleet
        mirrors = zip(self.positions, fleet.mirrors, strict=True)
        return [(("fleet", "original"), fleet.original), *((("fleet", "mirrors", i), mirror) for i, mirror in mirrors)]


def broken(declaration: Declaration) -> Iterator[Problem]:
    """Every rule that the declaration breaks, each problem once."""
    return iter(dict.fromkeys(chain.from_iterable(rule(declaration) for rule in _RULES)))


def _applications_differ(declaration: Declaration) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for place, site in declaration.sites:
        place = (*place, "application")
        if first.setdefault(site.application, place) != place:
            message = f"{site.application} stands at {path(first[site.application])} already"
            yield problem_at(place, "application-listed-twice", message, "list each application once")


def _site_ids_differ(declaration: Declaration) -> Iterator[Problem]:
    first: dict[int, tuple[Place, Site]] = {}
    for place, site in declaration.sites:
        if site.site_id is None:
            continue
        there, other = first.setdefault(site.site_id, (place, site))
        if there != place:
            where = path((*there, "siteId"))
            message = f"{site.application} has {site.site_id}, and so has {other.application} at {where}"
            remedy = "two sites with one SITE_ID overwrite each other, give each its own"
            yield problem_at((*place, "siteId"), "site-id-declared-twice", message, remedy)


def _site_ids_are_free(declaration: Declaration) -> Iterator[Problem]:
    fleet = declaration.settings.fleet
    kept = (
        ("retired", fleet.retired),
        ("reservedSiteIds", fleet.reserved_site_ids),
        ("reservedFor", tuple(fleet.reserved_for.values())),
    )
    for key, ids in kept:
        for place, site in declaration.sites:
            if site.site_id in ids:
                keeps = f"which {path(('fleet', key))} keeps from being used"
                message = f"{site.application} has {site.site_id}, {keeps}"
                remedy = "choose another or take it from that list"
                yield problem_at((*place, "siteId"), "site-id-reserved", message, remedy)


def _former_slugs_are_gone(declaration: Declaration) -> Iterator[Problem]:
    seen = {site.application: (*place, "application") for place, site in reversed(declaration.sites)}
    for place, site in declaration.sites:
        if site.formerly is None:
            continue
        place = (*place, "formerly")
        if (other := seen.setdefault(site.formerly, place)) != place:
            message = f"{site.formerly} stands at {path(other)}, too; one site had this slug"
            swap = "Where two change places, give one a slug that neither had and update every stack first"
            end, remedy = (".", swap) if other[-1] == "application" else ("", "")
            yield problem_at(place, "former-slug-in-use", message + end, remedy)


def _names_are_free(declaration: Declaration) -> Iterator[Problem]:
    reserved = declaration.settings.reserved_names
    for place, names in _variable_places(declaration):
        for name in names:
            if name in reserved:
                whose = "set by mirrors itself" if name in OWN_NAMES else "shared by the original (fleet.shared)"
                message = f"{name} is {whose} and cannot be declared"
                yield problem_at((*place, name), "variable-name-reserved", message, "remove it here")


def _variable_places(declaration: Declaration) -> Iterator[tuple[Place, Mapping[str, str | SecretStr]]]:
    settings = declaration.settings
    yield ("fleet", "variables"), settings.fleet.variables
    for place, site in declaration.sites:
        yield (*place, "variables"), site.variables
    yield ("overrides", "variables"), settings.overrides.variables
    for slug, override in settings.overrides.mirrors.items():
        yield ("overrides", "mirrors", slug, "variables"), override.variables
    for slug, names in settings.secrets.items():
        yield ("secrets", slug), names


def _domains_are_hosts(declaration: Declaration) -> Iterator[Problem]:
    """Of a site's own address the companion app makes the row that Django looks up."""
    for place, variables in _variable_places(declaration):
        value = variables.get(DOMAIN)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text and not is_host(text.strip()):
            message = "takes one host name, with its port if it has one, such as www.example.com"
            remedy = "leave out https:// and the path, and put further host names into DOMAIN_ALIASES"
            yield problem_at((*place, DOMAIN), "domain-is-no-host", message, remedy)


def _nobody_sets_them(declaration: Declaration) -> Iterator[Problem]:
    """Variables of an original that is only read would reach nobody."""
    settings, original = declaration.settings, declaration.settings.fleet.original
    if original.deploy or settings.platform == "docker":
        return
    override = settings.overrides.mirrors.get(original.application)
    places: list[tuple[Place, object]] = [
        (("fleet", "original", "variables"), original.variables),
        (("overrides", "mirrors", original.application, "variables"), override.variables if override else None),
        (("secrets", original.application), settings.secrets.get(original.application)),
    ]
    for place, declared in places:
        if declared:
            message = "the original is only read, so nobody sets them"
            remedy = f"add deploy: true to {path(('fleet', 'original'))}, or remove them here"
            yield problem_at(place, "original-only-read", message, remedy)


def _plain_or_secret(declaration: Declaration) -> Iterator[Problem]:
    settings = declaration.settings
    for place, site in declaration.sites:
        for there, plain in settings.plain_variables_of(site):
            for here, secrets in settings.secret_variables_of(site):
                for name in sorted(plain.keys() & secrets.keys()):
                    own: Place = (*place, "variables")
                    message = f"{name} is a plain variable at {path((*(there or own), name))}, too"
                    yield problem_at((*here, name), "variable-plain-and-secret", message, "declare it once")


def _slugs_are_in_the_fleet(declaration: Declaration) -> Iterator[Problem]:
    slugs = {*declaration.settings.fleet.slugs, *declaration.named}
    yield from _unknown_slugs(("overrides", "mirrors"), declaration.settings.overrides.mirrors, slugs)
    yield from _unknown_slugs(("secrets",), declaration.settings.secrets, {*slugs, ALL})


def _unknown_slugs(place: Place, keys: Mapping[str, object], known: set[str]) -> Iterator[Problem]:
    for slug in keys:
        if slug not in known:
            yield no_such_site((*place, slug), known)


def _all_is_no_slug(declaration: Declaration) -> Iterator[Problem]:
    settings = declaration.settings
    if ALL in settings.secrets and ALL in settings.fleet.slugs:
        message = f"means every mirror, but a site is called {ALL}"
        yield problem_at(("secrets", ALL), "site-is-called-all", message, "declare secrets site by site")


def _shared_names_are_sound(declaration: Declaration) -> Iterator[Problem]:
    shared = declaration.settings.fleet.shared
    for position, name in enumerate(shared):
        place = ("fleet", "shared", position)
        if name in OWN_NAMES:
            message = f"{name} is each site's own and cannot be shared"
            yield problem_at(place, "variable-name-reserved", message, "remove it")
        if name in shared[:position]:
            yield problem_at(place, "shared-name-listed-twice", f"{shown(name)} is listed twice", "remove one")
    if "DATABASE_URL" not in shared and declaration.settings.platform == "divio":
        message = (
            "DATABASE_URL is not in it. It tells which sites share a database, so that none of them gets the SITE_ID of"
            " another"
        )
        yield problem_at(("fleet", "shared"), "database-url-not-shared", message, "add it")


def _shared_values_are_shared(declaration: Declaration) -> Iterator[Problem]:
    shared = declaration.settings.fleet.shared
    for name in declaration.settings.shared_values:
        if name not in shared:
            message = "is not among the names of fleet.shared"
            yield problem_at(("sharedValues", name), "value-of-unshared-name", message, suggestion(name, shared))


def _no_stack_follows_itself(declaration: Declaration) -> Iterator[Problem]:
    if declaration.settings.site_ids_from == declaration.stack:
        remedy = "name the stack that it follows, or remove the key"
        yield problem_at(("siteIdsFrom",), "stack-follows-itself", "is this stack itself", remedy)


def _waves_grow_to_all(declaration: Declaration) -> Iterator[Problem]:
    waves = declaration.settings.rollout.waves
    for kind in (int, str):
        sizes = [(number, int(str(size).rstrip("%"))) for number, size in enumerate(waves) if isinstance(size, kind)]
        for (_, before), (number, size) in pairwise(sizes):
            if size <= before:
                message = f"got {shown(waves[number])}, but each wave counts those before it, too"
                yield problem_at(("rollout", "waves", number), "waves-do-not-grow", message, "let them grow")
    if waves[-1:] != ("100%",):
        message = "its last wave takes all that is left"
        yield problem_at(("rollout", "waves"), "last-wave-not-all", message, 'add "100%" at its end')


def _somewhere_to_pause(declaration: Declaration) -> Iterator[Problem]:
    rollout = declaration.settings.rollout
    if rollout.pause_after is not None and rollout.pause_after > len(rollout.waves):
        message = f"got {rollout.pause_after}, but {path(('rollout', 'waves'))} has {len(rollout.waves)}"
        remedy = "lower it, or remove it where nothing shall pause"
        yield problem_at(("rollout", "pauseAfter"), "no-wave-to-pause-after", message, remedy)


def _containers_are_sound(declaration: Declaration) -> Iterator[Problem]:
    if declaration.settings.platform == "docker":
        yield from docker_problems(declaration.settings, declaration.named)


def _nobody_holds_the_original(declaration: Declaration) -> Iterator[Problem]:
    settings = declaration.settings
    original = settings.fleet.original.application
    if (override := settings.overrides.mirrors.get(original)) and override.hold is not None:
        place = ("overrides", "mirrors", original, "hold")
        yield problem_at(place, "original-is-held", f"{original} is the original", "only mirrors are held")


_RULES = (
    _applications_differ,
    _site_ids_differ,
    _site_ids_are_free,
    _former_slugs_are_gone,
    _names_are_free,
    _domains_are_hosts,
    _nobody_sets_them,
    _plain_or_secret,
    _slugs_are_in_the_fleet,
    _all_is_no_slug,
    _shared_names_are_sound,
    _shared_values_are_shared,
    _no_stack_follows_itself,
    _waves_grow_to_all,
    _somewhere_to_pause,
    _nobody_holds_the_original,
    _containers_are_sound,
)
