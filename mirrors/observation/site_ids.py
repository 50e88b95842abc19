"""Looks for SITE_IDs beside the declared environments. That costs requests, so Mirrors looks only if it gives an id."""

from collections.abc import Container, Mapping
from dataclasses import replace

from mirrors.config import Settings
from mirrors.config.models.divio import divio_settings_of
from mirrors.divio import Application
from mirrors.observation.account import AccountObserver
from mirrors.observation.stage import StageReader
from mirrors.planning.adoption.account_ids import find_deployed_ids, find_undeclared_applications
from mirrors.planning.observed import DeployedVariables, ObservedSite
from mirrors.planning.site_ids.facts import UndeclaredSite
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, parse_site_id


class SiteIdObserver:
    """One look for ids that a listing of the declared environments does not show.

    Args:
        reader: The reader of the stack's stage.
        settings: The configuration.
    """

    def __init__(self, reader: StageReader, settings: Settings) -> None:
        self.reader = reader
        self.settings = settings

    @property
    def _account(self) -> AccountObserver:
        return AccountObserver(self.reader.divio, divio_settings_of(self.settings).max_concurrent_requests)

    def find_undeclared(
        self,
        listed: Mapping[str, Application],
        found: Mapping[str, Application],
        original: ObservedSite | None,
        mirrors: Mapping[str, ObservedSite],
    ) -> dict[str, UndeclaredSite]:
        """Return the undeclared applications, and other environments than Test and Live of declared ones.

        ``AccountObserver`` says what they cost in requests. So Mirrors asks only where a declared mirror may get or
        bring an id.
        """
        shared = original.deployed_variables.get(DATABASE_URL) if original else None
        if all(_is_managed_mirror(mirror, shared) for mirror in mirrors.values()):
            return {}
        account = self._account
        others = [application for slug, application in listed.items() if slug not in found]
        more = account.besides(list(found.values()))
        if not others and not more:
            return {}
        first, *rest = account.each([found[self.settings.fleet.original.application], *others])
        own = find_undeclared_applications(first, more)
        declared = {slug: replace(item, is_declared=True) for slug, item in own.items()}
        return find_undeclared_applications(first, rest) | declared

    def find_renamed_mirrors(
        self, listed: Mapping[str, Application], found: Mapping[str, Application]
    ) -> dict[str, str]:
        """Return {declared slug: today's slug} of missing mirrors.

        It costs requests, so Mirrors asks only where one is missing.
        """
        missing = set(self.settings.fleet.slugs) - set(found)
        others = {application.uuid: slug for slug, application in listed.items() if slug not in found}
        if not missing or not others:
            return {}
        there = self.reader.environments
        slugs = {item.uuid: others[item.application] for item in there if item.application in others}
        owners = (
            (slugs[uuid], own.get(MIRRORS_APPLICATION)) for uuid, own in self.reader.list_variables(slugs).items()
        )
        return {owner.value: slug for slug, owner in owners if owner is not None and owner.value in missing}

    def find_deployed(
        self,
        found: Mapping[str, Application],
        mirrors: Mapping[str, ObservedSite],
        shared: Mapping[str, DeployedVariables],
    ) -> dict[str, tuple[int, ...]]:
        """Return the deployed ids of mirrors that may have to give theirs up: it is reserved, or not set.

        Deployed mirrors without a set id count as well: they may run with one that was set before. ``shared`` holds the
        original's deployed variables, by environment.
        """
        fleet = self.settings.fleet
        reserved = {*fleet.reserved_site_ids, *fleet.reserved_for.values()}
        deployed = self._may_run_with_id(mirrors)
        asked = [
            found[slug]
            for slug, mirror in mirrors.items()
            if (reserved and _may_lose_id(mirror, reserved)) or slug in deployed
        ]
        seen = self._account.each(asked) if asked else ()
        return {
            item.slug: deployed_ids for item in seen if (deployed_ids := find_deployed_ids(item, shared)) is not None
        }

    def _may_run_with_id(self, mirrors: Mapping[str, ObservedSite]) -> set[str]:
        """Return the slugs of mirrors without a SITE_ID that may run with one: with a database, or a listed deployment.

        Where the platform lists no deployments a request for each would be needed, so there only those with a database
        count.
        """
        unconfigured = {slug: mirror for slug, mirror in mirrors.items() if SITE_ID not in mirror.variables}
        there = self.reader.environments if unconfigured else ()
        ended = {item.uuid for item in there if item.last_finished_deployment is not None}
        return {
            slug for slug, item in unconfigured.items() if DATABASE_URL in item.variables or item.environment in ended
        }


def _may_lose_id(mirror: ObservedSite, reserved: Container[int]) -> bool:
    site_id = mirror.variables.get(SITE_ID)
    return site_id is None or parse_site_id(site_id.value) in reserved


def _is_managed_mirror(mirror: ObservedSite, shared: str | None) -> bool:
    """Return whether the site is as Mirrors leaves a mirror, so that its id is decided.

    A SITE_ID alone proves nothing: one that was set by hand may be another site's. If ids are given, it counts only
    beside the shared database, which ``shared`` is. Only Mirrors writes the variable that names the site.
    """
    site_id, owner, database = (mirror.variables.get(name) for name in (SITE_ID, MIRRORS_APPLICATION, DATABASE_URL))
    if site_id is None or owner is None or database is None:
        return False
    elsewhere = bool(database.value and shared) and identify_service(database.value or "") != identify_service(
        shared or ""
    )
    return owner.value == mirror.slug and parse_site_id(site_id.value) is not None and not elsewhere
