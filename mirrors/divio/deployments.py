"""``/apps/v3/deployments/``."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from pydantic import BaseModel

from mirrors.divio.chunks import split_into_chunks
from mirrors.divio.domain import Deployment, DeploymentVariables, Text
from mirrors.divio.errors import (
    DeploymentRunning,
    DeploymentTimeout,
    DivioError,
    ValidationFailed,
)
from mirrors.divio.paging import PAGE_SIZE, read_all, read_from_first_pages
from mirrors.divio.policy import PollPolicy
from mirrors.divio.request import Query, Request
from mirrors.divio.transport import Transport
from mirrors.divio.waits import DeploymentWatch, PollOutcome, ProgressCallback, SharedPolling

DEPLOYMENTS_PATH = "/apps/v3/deployments/"
MOST_DEPLOYMENT_PAGES = 5
"""The most pages of several environments' deployments that Mirrors reads.

A platform that ignores the filter would send every deployment there is.
"""
NEWEST_PAGE_SIZE = "100"
"""The deployments of several environments on one page. Their history may be long, and only the newest of each counts.
"""
CLOCK_TOLERANCE = timedelta(seconds=2)  # at most, between the platform's web servers and what dates its deployments


class _Logs(BaseModel):
    logs: Text


class Deployments:
    def __init__(self, transport: Transport, page_size: int, poll: PollPolicy) -> None:
        self._transport = transport
        self._timing = transport.timing
        self._paged: Query = (("page_size", str(page_size)),)
        self._poll = poll
        self._shared_polling = SharedPolling(self.get, self.list_newest, poll, transport.timing.clock)

    def list(self, environment: str) -> list[Deployment]:
        """Return the deployments of one environment (its uuid), newest first. A waiting one is the newest."""
        listed = read_all(self._transport, Deployment, DEPLOYMENTS_PATH, (("environment", environment), *self._paged))
        return sorted((item for item in listed if item.environment == environment), key=_newest_first, reverse=True)

    def list_of_several(self, environments: Sequence[str]) -> Sequence[Deployment]:
        """Return the deployments of these environments.

        Mirrors infers that this filter may be repeated, like that of variables. A platform that heeds only one value
        shows no deployment of the others.

        Raises:
            TooManyPages: There are more than a few pages.
        """
        url, of_interest = self._transport.address.url(DEPLOYMENTS_PATH), set(environments)
        listed = [
            item
            for chunk in split_into_chunks(url, "environment", environments, self._paged)
            for item in read_all(
                self._transport, Deployment, DEPLOYMENTS_PATH, self._query_of(chunk), most_pages=MOST_DEPLOYMENT_PAGES
            )
        ]
        return [item for item in listed if item.environment in of_interest]

    def _query_of(self, environments: Sequence[str]) -> Query:
        return (*(("environment", environment) for environment in environments), *self._paged)

    def get(self, uuid: str) -> Deployment:
        """Return the deployment. Raises NotFound."""
        return self._transport.call(Deployment, Request("GET", _deployment_path(uuid)))

    def logs(self, uuid: str) -> str:
        return self._transport.call(_Logs, Request("GET", f"{_deployment_path(uuid)}logs/")).logs

    def environment_variables(self, uuid: str) -> DeploymentVariables:
        """Return the variables that the deployment's instances really run with, built-in ones included."""
        return self._transport.call(
            DeploymentVariables, Request("GET", f"{_deployment_path(uuid)}environment-variables/")
        )

    def start(self, environment: str) -> Deployment:
        """Start one deployment.

        Where the outcome is uncertain, a deployment that started since counts as this one. A caller who must know its
        variables asks ``environment_variables``.

        Raises:
            DeploymentRunning: Another deployment is in the way.
        """
        began = self._timing.now()

        def find_existing(failure: DivioError, maybe_started: bool) -> Deployment | None:
            listed = self.list(environment)
            since = self._transport.platform_time(began) - CLOCK_TOLERANCE
            return _find_started(listed, since, failure, maybe_started)

        return self._transport.create(
            Deployment, Request("POST", DEPLOYMENTS_PATH, body={"environment": environment}), find_existing
        )

    def wait(
        self, uuid: str, timeout: float, on_progress: ProgressCallback | None = None, environment: str | None = None
    ) -> Deployment:
        """Wait until the deployment has ended, well or badly, and return it.

        Args:
            uuid: The deployment.
            timeout: Seconds. The deployment goes on after that.
            on_progress: Gets the deployment at each poll. The poll policy says how often a failed poll is repeated.
            environment: Its uuid, so that threads which wait at the same time share their polls.

        Raises:
            DeploymentTimeout: The deployment has not ended in time.
        """
        deadline = self._timing.clock() + timeout
        watch = DeploymentWatch(self._poll, on_progress)
        if environment is not None:
            shared = self._wait_together(environment, uuid, watch, deadline)
            if shared is not None:
                return shared
        return self._wait_alone(uuid, watch, deadline, timeout)

    def _wait_together(self, environment: str, uuid: str, watch: DeploymentWatch, deadline: float) -> Deployment | None:
        """Return the ended deployment; None if this thread has to wait alone, or has time only for a last poll."""
        if done := watch.check_ended(self._poll_one(uuid)):
            return done
        with self._shared_polling.join(environment, uuid) as member:
            while (outcome := member.next(max(0.0, deadline - self._timing.clock()))) is not None:
                if done := watch.check_ended(outcome):
                    return done
        return None

    def _wait_alone(self, uuid: str, watch: DeploymentWatch, deadline: float, timeout: float) -> Deployment:
        looks = 0
        while (done := watch.check_ended(self._poll_one(uuid))) is None:
            looks += 1
            left = deadline - self._timing.clock()
            if left <= 0:
                raise DeploymentTimeout(f"deployment {uuid} has not ended within {timeout:g} s", deployment=watch.last)
            self._timing.sleep(min(self._poll.delay(looks), left))
        return done

    def _poll_one(self, uuid: str) -> PollOutcome:
        try:
            return self.get(uuid)
        except DivioError as error:
            return error

    def list_newest(self, environments: Sequence[str], wanted: Collection[str]) -> Mapping[str, Deployment]:
        """Return {uuid: deployment} of the newest of these environments, as far back as the wanted ones."""
        url, size = self._transport.address.url(DEPLOYMENTS_PATH), ((PAGE_SIZE, NEWEST_PAGE_SIZE),)
        found: dict[str, Deployment] = {}
        for chunk in split_into_chunks(url, "environment", environments, size):
            query = (*(("environment", environment) for environment in chunk), *size)
            found |= read_from_first_pages(
                self._transport, Deployment, DEPLOYMENTS_PATH, query, wanted, most_pages=MOST_DEPLOYMENT_PAGES
            )
        return found


def _find_started(
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
        raise DeploymentRunning(problem, failure.request_info, deployment=blocking) from failure
    return None


def _newest_first(deployment: Deployment) -> tuple[bool, datetime]:
    return deployment.started_at is None, deployment.started_at or datetime.min.replace(tzinfo=UTC)


def _deployment_path(uuid: str) -> str:
    return f"{DEPLOYMENTS_PATH}{quote(uuid, safe='')}/"
