"""Make the facts for an allocation of SITE_IDs from the configuration and the observed fleet."""

from collections.abc import Collection
from dataclasses import replace

from mirrors.config import MirrorSettings, Settings
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_ids.facts import ORIGINAL_ID, SiteFacts
from mirrors.planning.variables.confirmations import is_confirmed
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, parse_site_id
from mirrors.planning.variables.shared import find_shared_value


def make_site_facts(settings: Settings, observed: ObservedFleet) -> tuple[SiteFacts, ...]:
    """Return the facts about the declared sites that exist, the original first; none without the original."""
    original, declared = observed.original, settings.fleet.original
    if original is None:
        return ()
    facts = SiteFacts(original.application_id, original.slug, True, declared.site_id, formerly=declared.formerly)
    site_id = find_original_site_id(original)
    unreadable = site_id is None and newest_successful(original.deployments) is not None
    shared = find_shared_value(settings, original, DATABASE_URL)
    first = replace(
        facts, observed=site_id, has_unreadable_id=unreadable, database=identify_service(shared) if shared else None
    )
    mirrors = ((item, observed.mirrors.get(item.application)) for item in settings.mirrors)
    there = ((item, site) for item, site in mirrors if site is not None)
    return first, *(
        _make_mirror_facts(settings, original, item, site, observed.deployed_ids.get(site.slug)) for item, site in there
    )


def find_original_site_id(original: ObservedSite) -> int | None:
    """Return the original's deployed SITE_ID, which is 1 where it has none; None where that is not known."""
    if newest_successful(original.deployments) is None:
        return None
    if SITE_ID in original.deployed_variables:
        return parse_site_id(original.deployed_variables[SITE_ID])
    own = original.variables.get(SITE_ID)  # a platform may leave sensitive variables out of the deployed ones
    return None if own is not None and own.sensitive else ORIGINAL_ID


def _make_mirror_facts(
    settings: Settings,
    original: ObservedSite,
    declared: MirrorSettings,
    site: ObservedSite,
    deployed_ids: tuple[int, ...] | None,
) -> SiteFacts:
    """Return the facts about a mirror. The SITE_ID of its environment counts only beside the shared database."""
    managed = site.is_managed(declared.formerly)
    facts = SiteFacts(
        site.application_id,
        site.slug,
        declared=declared.site_id,
        formerly=declared.formerly,
        is_managed=managed,
        has_owner=MIRRORS_APPLICATION in site.variables,
        deployed_ids=deployed_ids,
    )
    own, here = site.variables.get(SITE_ID), site.variables.get(DATABASE_URL)
    if here and here.value and here.value != find_shared_value(settings, original, DATABASE_URL):
        given_up = is_confirmed(settings, site.slug, DATABASE_URL, here.value)
        facts = replace(facts, database=None if given_up else identify_service(here.value))
    # Without the variable its instances may still run with an earlier id. ``deployed_ids`` are ids of this fleet.
    beside_shared = _has_shared_database(settings, original, site) or (own is None and not here)
    if not beside_shared or (own is None and not deployed_ids):
        return facts
    site_id = parse_site_id(own.value) if own else _find_single_id(deployed_ids or ())
    return replace(facts, observed=site_id, has_unreadable_id=site_id is None)


def _find_single_id(deployed_ids: Collection[int]) -> int | None:
    """Return the one id that a mirror without SITE_ID runs with; None where Test and Live run with different ones."""
    return next(iter(deployed_ids)) if len({*deployed_ids}) == 1 else None


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
