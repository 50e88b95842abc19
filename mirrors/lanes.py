"""Provider processes beside the default one: each has four threads, and a deployment keeps one busy until it ends."""

import asyncio
from collections.abc import Mapping, Sequence
from math import ceil

import pulumi

from mirrors.config.connection import PROVIDER_KEYS
from mirrors.config.docker import KEYS as DOCKER_KEYS
from mirrors.config.messages import SECRET_KEYS
from mirrors.planning.allocate import SiteHint, likely_ids

THREADS = 4
"""Of a provider process: so many requests does it make at once."""

A_LANE = THREADS - 1
"""Deployments that a process waits for at once. The thread that is left over answers everything else.

A process whose threads all wait does not hear a cancellation: after a second Ctrl-C it lasted for up to 35 s.
"""


BITS = 2**32
GOLDEN = 2_654_435_769
"""``BITS`` divided by the golden ratio."""


def lanes_for(parallel: int) -> int:
    """How many processes share so many deployments at once."""
    return ceil(parallel / A_LANE)


def spread(sites: Sequence[SiteHint], lanes: int) -> dict[str, int]:
    """{application: the number of its lane}, evenly.

    It is the SITE_ID that counts: a longer list moves nobody. A site without one may be in another lane later, which is
    no change to it. Ids follow one another, or in steps of ten where somebody has chosen them, which a remainder would
    put into one lane; multiples of the golden ratio lie evenly in either case (Fibonacci hashing; Knuth, TAOCP 6.4).
    """
    return {site: site_id * GOLDEN % BITS * lanes // BITS for site, site_id in likely_ids(sites).items()}


class Lanes:
    """``parallel`` deployments at once, spread over as few processes as that takes; the default one is the first."""

    def __init__(
        self,
        parallel: int,
        configuration: Mapping[str, str],
        requests: int,
        parent: pulumi.Resource | None,
        sites: Sequence[SiteHint] = (),
    ) -> None:
        """``configuration``: raw values of the namespace ``mirrors``. A lane gets no other than those given here.

        ``sites``: who is to be spread over the lanes.
        ``requests``: how many at once the platform shall get from us. What the threads of the first process leave is
        shared among the others, one each at the least.
        ``parent``: below which lanes stood once. A lane stands below nothing, so that it stays the same process where
        the fleet moves: that which deletes a resource has to be the one that has checked the resource in its place.
        """
        self.count = lanes_for(parallel)
        self._lane_of = spread(sites, self.count)
        options = pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=parent)])
        left = (requests - THREADS) // max(1, self.count - 1)
        shared = {**configuration, "maxConcurrentRequests": str(max(1, left))}
        keys = dict.fromkeys((*PROVIDER_KEYS, *DOCKER_KEYS))
        props = {f"mirrors:{key}": _hidden(key, shared[key]) for key in keys if key in shared}
        self._providers: list[pulumi.ProviderResource | None] = [None]
        self._providers += [
            pulumi.ProviderResource("pulumi-python", f"lane-{number}", dict(props), options)
            for number in range(1, self.count)
        ]
        self._free = [asyncio.Semaphore(A_LANE) for _ in self._providers]

    def provider_of(self, application: str) -> pulumi.ProviderResource | None:
        """None for the default one."""
        return self._providers[self._lane_of.get(application, 0)]

    def free(self, application: str) -> asyncio.Semaphore:
        return self._free[self._lane_of.get(application, 0)]


def _hidden(key: str, value: str) -> pulumi.Input[str]:
    return pulumi.Output.secret(value) if key in SECRET_KEYS else value
