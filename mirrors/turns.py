"""Whose turn it is: the waves of a rollout one after another, and in each a bounded number of sites at once.

No resource depends on another one for it. The program holds back the registration of a site's variables until it is the
site's turn, so that ``--target`` and ``--exclude`` work on any site and nothing about waves is in the state.
"""

import asyncio
from typing import Any
from uuid import uuid4

import pulumi

from mirrors.planning.waves import RolloutPlan
from mirrors.problems import Problem
from mirrors.resources.mirror import Site


class Turns:
    """In a preview everybody's turn is at once: nothing is deployed."""

    def __init__(self, plan: RolloutPlan, parallel: int, *, preview: bool) -> None:
        self._plan = plan
        self._wave_of = plan.wave_of
        self._free = asyncio.Semaphore(parallel)
        self._preview = preview
        self._deployed: dict[str, pulumi.Resource] = {}
        self._first: list[pulumi.Resource] = []
        self._gates: dict[int, asyncio.Task[None]] = {}
        self._releases: set[asyncio.Task[None]] = set()
        self.attempt = str(uuid4())
        """Names this run: a failure that the state has from another one is not told again."""

    def collects(self, slug: str) -> bool:
        """Whether a failed deployment of the site is told at the end: of a mirror in a repair, and not of the original,
        on whose release they all wait."""
        return self._plan.repairing and slug in self._wave_of

    def of(self, slug: str) -> pulumi.Input[Any]:
        """An input that resolves, to nothing, when it is the site's turn. A held site has no turn: nothing happens."""
        if self._preview or slug not in self._wave_of:
            return None
        return pulumi.Output.from_input(self._turn(slug))

    def ends(self, slug: str, deployment: pulumi.Resource) -> None:
        """A site's turn ends with its deployment, or what stands for one on another platform."""
        self._deployed[slug] = deployment

    def begin_with(self, deployment: pulumi.Resource) -> None:
        """No wave begins before this has been deployed."""
        self._first.append(deployment)

    def report_failures(self) -> None:
        """Of a repair, once all have been tried: an error for each site that failed, and no success for the run."""
        if self._plan.repairing and not self._preview:
            reported: pulumi.Input[Any] = self._report()
            pulumi.Output.from_input(reported)  # what is an output the program's end waits for

    async def _report(self) -> None:
        """Of the sites that were reached in this run. An error that a resource has raised the engine tells itself."""
        deployed = [item for item in self._deployed.values() if isinstance(item, Site)]
        known = await asyncio.gather(*map(_outcome, deployed), return_exceptions=True)
        outcomes = [item for item in known if not isinstance(item, BaseException)]
        failures = [failed for attempt, failed in outcomes if failed and attempt == self.attempt]
        for failure in failures:
            pulumi.log.error(failure)
        if failures:
            message = f"{len(failures)} of the sites could not be repaired"
            raise pulumi.RunError(Problem("repair-incomplete", message).line)

    async def _turn(self, slug: str) -> None:
        await self._gate(self._wave_of[slug])
        await self._free.acquire()
        release = asyncio.ensure_future(self._release(slug))
        self._releases.add(release)  # else nobody keeps it from being collected
        release.add_done_callback(self._releases.discard)

    async def _release(self, slug: str) -> None:
        await asyncio.wait([_registered(self._deployed[slug])])
        self._free.release()

    def _gate(self, wave: int) -> asyncio.Task[None]:
        """One for all sites of a wave."""
        if wave not in self._gates:
            self._gates[wave] = asyncio.ensure_future(self._open(wave))
        return self._gates[wave]

    async def _open(self, wave: int) -> None:
        """Behind a deployment that failed, where the engine was told to go on, nobody's turn comes."""
        before = self._plan.waves[wave - 1].sites if wave else ()
        waits_for = [self._deployed[slug] for slug in before if slug in self._deployed] if wave else self._first
        if not waits_for:
            return
        done, _ = await asyncio.wait([_registered(resource) for resource in waits_for])
        if any(item.exception() for item in done):
            number = self._plan.waves[wave].number
            message = f"wave {number} of the rollout was not begun: a site of an earlier wave failed"
            raise pulumi.RunError(Problem("wave-not-begun", message).line)


async def _outcome(deployed: Site) -> tuple[str | None, str | None]:
    """In which run it failed, and why; nothing of a new site that is no target."""
    return await deployed.attempt.future(), await deployed.failed.future()


def _registered(resource: pulumi.Resource) -> "asyncio.Future[Any]":
    """Done when the engine is done with a resource, also when it leaves the resource out."""
    return asyncio.ensure_future(resource.urn.future())
