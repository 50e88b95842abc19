"""Looks at a platform, read-only and concurrently, and says what the planner needs to know."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mirrors.config import Settings
from mirrors.divio import Application, Divio
from mirrors.planning.observed import DeploymentSeen, FleetSeen, SiteSeen, VariableSeen
from mirrors.planning.plan import image_environment
from mirrors.planning.releases import newest_successful

Item = TypeVar("Item")
Result = TypeVar("Result")


class Observer:
    """One look at one fleet. Requests go out side by side; the client bounds how many at once."""

    def __init__(self, divio: Divio, settings: Settings) -> None:
        self.divio = divio
        self.settings = settings
        self.stage = settings.environment

    def fleet(self, *, deep: bool = False) -> FleetSeen:
        """``deep`` also asks for every mirror's deployments and frozen variables: two requests a mirror more.

        Raises DivioError where the platform does not answer, or refuses the token.
        """
        found = self._applications()
        environments = dict(zip(found, self._each(self._environments, found.values()), strict=True))
        own = {slug: stages[self.stage] for slug, stages in environments.items() if self.stage in stages}
        original = self.settings.fleet.original.application
        variables = self._variables(own.values())
        looked_into = [slug for slug in own if deep or slug == original]
        running = dict(zip(looked_into, self._each(self._running, [own[slug] for slug in looked_into]), strict=True))
        sites = {
            slug: SiteSeen(
                slug,
                application.uuid,
                own.get(slug),
                variables.get(own.get(slug, ""), {}),
                *running.get(slug, ((), {})),
            )
            for slug, application in found.items()
        }
        image = environments.get(original, {}).get(image_environment(self.settings))
        releases = running[original][0] if image and image == own.get(original) else self._releases(image)
        elsewhere = self._elsewhere(environments.get(original, {}), image, releases)
        return FleetSeen(sites.pop(original, None), sites, image, releases, elsewhere)

    def _applications(self) -> dict[str, Application]:
        """By slug. One listing of the original's organisation holds a fleet; what is not in it is asked for by name."""
        slugs = self.settings.fleet.slugs
        original = self.divio.applications.by_slug(slugs[0])
        if original is None:
            return {}
        listed = {item.slug: item for item in self.divio.applications.list(original.organisation)}
        missing = [slug for slug in slugs if slug not in listed]
        asked = {item.slug: item for item in self._each(self.divio.applications.by_slug, missing) if item is not None}
        everything = listed | asked
        return {slug: everything[slug] for slug in slugs if slug in everything}

    def _environments(self, application: Application) -> dict[str, str]:
        return {item.slug: item.uuid for item in self.divio.environments.list(application.uuid)}

    def _variables(self, environments: Iterable[str]) -> dict[str, dict[str, VariableSeen]]:
        """{environment: {name: variable}}"""
        seen: dict[str, dict[str, VariableSeen]] = {uuid: {} for uuid in environments}
        for item in self.divio.environment_variables.list(list(seen)) if seen else ():
            seen.setdefault(item.environment, {})[item.name] = VariableSeen(item.value, item.is_sensitive)
        return seen

    def _running(self, environment: str) -> tuple[tuple[DeploymentSeen, ...], Mapping[str, str | None]]:
        """The environment's deployments, and the frozen variables of the newest successful one."""
        deployments = self._deployments(environment)
        done = newest_successful(deployments)
        return deployments, self._frozen(done) if done else {}

    def _releases(self, image: str | None) -> tuple[DeploymentSeen, ...]:
        return self._deployments(image) if image else ()

    def _elsewhere(
        self, environments: Mapping[str, str], image: str | None, releases: tuple[DeploymentSeen, ...]
    ) -> Mapping[str, str | None]:
        """What the original runs with in the other stack's environment; nothing where it was never deployed there."""
        other = environments.get("test" if self.stage == "live" else "live")
        if other is None:
            return {}
        done = newest_successful(releases if other == image else self._deployments(other))
        return self._frozen(done) if done else {}

    def _frozen(self, deployment: DeploymentSeen) -> Mapping[str, str | None]:
        return self.divio.deployments.environment_variables(deployment.uuid).environment_variables

    def _deployments(self, environment: str) -> tuple[DeploymentSeen, ...]:
        items = self.divio.deployments.list(environment)
        return tuple(DeploymentSeen(item.uuid, item.started_at, item.ended_at, item.success) for item in items)

    def _each(self, ask: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """In the order of the items. The first error is raised once the others have been answered."""
        with ThreadPoolExecutor(max_workers=self.settings.max_concurrent_requests) as pool:
            return list(pool.map(ask, items))
