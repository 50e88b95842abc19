"""Looks at a platform, read-only and concurrently, and says what the planner needs to know."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from mirrors.config import Settings
from mirrors.config.divio import divio_settings_of
from mirrors.divio import Application, Divio, Environment
from mirrors.observation.account import AccountObserver
from mirrors.observation.convert import convert_variable, observe_deployed_variables, observe_deployments
from mirrors.planning.adoption.account import find_deployed_ids, find_undeclared_sites
from mirrors.planning.environments import choose_image_environment
from mirrors.planning.observed import (
    DeployedVariables,
    ObservedDeployment,
    ObservedFleet,
    ObservedSite,
    ObservedVariable,
)
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_ids.facts import UndeclaredSite
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, parse_site_id

Item = TypeVar("Item")
Result = TypeVar("Result")
DeploymentsAndVariables = tuple[tuple[ObservedDeployment, ...], Mapping[str, str | None]]


class FleetObserver:
    """One look at one fleet. Requests go out side by side; the client bounds how many at once."""

    def __init__(self, divio: Divio, settings: Settings) -> None:
        self.divio = divio
        self.settings = settings
        self.stage = settings.environment
        self._other = "test" if self.stage == "live" else "live"

    def fleet(self, *, deep: bool = False, only: Collection[str] | None = None) -> ObservedFleet:
        """Return the fleet. Raises DivioError where the platform does not answer, or refuses the token.

        Args:
            deep: also ask for every mirror's deployments and deployed variables: two more requests a mirror.
            only: the slugs for which it asks them, where not for all.
        """
        slug = self.settings.fleet.original.application
        listed = self._list_applications(slug)
        found = self._find_declared(listed)
        environments = self._list_stages(found)
        own = {name: stages[self.stage] for name, stages in environments.items() if self.stage in stages}
        asked = {name for name in own if name == slug or (deep and (only is None or name in only))}
        running = self._observe_running({name: uuid for name, uuid in own.items() if name in asked})
        sites = self._make_sites(found, own, running)
        original = sites.pop(slug, None)
        stages = environments.get(slug, {})
        image = stages.get(choose_image_environment(self.settings))
        releases = original.deployments if original and image == original.environment else self._list_deployments(image)
        elsewhere = self._read_other_environment(stages, image, releases)
        undeclared = self._find_undeclared_sites(listed, found, original, sites)
        shared = {self.stage: original.deployed_variables if original else {}, self._other: elsewhere}
        renamed, deployed_ids = self._find_renamed_mirrors(listed, found), self._find_deployed_ids(found, sites, shared)
        applications = {slug: application.uuid for slug, application in listed.items()}
        return ObservedFleet(
            original, sites, image, releases, elsewhere, undeclared, applications, renamed, deployed_ids
        )

    @cached_property
    def _everywhere(self) -> Sequence[Environment]:
        """Return the environments of this stage, of all applications: one listing a look."""
        return self.divio.environments.everywhere(self.stage)

    def _list_applications(self, original: str) -> dict[str, Application]:
        """Return the original's organisation by slug: one listing holds a fleet. Empty without an original."""
        application = self.divio.applications.by_slug(original)
        if application is None:
            return {}
        items = self.divio.applications.list(application.organisation)
        return {item.slug: item for item in [application, *items]}

    def _find_declared(self, listed: Mapping[str, Application]) -> dict[str, Application]:
        """Return the declared applications by slug. Mirrors asks by name for one that the listing lacks."""
        slugs = self.settings.fleet.slugs
        missing = [slug for slug in slugs[1:] if slug not in listed]
        asked = {item.slug: item for item in self._each(self.divio.applications.by_slug, missing) if item is not None}
        everything = {**listed, **asked}
        return {slug: everything[slug] for slug in slugs if slug in everything}

    def _make_sites(
        self, found: Mapping[str, Application], own: Mapping[str, str], running: Mapping[str, DeploymentsAndVariables]
    ) -> dict[str, ObservedSite]:
        variables = self._list_variables(own.values())
        return {
            slug: ObservedSite(
                slug,
                application.uuid,
                own.get(slug),
                variables.get(own.get(slug, ""), {}),
                *running.get(slug, ((), {})),
            )
            for slug, application in found.items()
        }

    def _list_stages(self, found: Mapping[str, Application]) -> dict[str, dict[str, str]]:
        """Return {slug: {stage: environment}}. One listing holds this stage; Mirrors asks for the others.

        It also asks for the original's, since the original counts in every stage.
        """
        known = {item.application: {item.slug: item.uuid} for item in self._everywhere}
        stages = {slug: known.get(item.uuid, {}) for slug, item in found.items()}
        original = self.settings.fleet.original.application
        asked = [slug for slug, each in stages.items() if not each or slug == original]
        listed = self._each(self._list_environments, (found[slug] for slug in asked))
        return stages | dict(zip(asked, listed, strict=True))

    def _list_environments(self, application: Application) -> dict[str, str]:
        return {item.slug: item.uuid for item in self.divio.environments.list(application.uuid)}

    def _list_variables(self, environments: Iterable[str]) -> dict[str, dict[str, ObservedVariable]]:
        """Return {environment: {name: variable}}."""
        seen: dict[str, dict[str, ObservedVariable]] = {uuid: {} for uuid in environments}
        for item in self.divio.environment_variables.list(list(seen)) if seen else ():
            seen.setdefault(item.environment, {})[item.name] = convert_variable(item)
        return seen

    def _observe_running(self, environments: Mapping[str, str]) -> dict[str, DeploymentsAndVariables]:
        """Return by slug an environment's deployments, and the deployed variables of the newest successful one."""

        def look(environment: str) -> DeploymentsAndVariables:
            deployments, deployed = observe_deployed_variables(self.divio, environment)
            return deployments, deployed or {}

        return dict(zip(environments, self._each(look, environments.values()), strict=True))

    def _read_other_environment(
        self, environments: Mapping[str, str], image: str | None, releases: tuple[ObservedDeployment, ...]
    ) -> Mapping[str, str | None]:
        """Return the original's deployed variables in the other stack's environment; nothing before a deployment."""
        other = environments.get(self._other)
        done = newest_successful(releases if other == image else self._list_deployments(other))
        return self._read_deployed_variables(done) if done else {}

    def _find_undeclared_sites(
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
        account = AccountObserver(self.divio, divio_settings_of(self.settings).max_concurrent_requests)
        others = [application for slug, application in listed.items() if slug not in found]
        more = account.besides(list(found.values()))
        if not others and not more:
            return {}
        first, *rest = account.each([found[self.settings.fleet.original.application], *others])
        own = {slug: replace(item, is_declared=True) for slug, item in find_undeclared_sites(first, more).items()}
        return find_undeclared_sites(first, rest) | own

    def _find_renamed_mirrors(
        self, listed: Mapping[str, Application], found: Mapping[str, Application]
    ) -> dict[str, str]:
        """Return {declared slug: today's slug} of missing mirrors.

        It costs requests, so Mirrors asks only where one is missing.
        """
        missing = set(self.settings.fleet.slugs) - set(found)
        others = {application.uuid: slug for slug, application in listed.items() if slug not in found}
        if not missing or not others:
            return {}
        there = self._everywhere
        slugs = {item.uuid: others[item.application] for item in there if item.application in others}
        owners = ((slugs[uuid], own.get(MIRRORS_APPLICATION)) for uuid, own in self._list_variables(slugs).items())
        return {owner.value: slug for slug, owner in owners if owner is not None and owner.value in missing}

    def _find_deployed_ids(
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
        deployed = self._find_deployed(mirrors)
        asked = [
            found[slug]
            for slug, mirror in mirrors.items()
            if (reserved and _may_lose_id(mirror, reserved)) or slug in deployed
        ]
        seen = (
            AccountObserver(self.divio, divio_settings_of(self.settings).max_concurrent_requests).each(asked)
            if asked
            else ()
        )
        return {
            item.slug: deployed_ids for item in seen if (deployed_ids := find_deployed_ids(item, shared)) is not None
        }

    def _find_deployed(self, mirrors: Mapping[str, ObservedSite]) -> set[str]:
        """Return the mirrors without a SITE_ID that may run with one: with a database, or with a listed deployment.

        Where the platform lists no deployments a request for each would be needed, so there only those with a database
        count.
        """
        unconfigured = {slug: mirror for slug, mirror in mirrors.items() if SITE_ID not in mirror.variables}
        there = self._everywhere if unconfigured else ()
        ended = {item.uuid for item in there if item.last_finished_deployment is not None}
        return {
            slug for slug, item in unconfigured.items() if DATABASE_URL in item.variables or item.environment in ended
        }

    def _read_deployed_variables(self, deployment: ObservedDeployment) -> Mapping[str, str | None]:
        return self.divio.deployments.environment_variables(deployment.uuid).environment_variables

    def _list_deployments(self, environment: str | None) -> tuple[ObservedDeployment, ...]:
        return observe_deployments(self.divio, environment) if environment else ()

    def _each(self, ask: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return the answers in the order of the items.

        The first error is raised once the others have been answered.
        """
        listed: Sequence[Item] = list(items)
        with ThreadPoolExecutor(max_workers=divio_settings_of(self.settings).max_concurrent_requests) as pool:
            return list(pool.map(ask, listed))


def _may_lose_id(mirror: ObservedSite, reserved: Container[int]) -> bool:
    site_id = mirror.variables.get(SITE_ID)
    return site_id is None or parse_site_id(site_id.value) in reserved


def _is_managed_mirror(mirror: ObservedSite, shared: str | None) -> bool:
    """Return whether the site is as Mirrors leaves a mirror, so that its id is decided.

    A SITE_ID alone proves nothing: one that was set by hand may be another site's. Where ids are given, it counts only
    beside the shared database, which ``shared`` is. Only Mirrors writes the variable that names the site.
    """
    site_id, owner, database = (mirror.variables.get(name) for name in (SITE_ID, MIRRORS_APPLICATION, DATABASE_URL))
    if site_id is None or owner is None or database is None:
        return False
    elsewhere = bool(database.value and shared) and identify_service(database.value or "") != identify_service(
        shared or ""
    )
    return owner.value == mirror.slug and parse_site_id(site_id.value) is not None and not elsewhere
