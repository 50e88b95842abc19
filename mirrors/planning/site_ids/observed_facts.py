"""Make the facts for an allocation of SITE_IDs from the configuration and the observed fleet."""

from collections.abc import Collection
from dataclasses import replace

from mirrors.config import Mirror, Settings
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_ids.facts import ORIGINAL_ID, SiteFacts
from mirrors.planning.variables.confirmations import is_confirmed
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, parse_site_id
from mirrors.planning.variables.shared import find_shared_value


def make_site_facts(settings: Settings, seen: ObservedFleet) -> tuple[SiteFacts, ...]:
    original, declared = seen.original, settings.fleet.original
    if original is None:
        return ()
    hint = SiteFacts(original.application, original.slug, True, declared.site_id, formerly=declared.formerly)
    observed = find_original_site_id(original)
    unreadable = observed is None and newest_successful(original.deployments) is not None
    shared = find_shared_value(settings, original, DATABASE_URL)
    first = replace(
        hint, observed=observed, unreadable=unreadable, database=identify_service(shared) if shared else None
    )
    mirrors = ((item, seen.mirrors.get(item.application)) for item in settings.mirrors)
    there = ((item, site) for item, site in mirrors if site is not None)
    return first, *(_make_mirror_facts(settings, original, item, site, seen.ran.get(site.slug)) for item, site in there)


def find_original_site_id(original: ObservedSite) -> int | None:
    """Return the original's deployed SITE_ID, which is 1 where it has none; None where that is not known."""
    if newest_successful(original.deployments) is None:
        return None
    if SITE_ID in original.frozen:
        return parse_site_id(original.frozen[SITE_ID])
    own = original.variables.get(SITE_ID)  # a platform may leave sensitive ones out of those of a deployment
    return None if own is not None and own.sensitive else ORIGINAL_ID


def _make_mirror_facts(
    settings: Settings, original: ObservedSite, declared: Mirror, site: ObservedSite, ran: tuple[int, ...] | None
) -> SiteFacts:
    """Return the facts about a mirror. The SITE_ID of its environment counts only beside the shared database."""
    ours = site.is_managed(declared.formerly)
    hint = SiteFacts(
        site.application,
        site.slug,
        declared=declared.site_id,
        formerly=declared.formerly,
        ours=ours,
        managed=MIRRORS_APPLICATION in site.variables,
        ran=ran,
    )
    own, here = site.variables.get(SITE_ID), site.variables.get(DATABASE_URL)
    if here and here.value and here.value != find_shared_value(settings, original, DATABASE_URL):
        given_up = is_confirmed(settings, site.slug, DATABASE_URL, here.value)
        hint = replace(hint, database=None if given_up else identify_service(here.value))
    # Without the variable its instances may still run with an earlier id. ``ran`` has only ids of this fleet's sites.
    if (own is None and not ran) or not (_has_shared_database(settings, original, site) or (own is None and not here)):
        return hint
    observed = parse_site_id(own.value) if own else _find_single_id(ran or ())
    return replace(hint, observed=observed, unreadable=observed is None)


def _find_single_id(ran: Collection[int]) -> int | None:
    """Return the one id that a mirror without SITE_ID runs with; None where Test and Live run with different ones."""
    return next(iter(ran)) if len({*ran}) == 1 else None


def _has_shared_database(settings: Settings, original: ObservedSite, site: ObservedSite) -> bool:
    """Return whether the site has the shared database, or a database that the user gave up.

    A hidden value counts as shared, because users do not set the address of an own database by hand. A confirmed value
    counts too, because a mirror that was copied by hand may have an earlier address.
    """
    here, shared = site.variables.get(DATABASE_URL), find_shared_value(settings, original, DATABASE_URL)
    if here is None or here.value is None or shared is None:
        return here is not None
    if identify_service(here.value) == identify_service(shared):
        return True
    return is_confirmed(settings, site.slug, DATABASE_URL, here.value)
