"""Looks at an account, read-only and concurrently: an original and all applications that may be its mirrors."""

from collections.abc import Mapping, Sequence
from itertools import chain

from mirrors.divio import Application, Divio, Environment, NotFound, PermissionDenied
from mirrors.errors import MirrorsError
from mirrors.observation.convert import convert_variable, observe_deployed_variables
from mirrors.observation.stage import ask_concurrently
from mirrors.planning.adoption.account import ObservedApplication, ObservedStage
from mirrors.planning.application_rules import make_not_found_problem
from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.planning.observed import ObservedVariable
from mirrors.planning.rollout.releases import newest_running


class AccountObserver:
    """One look at one account. The client bounds how many requests go out at once.

    An application takes at most seven requests. Each environment besides Test and Live takes two more: its deployments,
    and the variables of the newest successful one.
    """

    def __init__(self, divio: Divio, workers: int = 8) -> None:
        self.divio = divio
        self.workers = workers

    def look(self, original: str, named: Sequence[str] = ()) -> tuple[ObservedApplication, list[ObservedApplication]]:
        """Return the original, and the other applications of its organisation.

        Args:
            original: The original's slug.
            named: The slugs of the only other applications to look at; empty for all.

        Raises:
            MirrorsError: No application has one of these slugs.
            DivioError: The platform does not answer.
        """
        source = self._find_by_slug(original)
        if named:
            others = [self._find_by_slug(slug) for slug in dict.fromkeys(named) if slug != original]
        else:
            listed = self.divio.applications.list(source.organisation)
            others = [item for item in listed if item.uuid != source.uuid]
        first, *rest = self.each([source, *others])
        return first, rest

    def each(self, applications: Sequence[Application]) -> list[ObservedApplication]:
        """Return them in the order given. One whose environments the token may not see is not ``visible``."""
        return ask_concurrently(self._observe_application, applications, self.workers)

    def _find_by_slug(self, slug: str) -> Application:
        if (found := self.divio.applications.by_slug(slug)) is not None:
            return found
        raise MirrorsError(make_not_found_problem(slug, "Check the slug and the token's rights"))

    def _observe_application(self, application: Application) -> ObservedApplication:
        try:
            stages = self._observe_stages(application)
        except (PermissionDenied, NotFound):  # an account's rights may end at a single application
            return ObservedApplication(application.slug, application.region, visible=False)
        usual = {slug: stages.pop(slug) for slug in ENVIRONMENT_TITLES if slug in stages}
        return ObservedApplication(application.slug, application.region, usual, other_stages=stages)

    def besides(self, applications: Sequence[Application]) -> list[ObservedApplication]:
        """Return the applications that have other environments than Test and Live, with these alone.

        It takes one listing of the account's environments. If the platform refuses that, it takes one for each
        application. The first such environment of an application takes three requests, each other one two more.
        """
        stages = self._list_environments(applications)
        found = [(item, other) for item in applications if (other := _select_unusual(stages[item.uuid]))]
        seen = ask_concurrently(self._look, [environments for _, environments in found], self.workers)
        return [
            ObservedApplication(item.slug, item.region, other_stages=each)
            for (item, _), each in zip(found, seen, strict=True)
        ]

    def _list_environments(self, applications: Sequence[Application]) -> dict[str, dict[str, str]]:
        """Return {application: {slug: environment}}, all by uuid."""
        stages: dict[str, dict[str, str]] = {item.uuid: {} for item in applications}
        everything: Sequence[Environment] = self.divio.environments.list_all()
        if not everything:
            everything = [*chain.from_iterable(ask_concurrently(self.divio.environments.list, stages, self.workers))]
        for item in everything:
            stages.setdefault(item.application, {})[item.slug] = item.uuid
        return stages

    def _observe_stages(self, application: Application) -> dict[str, ObservedStage]:
        return self._look({item.slug: item.uuid for item in self.divio.environments.list(application.uuid)})

    def _look(self, uuids: Mapping[str, str]) -> dict[str, ObservedStage]:
        variables: dict[str, dict[str, ObservedVariable]] = {uuid: {} for uuid in uuids.values()}
        for item in self.divio.environment_variables.list(list(variables)) if variables else ():
            variables[item.environment][item.name] = convert_variable(item)
        return {slug: self._observe_stage(uuid, variables[uuid]) for slug, uuid in uuids.items()}

    def _observe_stage(self, environment: str, variables: dict[str, ObservedVariable]) -> ObservedStage:
        deployments, deployed = observe_deployed_variables(self.divio, environment)
        deploying = newest_running(deployments) is not None
        if deployed is None:
            return ObservedStage(variables, deploying=deploying)
        return ObservedStage(variables, deployed, deployed=True, deploying=deploying)


def _select_unusual(environments: Mapping[str, str]) -> dict[str, str]:
    return {slug: uuid for slug, uuid in environments.items() if slug not in ENVIRONMENT_TITLES}
