"""``/apps/v3/deployments/``."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from pydantic import BaseModel

from mirrors.divio.chunks import chunks
from mirrors.divio.domain import Deployment, FrozenVariables, Text
from mirrors.divio.errors import (
    ConnectionFailed,
    DeploymentRunning,
    DeploymentTimeout,
    DivioError,
    ServerFailed,
    Throttled,
    ValidationFailed,
)
from mirrors.divio.paging import read_all
from mirrors.divio.policy import PollPolicy
from mirrors.divio.transport import Query, Request, Transport

PATH = "/apps/v3/deployments/"
MOST_PAGES = 5
"""Of a listing of several environments' deployments: a platform that ignores the filter would send all there are."""
CLOCKS_DIFFER = timedelta(seconds=2)  # at most, between the platform's web servers and what dates its deployments


class _Logs(BaseModel):
    logs: Text


class Deployments:
    def __init__(self, transport: Transport, page_size: int, poll: PollPolicy) -> None:
        self._transport = transport
        self._timing = transport.timing
        self._paged: Query = (("page_size", str(page_size)),)
        self._poll = poll

    def list(self, environment: str) -> list[Deployment]:
        """The deployments of one environment (its uuid), newest first; one that waits for its start is the newest."""
        listed = read_all(self._transport, Deployment, PATH, (("environment", environment), *self._paged))
        return sorted((item for item in listed if item.environment == environment), key=_age, reverse=True)

    def of_several(self, environments: Sequence[str]) -> Sequence[Deployment]:
        """The deployments of these environments.

        That this filter may be repeated, as that of variables may, is inferred: a platform that heeds only one of them
        shows no deployment of the others. Raises TooLong where there are more than a few pages.
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
        """Raises NotFound."""
        return self._transport.call(Deployment, Request("GET", _path(uuid)))

    def logs(self, uuid: str) -> str:
        return self._transport.call(_Logs, Request("GET", f"{_path(uuid)}logs/")).logs

    def environment_variables(self, uuid: str) -> FrozenVariables:
        """What the deployment's instances really run with, built-in variables included."""
        return self._transport.call(FrozenVariables, Request("GET", f"{_path(uuid)}environment-variables/"))

    def start(self, environment: str) -> Deployment:
        """Starts one deployment. Raises DeploymentRunning where another one is in the way.

        Where the outcome is uncertain, the one that started since is taken to be ours; a caller who must know what it
        runs with asks ``environment_variables``.
        """
        began = self._timing.now()

        def look(failure: DivioError, maybe_started: bool) -> Deployment | None:
            listed = self.list(environment)
            since = self._transport.platform_time(began) - CLOCKS_DIFFER
            return _found(listed, since, failure, maybe_started)

        return self._transport.create(Deployment, Request("POST", PATH, body={"environment": environment}), look)

    def wait(self, uuid: str, timeout: float, on_progress: Callable[[Deployment], None] | None = None) -> Deployment:
        """Looks until the deployment has ended, well or badly, and returns it. ``on_progress`` gets each look.

        Raises DeploymentTimeout after ``timeout`` seconds; the deployment goes on then. A look that fails is repeated
        as often as the poll policy allows.
        """
        deadline = self._timing.clock() + timeout
        looks = failures = 0
        deployment = None
        while True:
            try:
                deployment, failures = self.get(uuid), 0
            except (ConnectionFailed, ServerFailed, Throttled) as error:
                failures += 1
                if failures > self._poll.failures or not error.transient:
                    raise
            else:
                if on_progress:
                    on_progress(deployment)
                if not deployment.running:
                    return deployment
            looks += 1
            self._pause(uuid, looks, deadline, timeout, deployment)

    def _pause(self, uuid: str, looks: int, deadline: float, timeout: float, last: Deployment | None) -> None:
        left = deadline - self._timing.clock()
        if left <= 0:
            raise DeploymentTimeout(f"deployment {uuid} has not ended within {timeout:g} s", deployment=last)
        self._timing.sleep(min(self._poll.delay(looks), left))


def _found(
    newest_first: Sequence[Deployment], began: datetime, failure: DivioError, maybe_ours: bool
) -> Deployment | None:
    """Which deployment is ours after an uncertain start, or in the way after a refused one; None: neither."""
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
