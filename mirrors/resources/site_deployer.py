"""Bring one site to its declared deployment, and record what it runs then."""

from dataclasses import dataclass, replace

from mirrors.config.connection import DivioConnection
from mirrors.divio import Divio
from mirrors.planning.site_properties import Properties
from mirrors.planning.site_state import SiteState
from mirrors.planning.variables.shared import find_changed_values
from mirrors.planning.variables.writes import compare_values
from mirrors.resources.deployed_variables import read_deployed_variables
from mirrors.resources.deployment_runner import DeploymentRunner, StartConditions
from mirrors.resources.failures import shared_values_changed
from mirrors.resources.health import wait_until_healthy
from mirrors.resources.process import CheckedSite


@dataclass(frozen=True, slots=True)
class SiteDeployer:
    """The deployment part of one create or update of one site.

    Args:
        connection: The configuration of this process.
        divio: The client.
        inputs: The checked inputs.
        checked: The site as ``check`` saw it.
        stored: The site as the state has it.
        goal: The site as it should be.
    """

    connection: DivioConnection
    divio: Divio
    inputs: Properties
    checked: CheckedSite
    stored: SiteState
    goal: SiteState

    def deploy(self, site: SiteState, recorded: str | None) -> SiteState:
        """Return the site with the deployment that it runs then. A new deployment is not verified yet.

        Args:
            site: The site with its variables.
            recorded: The deployment that runs as declared by Mirrors' own record; None where the site needs another.

        Raises:
            MirrorsError: The site does not run as declared.
            DivioError: The platform does not answer.
        """
        done, goal = self._run(recorded), self.goal
        verified = site.verified if done["deployment"] == recorded else None if goal.verified is None else False
        ran = replace(site, runs=goal.is_set, release=goal.release, image_environment=goal.image_environment)
        ran = replace(ran, verified=verified, failed=None, attempt=None)
        return replace(ran, deployment=done["deployment"], url=done["url"])

    def check_health(self, site: SiteState) -> None:
        """Wait until the site is healthy, where the configuration asks for that and no deployment proved it yet."""
        health = self.connection.rollout.health
        if self.goal.verified and not site.verified and health is not None:
            wait_until_healthy(self.inputs["site"], site.outputs | {"url": site.url}, health, self.checked.values)

    def runs_hidden_values(self, site: SiteState | None) -> bool:
        """Return whether a new deployment of this site runs with values that only Mirrors knows."""
        deployment = site.deployment if site is not None else None
        if deployment is None or deployment == self.stored.deployment:
            return False
        deployed = read_deployed_variables(self.divio, deployment)
        _, hidden = compare_values(self.checked.values, deployed, self.checked.sensitive)
        return bool(hidden)

    def _run(self, recorded: str | None) -> Properties:
        """Deploy, and return ``{deployment, url}``."""
        checked, release = self.checked, self.goal.release or ""
        # If a target leaves the original out, the inputs have the release of an earlier run.
        newest = {checked.newest_release, release} if checked.newest_release else None
        conditions = StartConditions(newest, checked.start_refusal, bypasses_gate=checked.deferring_run is not None)
        inputs = self.inputs | {"secrets": checked.secrets, "sensitive": checked.sensitive, "release": release}
        inputs |= {"image_environment": self.goal.image_environment}
        runner = DeploymentRunner(self.connection, self.divio, inputs, checked.values, conditions)
        declared = self.goal.is_set.keys()
        outputs = runner.run(
            self.stored.deployment,
            outdated=self.stored.outdated_by(self.goal),
            withdrawn=frozenset(self.stored.only_managed(declared).runs.keys() - declared),
            recorded=recorded,
        )
        deployed = read_deployed_variables(self.divio, outputs["deployment"])
        if changed := find_changed_values(checked.shared_digests, deployed):
            raise shared_values_changed(self.inputs["site"], changed)
        return outputs
