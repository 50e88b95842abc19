"""Decide whether a site needs a deployment, or already has the one that is declared."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mirrors.planning.observed import DeployedVariables, ObservedDeployment
from mirrors.planning.rollout.releases import find_release, newest_running, newest_successful
from mirrors.planning.variables.names import MIRRORS_APPLICATION, sort_for_writing
from mirrors.planning.variables.writes import compare_values


@dataclass(frozen=True, slots=True)
class DesiredDeployment:
    """The deployment that a site should run.

    Args:
        release: The original's deployment whose image the site should run; empty for the original itself.
        variables: {name: value} of all that Mirrors declares.
        adopting: Whether the site may have run before Mirrors managed it, without the variable that Mirrors alone sets.
        withdrawn: The names that were declared earlier and are not declared now.
        secrets: The names of the variables that a platform may hide.
        recorded: A deployment that runs as declared by Mirrors' own record, whatever the platform shows of it.
    """

    release: str
    variables: Mapping[str, str]
    adopting: bool = False
    withdrawn: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    recorded: str | None = None


@dataclass(frozen=True, slots=True)
class DeploymentStep:
    """The next thing to do for a site's deployment.

    Args:
        kind: ``attach`` waits for a running deployment and decides again. ``adopt`` takes a sufficient one.
            ``start`` starts a new one.
        deployment: The deployment to wait for or to take; empty for ``start``.
        why: The reason to start one, in a few words.
    """

    kind: Literal["attach", "adopt", "start"]
    deployment: str = ""
    why: str = field(default="", compare=False)


def decide_deployment(
    wanted: DesiredDeployment,
    deployments: Sequence[ObservedDeployment],
    releases: Sequence[ObservedDeployment],
    deployed: DeployedVariables | None,
) -> DeploymentStep:
    """Decide whether to wait for a deployment, take one, or start one.

    A running deployment comes first: the platform refuses a second one beside it. A value that the platform hides
    proves nothing, so Mirrors deploys again rather than adopt such a deployment. One deployment too many is harmless.
    ``wanted.recorded`` names the one that needs no proof.

    Args:
        wanted: The deployment that the site should run.
        deployments: The deployments of the site's environment.
        releases: The deployments of the original's image environment.
        deployed: The variables of the newest successful deployment; None where there is none.

    Returns:
        The next step, with its reason.
    """
    running = newest_running(deployments)
    if running is not None:
        return DeploymentStep("attach", running.uuid)
    done = newest_successful(deployments)
    if done is None or deployed is None:
        return DeploymentStep("start", why="it was never deployed successfully")
    if done.uuid == wanted.recorded:
        return DeploymentStep("adopt", done.uuid)
    if not runs_release(wanted.release, done, releases):
        return DeploymentStep("start", why="it runs an older release")
    different, hidden = compare_values(_select_values_to_prove(wanted, deployed), deployed, wanted.secrets)
    still_runs_with = wanted.withdrawn & deployed.keys()
    if different or hidden or still_runs_with:
        return DeploymentStep("start", why=_describe_differences(different, hidden, still_runs_with, deployed))
    return DeploymentStep("adopt", done.uuid)


def _describe_differences(
    different: Sequence[str], hidden: Sequence[str], withdrawn: Collection[str], deployed: DeployedVariables
) -> str:
    reasons = {
        "it runs without {}": [name for name in different if name not in deployed],
        "it runs with another {}": [name for name in different if name in deployed],
        "the platform hides the value of {} that it runs with": hidden,
        "it still runs with {}": sort_for_writing(withdrawn),
    }
    return ", and ".join(words.format(", ".join(names)) for words, names in reasons.items() if names)


def _select_values_to_prove(wanted: DesiredDeployment, deployed: DeployedVariables) -> Mapping[str, str]:
    """Return the values that the deployment must prove.

    A site that was set up by hand runs without ``MIRRORS_APPLICATION``. Mirrors sets it, and the next deployment
    picks it up. Adopting a fleet must not deploy all of it for that variable alone.
    """
    left_out = {MIRRORS_APPLICATION} - set(deployed) if wanted.adopting else set()
    return {name: value for name, value in wanted.variables.items() if name not in left_out}


def runs_release(release: str, deployment: ObservedDeployment, releases: Sequence[ObservedDeployment]) -> bool:
    """Return whether a deployment runs the wanted release, or a newer one.

    A newer release counts, because the platform may have gone on since the plan was made. The original needs none:
    its own deployments are the releases.
    """
    if not release:
        return True
    actual = find_release(deployment, releases)
    ended = {item.uuid: item.ended_at for item in releases}
    wanted_end, actual_end = ended.get(release), ended.get(actual or "")
    if wanted_end is None or actual_end is None:
        return actual is not None and actual == release
    return actual_end >= wanted_end
