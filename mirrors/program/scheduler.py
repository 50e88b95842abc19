"""Runs a rollout: the waves one after another, and in each wave a bounded number of sites at once.

The program registers a site only when the site gets a slot. No resource depends on another one for that, so
``--target`` and ``--exclude`` work on any site, and the state knows nothing about waves.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Self
from uuid import uuid4

import pulumi

from mirrors.config import Settings
from mirrors.planning.rollout.waves import RolloutPlan
from mirrors.problems import Problem
from mirrors.pulumi_internals import has_failed
from mirrors.resources.mirror import Site


class RolloutScheduler:
    """The waves and slots of one rollout. In a preview every site has a slot at once, because nothing is deployed."""

    def __init__(self, plan: RolloutPlan, parallel: int, *, preview: bool) -> None:
        self._plan = plan
        self._wave_of = plan.wave_of
        self._slots = asyncio.Semaphore(parallel)
        self._preview = preview
        self._resources: dict[str, pulumi.Resource] = {}
        self._known_inputs: dict[str, Sequence[pulumi.Output[Any]]] = {}
        self._required_first: list[pulumi.Output[Any]] = []
        self._gates: dict[int, asyncio.Task[None]] = {}
        self._slot_releases: set[asyncio.Task[None]] = set()
        self.attempt = str(uuid4())
        """Names this run. A failure that the state keeps from another run is not reported again."""

    @classmethod
    def of_run(cls, plan: RolloutPlan, settings: Settings) -> Self:
        """Return the scheduler of a run of the user's program."""
        return cls(plan, settings.rollout.parallel, preview=pulumi.runtime.is_dry_run())

    def defers_failure(self, slug: str) -> bool:
        """Return whether a failed deployment is reported at the end of the run instead of stopping it.

        True for mirrors during a credential rotation, the held ones too. It is never true for the original: all mirrors
        wait for its release.
        """
        return self._plan.rotates_credentials and slug in {*self._wave_of, *self._plan.held}

    def slot_input(self, slug: str) -> pulumi.Input[Any]:
        """Return an input that resolves, to nothing, when the site gets its slot. A held site waits for none."""
        if self._preview or slug not in self._wave_of:
            return None
        return pulumi.Output.from_input(self._wait_for_slot(slug))

    def free_slot_after(self, slug: str, resource: pulumi.Resource, *known_inputs: pulumi.Output[Any]) -> None:
        """Free the site's slot once the engine is done with the resource that deploys it.

        Args:
            slug: The site.
            resource: The resource.
            known_inputs: An input of each resource whose failure is one of the site.
        """
        self._resources[slug] = resource
        self._known_inputs[slug] = known_inputs

    def require_first(self, *known_inputs: pulumi.Output[Any]) -> None:
        """Let no wave begin before the engine is done with the resources that have these inputs."""
        self._required_first += known_inputs

    def report_failures(self) -> None:
        """Report each site that failed during a credential rotation, after all were tried. The run then fails."""
        if self._plan.rotates_credentials and not self._preview:
            reported: pulumi.Input[Any] = self._report_deferred()
            pulumi.Output.from_input(reported)  # the program's end waits for an output

    async def _report_deferred(self) -> None:
        """Report the sites that this run reached. The engine itself shows an error that a resource raised."""
        deployed = [item for item in self._resources.values() if isinstance(item, Site)]
        known = await asyncio.gather(*map(_read_outcome, deployed), return_exceptions=True)
        outcomes = [item for item in known if not isinstance(item, BaseException)]
        failures = [failed for attempt, failed in outcomes if failed and attempt == self.attempt]
        for failure in failures:
            pulumi.log.error(failure)
        if failures:
            message = f"Mirrors could not repair {len(failures)} of the sites"
            raise pulumi.RunError(Problem("repair-incomplete", message).line)

    async def _wait_for_slot(self, slug: str) -> None:
        await self._gate_of_wave(self._wave_of[slug])
        await self._slots.acquire()
        release = asyncio.ensure_future(self._free_slot(slug))
        self._slot_releases.add(release)  # without a reference the task could be collected
        release.add_done_callback(self._slot_releases.discard)

    async def _free_slot(self, slug: str) -> None:
        await asyncio.gather(*map(has_failed, self._known_inputs[slug]))
        self._slots.release()

    def _gate_of_wave(self, wave: int) -> asyncio.Task[None]:
        """Return the gate of a wave, one for all its sites."""
        if wave not in self._gates:
            self._gates[wave] = asyncio.ensure_future(self._open_wave(wave))
        return self._gates[wave]

    async def _open_wave(self, wave: int) -> None:
        """Open a wave. After a failed deployment no later wave begins, even if the engine continues on errors."""
        waits_for = self._required_first
        if wave:
            before = self._plan.waves[wave - 1].sites
            waits_for = [known for slug in before for known in self._known_inputs.get(slug, ())]
        if any(await asyncio.gather(*map(has_failed, waits_for))):
            number = self._plan.waves[wave].number
            message = f"wave {number} of the rollout did not begin: a site of an earlier wave failed"
            raise pulumi.RunError(Problem("wave-not-begun", message).line)


async def _read_outcome(deployed: Site) -> tuple[str | None, str | None]:
    """Return the run in which the site failed, and the reason. A new site that is not targeted has neither."""
    return await deployed.attempt.future(), await deployed.failed.future()
