"""Whether a site needs a deployment, or already has the one that is wanted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.releases import newest_running, newest_successful, release_of
from mirrors.planning.variables.names import MIRRORS_APPLICATION, write_order
from mirrors.planning.variables.writes import different_names


@dataclass(frozen=True, slots=True)
class Wanted:
    """``release`` is the original's deployment whose image shall run, empty for the original itself; ``variables`` are
    all that we declare, ``secrets`` the names of those that a platform may not show.

    ``adopting``: the site may have been running before us, without what only we write. ``gone``: names that were
    declared before and are not any more. ``known``: a deployment that is known to run as wanted,
    whatever is shown of it.
    """

    release: str
    variables: Mapping[str, str]
    adopting: bool = False
    gone: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do: ``attach`` waits for a running deployment and decides again, ``adopt`` takes a sufficient one.

    ``why`` one has to be started, in a few words.
    """

    kind: Literal["attach", "adopt", "start"]
    deployment: str = ""
    why: str = field(default="", compare=False)


def next_step(
    wanted: Wanted,
    deployments: Sequence[ObservedDeployment],
    releases: Sequence[ObservedDeployment],
    frozen: Mapping[str, str | None] | None,
) -> Step:
    """Decide from the environment's deployments. ``frozen``: of the newest successful one; None where there is none.

    A running deployment comes first: the platform refuses a second one beside it. Values that are not shown cannot
    prove that a deployment has them, so such a deployment is never adopted: one too many is harmless. Of the
    one that we have made ourselves the state knows it.
    """
    running = newest_running(deployments)
    if running is not None:
        return Step("attach", running.uuid)
    done = newest_successful(deployments)
    if done is None or frozen is None:
        return Step("start", why="it was never deployed successfully")
    if done.uuid == wanted.known:
        return Step("adopt", done.uuid)
    if not _runs_release(wanted.release, done, releases):
        return Step("start", why="it runs an older release")
    different, hidden = different_names(_to_prove(wanted, frozen), frozen, wanted.secrets)
    still_runs_with = wanted.gone & frozen.keys()
    if different or hidden or still_runs_with:
        return Step("start", why=_why(different, hidden, still_runs_with, frozen))
    return Step("adopt", done.uuid)


def _why(
    different: Sequence[str], hidden: Sequence[str], gone: Collection[str], frozen: Mapping[str, str | None]
) -> str:
    said = {
        "it runs without {}": [name for name in different if name not in frozen],
        "it runs with another {}": [name for name in different if name in frozen],
        "the platform does not show with which {} it runs": hidden,
        "it still runs with {}": write_order(gone),
    }
    return ", and ".join(words.format(", ".join(names)) for words, names in said.items() if names)


def _to_prove(wanted: Wanted, frozen: Mapping[str, str | None]) -> Mapping[str, str]:
    """A site made by hand has no name of its own. It gets one, which its next deployment runs with: nobody deploys
    a whole fleet again for that."""
    left_out = {MIRRORS_APPLICATION} - set(frozen) if wanted.adopting else set()
    return {name: value for name, value in wanted.variables.items() if name not in left_out}


def _runs_release(release: str, deployment: ObservedDeployment, releases: Sequence[ObservedDeployment]) -> bool:
    """Also true for a release newer than the wanted one: the platform has gone on since the plan was made.

    No release is wanted of the original: what it deploys is one.
    """
    if not release:
        return True
    actual = release_of(deployment, releases)
    ended = {item.uuid: item.ended_at for item in releases}
    wanted_end, actual_end = ended.get(release), ended.get(actual or "")
    if wanted_end is None or actual_end is None:
        return actual is not None and actual == release
    return actual_end >= wanted_end
