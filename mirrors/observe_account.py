"""Looks at an account, read-only and concurrently: an original and all applications that may be its mirrors."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from mirrors.divio import Application, Divio, NotFound, PermissionDenied
from mirrors.errors import MirrorsError
from mirrors.planning.account import ApplicationSeen, StageSeen
from mirrors.planning.observed import VariableSeen
from mirrors.planning.plan import ENVIRONMENTS
from mirrors.planning.releases import newest_running
from mirrors.seen import running_in, variable_seen


class AccountObserver:
    """One look at one account; at most seven requests an application. The client bounds how many at once."""

    def __init__(self, divio: Divio, workers: int = 8) -> None:
        self.divio = divio
        self.workers = workers

    def look(self, original: str, named: Sequence[str] = ()) -> tuple[ApplicationSeen, list[ApplicationSeen]]:
        """The original, and the other applications of its organisation, or only those ``named`` by slug.

        Raises MirrorsError for a name that is not there, DivioError where the platform does not answer.
        """
        source = self._named(original)
        if named:
            others = [self._named(slug) for slug in dict.fromkeys(named) if slug != original]
        else:
            listed = self.divio.applications.list(source.organisation)
            others = [item for item in listed if item.uuid != source.uuid]
        first, *rest = self.each([source, *others])
        return first, rest

    def each(self, applications: Sequence[Application]) -> list[ApplicationSeen]:
        """In the order given. An application whose environments this account may not see is not ``visible``."""
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            return list(pool.map(self._application, applications))

    def _named(self, slug: str) -> Application:
        if (found := self.divio.applications.by_slug(slug)) is not None:
            return found
        raise MirrorsError(f'no application "{slug}" is visible to this token. Check the slug and the token\'s rights')

    def _application(self, application: Application) -> ApplicationSeen:
        try:
            stages = self._stages(application)
        except (PermissionDenied, NotFound):  # an account's rights may end at a single application
            return ApplicationSeen(application.slug, application.region, visible=False)
        return ApplicationSeen(application.slug, application.region, stages)

    def _stages(self, application: Application) -> dict[str, StageSeen]:
        listed = {item.slug: item.uuid for item in self.divio.environments.list(application.uuid)}
        uuids = {slug: listed[slug] for slug in ENVIRONMENTS if slug in listed}
        variables: dict[str, dict[str, VariableSeen]] = {uuid: {} for uuid in uuids.values()}
        for item in self.divio.environment_variables.list(list(variables)) if variables else ():
            variables[item.environment][item.name] = variable_seen(item)
        return {slug: self._stage(uuid, variables[uuid]) for slug, uuid in uuids.items()}

    def _stage(self, environment: str, variables: dict[str, VariableSeen]) -> StageSeen:
        seen, frozen = running_in(self.divio, environment)
        deploying = newest_running(seen) is not None
        if frozen is None:
            return StageSeen(variables, deploying=deploying)
        return StageSeen(variables, frozen, deployed=True, deploying=deploying)
