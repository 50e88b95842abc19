"""``/apps/v3/deployments/``."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from pydantic import BaseModel

from mirrors.divio.chunks import chunks
from mirrors.divio.domain import Deployment, FrozenVariables, Text
from mirrors.divio.errors import (
    DeploymentRunning,
    DeploymentTimeout,
    DivioError,
    ValidationFailed,
)
from mirrors.divio.paging import PAGE_SIZE, read_all, read_wanted
from mirrors.divio.policy import PollPolicy
from mirrors.divio.transport import Query, Request, Transport
from mirrors.divio.waits import Outcome, Progress, Together, Watch

PATH = "/apps/v3/deployments/"
MOST_PAGES = 5
"""Pages of several environments' deployments.

A platform that ignores the filter would send every deployment there is.
"""
NEWEST = "100"
"""Deployments a page, of several environments: their history may be long, and what goes on is the newest of its own."""
CLOCKS_DIFFER = timedelta(seconds=2)  # at most, between the platform's web servers and what dates its deployments


class _Logs(BaseModel):
    logs: Text


class Deployments:
    def __init__(self, transport: Transport, page_size: int, poll: PollPolicy) -> None:
        self._transport = transport
        self._timing = transport.timing
        self._paged: Query = (("page_size", str(page_size)),)
        self._poll = poll
        self._together = Together(self.get, self._newest, poll, transport.timing.clock)

    def list(self, environment: str) -> list[Deployment]:
        """Return the deployments of one environment (its uuid), newest first.

        One that waits for its start is the newest.
        """
        listed = read_all(self._transport, Deployment, PATH, (("environment", environment), *self._paged))
        return sorted((item for item in listed if item.environment == environment), key=_age, reverse=True)

    def of_several(self, environments: Sequence[str]) -> Sequence[Deployment]:
        """Return the deployments of these environments.

        Mirrors infers that this filter may be repeated, as that of variables may. A platform that heeds only one value
        shows no deployment of the others. Raises TooManyPages where there are more than a few pages.
        """
        url, of_interest = self._transport.address.url(PATH), set(environments)
        listed = [
            item
            for chunk in chunks(url, "environment", environments, self._paged)
            for item in read_all(self._transport, Deployment, PATH, self._of(chunk), most_pages=MOST_PAGES)
        ]
        return [item for item in listed if item.environment in of_interest]

    def _of(self, environments: Sequence[str]) -> Query:
        return (*(("environment", environment) for environment in environments), *self._paged)

    def get(self, uuid: str) -> Deployment:
        """Return the deployment. Raises NotFound."""
        return self._transport.call(Deployment, Request("GET", _path(uuid)))

    def logs(self, uuid: str) -> str:
        return self._transport.call(_Logs, Request("GET", f"{_path(uuid)}logs/")).logs

    def environment_variables(self, uuid: str) -> FrozenVariables:
        """Return the variables that the deployment's instances really run with, built-in ones included."""
        return self._transport.call(FrozenVariables, Request("GET", f"{_path(uuid)}environment-variables/"))

    def start(self, environment: str) -> Deployment:
        """Start one deployment. Raises DeploymentRunning where another one is in the way.

        Where the outcome is uncertain, a deployment that started since counts as this one. A caller who must know its
        variables asks ``environment_variables``.
        """
        began = self._timing.now()

        def look(failure: DivioError, maybe_started: bool) -> Deployment | None:
            listed = self.list(environment)
            since = self._transport.platform_time(began) - CLOCKS_DIFFER
            return _found(listed, since, failure, maybe_started)

        return self._transport.create(Deployment, Request("POST", PATH, body={"environment": environment}), look)

    def wait(
        self, uuid: str, timeout: float, on_progress: Progress | None = None, environment: str | None = None
    ) -> Deployment:
        """Wait until the deployment has ended, well or badly, and return it.

        Args:
            uuid: the deployment.
            timeout: seconds. After that it raises DeploymentTimeout, and the deployment goes on.
            on_progress: gets each look. The poll policy says how often a look that fails is repeated.
            environment: its uuid, so that other threads which wait at the same time share the looks.
        """
        deadline = self._timing.clock() + timeout
        watch = Watch(self._poll, on_progress)
        if environment is not None:
            shared = self._wait_together(environment, uuid, watch, deadline)
            if shared is not None:
                return shared
        return self._wait_alone(uuid, watch, deadline, timeout)

    def _wait_together(self, environment: str, uuid: str, watch: Watch, deadline: float) -> Deployment | None:
        """Return the ended deployment;

        None where this thread has to wait alone, or only time for a last look is left.
        """
        if done := watch.ended(self._look(uuid)):
            return done
        with self._together.joined(environment, uuid) as member:
            while (outcome := member.next(max(0.0, deadline - self._timing.clock()))) is not None:
                if done := watch.ended(outcome):
                    return done
        return None

    def _wait_alone(self, uuid: str, watch: Watch, deadline: float, timeout: float) -> Deployment:
        looks = 0
        while (done := watch.ended(self._look(uuid))) is None:
            looks += 1
            left = deadline - self._timing.clock()
            if left <= 0:
                raise DeploymentTimeout(f"deployment {uuid} has not ended within {timeout:g} s", deployment=watch.last)
            self._timing.sleep(min(self._poll.delay(looks), left))
        return done

    def _look(self, uuid: str) -> Outcome:
        try:
            return self.get(uuid)
        except DivioError as error:
            return error

    def _newest(self, environments: Sequence[str], wanted: Collection[str]) -> Mapping[str, Deployment]:
        """Return by uuid the deployments that are among the newest of their environments."""
        url, size = self._transport.address.url(PATH), ((PAGE_SIZE, NEWEST),)
        found: dict[str, Deployment] = {}
        for chunk in chunks(url, "environment", environments, size):
            query = (*(("environment", environment) for environment in chunk), *size)
            found |= read_wanted(self._transport, Deployment, PATH, query, wanted, most_pages=MOST_PAGES)
        return found


def _found(
    newest_first: Sequence[Deployment], began: datetime, failure: DivioError, maybe_ours: bool
) -> Deployment | None:
    """Return the deployment that an uncertain start made, or that refused a start; None if neither is found."""
    since = [item for item in newest_first if (item.started_at or item.ended_at or began) >= began]
    if maybe_ours and since:
        return since[0]
    ended_since = (item for item in newest_first if item.ended_at and item.ended_at >= began)
    blocking = next((item for item in newest_first if item.running), None) or next(ended_since, None)
    if blocking and (blocking.running or isinstance(failure, ValidationFailed)):
        problem = f"an environment has one deployment at a time, and {blocking.uuid} is in the way"
        raise DeploymentRunning(problem, failure.exchange, deployment=blocking) from failure
    return None


def _age(deployment: Deployment) -> tuple[bool, datetime]:
    return deployment.started_at is None, deployment.started_at or datetime.min.replace(tzinfo=UTC)


def _path(uuid: str) -> str:
    return f"{PATH}{quote(uuid, safe='')}/"
