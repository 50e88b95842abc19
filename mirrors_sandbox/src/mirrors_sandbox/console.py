"""Commands by hand on the running sandbox, through its API: deploy, and watch it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from mirrors_sandbox.process import wait_until
from mirrors_sandbox.state import SandboxError, StateDirectory

__all__ = ["Console", "Report"]

Report = Callable[[str], None]
TIMEOUT = 30.0  # seconds, for one request
DEPLOYMENT_TIMEOUT = 75 * 60.0  # seconds; the steps of a deployment have limits of their own
LONGEST_ANSWER = 300  # characters shown of an answer that is an error
POLL = 0.2  # seconds


@dataclass
class Console:
    """The API of one sandbox, as its owner."""

    state: StateDirectory
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # a ~/.netrc would override the header
        self.session.headers["Authorization"] = f"Token {self.state.token}"

    def deploy(self, application: str, environment: str, *, wait: bool = True, report: Report = print) -> None:
        """Deploy an environment, and report what its log says, line by line.

        Raises:
            SandboxError: there is no such environment, it is deploying already, or the deployment fails.
        """
        name = f"{application}/{environment}"
        posted = self._post("deployments/", {"environment": self._environment(application, environment)}, name)
        if not wait:
            report(f"{name}: deployment {posted['uuid']} runs")
            return
        follower = _Follower(self, posted["uuid"], lambda line: report(f"{name}: {line}"))
        if not wait_until(follower.ended, DEPLOYMENT_TIMEOUT, poll=POLL):
            raise SandboxError(f"{name}: the deployment {posted['uuid']} still runs")
        if not follower.success:
            raise SandboxError(f"{name}: the deployment failed: {follower.last_line}")

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self._ask("GET", path, path, params=query)

    def _environment(self, application: str, environment: str) -> str:
        found = self.get("applications/", slug=application)["results"]
        if not found:
            raise SandboxError(f"there is no application {application} in this sandbox")
        environments = self.get("environments/", application=found[0]["uuid"], slug=environment)["results"]
        if not environments:
            raise SandboxError(f"{application} has no environment {environment}: it is one of test and live")
        return str(environments[0]["uuid"])

    def _post(self, path: str, body: dict[str, Any], name: str) -> dict[str, Any]:
        return self._ask("POST", path, name, json=body)

    def _ask(self, method: str, path: str, subject: str, **options: Any) -> dict[str, Any]:
        url = f"{self.state.url}/apps/v3/{path}"
        try:
            response = self.session.request(method, url, timeout=TIMEOUT, **options)
        except requests.RequestException as error:
            raise SandboxError(f"{subject}: the sandbox does not answer on {self.state.url}") from error
        if response.ok:
            return dict(response.json())
        # An answer that is not JSON is a page, which says no more than its status.
        said = response.text[:LONGEST_ANSWER] if "json" in response.headers.get("Content-Type", "") else response.reason
        raise SandboxError(f"{subject}: the sandbox answered {response.status_code}: {said}")


@dataclass
class _Follower:
    """Reports the lines of a deployment's log that are new since the last look."""

    console: Console
    uuid: str
    report: Report
    shown: int = 0
    success: bool = False
    last_line: str = ""

    def ended(self) -> bool:
        deployment = self.console.get(f"deployments/{self.uuid}/")
        lines = self.console.get(f"deployments/{self.uuid}/logs/")["logs"].splitlines()
        for line in lines[self.shown :]:
            self.report(line)
        self.shown = len(lines)
        self.last_line = lines[-1] if lines else ""
        self.success = deployment["success"] is True
        return deployment["ended_at"] is not None
