"""Observes a fleet on Divio, read-only and concurrently, in the form that the planner reads."""

from collections.abc import Callable, Collection, Iterable, Mapping

from mirrors.config import Settings
from mirrors.config.models.divio import divio_settings_of
from mirrors.divio import Application, Divio
from mirrors.observation.convert import observe_deployed_variables, observe_deployments
from mirrors.observation.site_ids import SiteIdObserver
from mirrors.observation.stage import Item, Result, StageReader, ask_concurrently
from mirrors.planning.environments import choose_image_environment
from mirrors.planning.observed import ObservedDeployment, ObservedFleet, ObservedSite
from mirrors.planning.rollout.releases import newest_successful

DeploymentsAndVariables = tuple[tuple[ObservedDeployment, ...], Mapping[str, str | None]]


class FleetObserver:
    """One look at one fleet. Requests go out side by side; the client bounds how many at once."""

    def __init__(self, divio: Divio, settings: Settings) -> None:
        self.divio = divio
        self.settings = settings
        self.stage = settings.environment
        self._reader = StageReader(divio, settings.environment)
        self._other = "test" if self.stage == "live" else "live"

    def fleet(self, *, deep: bool = False, only: Collection[str] | None = None) -> ObservedFleet:
        """Return the observed fleet.

        Args:
            deep: Whether to ask for every mirror's deployments and deployed variables: two more requests a mirror.
            only: The slugs of the mirrors to ask these for; None for all.

        Raises:
            DivioError: The platform does not answer, or refuses the token.
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
        ids = SiteIdObserver(self._reader, self.settings)
        undeclared = ids.find_undeclared(listed, found, original, sites)
        shared = {self.stage: original.deployed_variables if original else {}, self._other: elsewhere}
        renamed, deployed_ids = ids.find_renamed_mirrors(listed, found), ids.find_deployed(found, sites, shared)
        applications = {slug: application.uuid for slug, application in listed.items()}
        return ObservedFleet(
            original, sites, image, releases, elsewhere, undeclared, applications, renamed, deployed_ids
        )

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
        asked = {item.slug: item for item in self._ask(self.divio.applications.by_slug, missing) if item is not None}
        everything = {**listed, **asked}
        return {slug: everything[slug] for slug in slugs if slug in everything}

    def _make_sites(
        self, found: Mapping[str, Application], own: Mapping[str, str], running: Mapping[str, DeploymentsAndVariables]
    ) -> dict[str, ObservedSite]:
        variables = self._reader.list_variables(own.values())
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
        known = {item.application: {item.slug: item.uuid} for item in self._reader.environments}
        stages = {slug: known.get(item.uuid, {}) for slug, item in found.items()}
        original = self.settings.fleet.original.application
        asked = [slug for slug, each in stages.items() if not each or slug == original]
        listed = self._ask(self._list_environments, (found[slug] for slug in asked))
        return stages | dict(zip(asked, listed, strict=True))

    def _list_environments(self, application: Application) -> dict[str, str]:
        return {item.slug: item.uuid for item in self.divio.environments.list(application.uuid)}

    def _observe_running(self, environments: Mapping[str, str]) -> dict[str, DeploymentsAndVariables]:
        """Return by slug an environment's deployments, and the deployed variables of the newest successful one."""

        def look(environment: str) -> DeploymentsAndVariables:
            deployments, deployed = observe_deployed_variables(self.divio, environment)
            return deployments, deployed or {}

        return dict(zip(environments, self._ask(look, environments.values()), strict=True))

    def _read_other_environment(
        self, environments: Mapping[str, str], image: str | None, releases: tuple[ObservedDeployment, ...]
    ) -> Mapping[str, str | None]:
        """Return the original's deployed variables in the other stack's environment; nothing before a deployment."""
        other = environments.get(self._other)
        done = newest_successful(releases if other == image else self._list_deployments(other))
        return self._read_deployed_variables(done) if done else {}

    def _read_deployed_variables(self, deployment: ObservedDeployment) -> Mapping[str, str | None]:
        return self.divio.deployments.environment_variables(deployment.uuid).environment_variables

    def _list_deployments(self, environment: str | None) -> tuple[ObservedDeployment, ...]:
        return observe_deployments(self.divio, environment) if environment else ()

    def _ask(self, ask: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        return ask_concurrently(ask, items, divio_settings_of(self.settings).max_concurrent_requests)
