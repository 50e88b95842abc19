"""Provider processes beside the default one: each has four threads, and a deployment keeps one busy until it ends."""

import asyncio
import zlib
from collections.abc import Mapping
from math import ceil

import pulumi

from mirrors.config.connection import PROVIDER_KEYS
from mirrors.config.docker import KEYS as DOCKER_KEYS
from mirrors.config.messages import SECRET_KEYS

THREADS = 4
"""Of a provider process: so many requests does it make at once."""

A_LANE = THREADS - 1
"""Deployments that a process waits for at once. The thread that is left over answers everything else.

A process whose threads all wait does not hear a cancellation: after a second Ctrl-C it lasted for up to 35 s.
"""


def lanes_for(parallel: int) -> int:
    """How many processes share so many deployments at once."""
    return ceil(parallel / A_LANE)


class Lanes:
    """``parallel`` deployments at once, spread over as few processes as that takes; the default one is the first."""

    def __init__(
        self, parallel: int, configuration: Mapping[str, str], requests: int, parent: pulumi.Resource | None
    ) -> None:
        """``configuration``: raw values of the namespace ``mirrors``. A lane gets no other than those given here.

        ``requests``: how many at once the platform shall get from us. What the threads of the first process leave is
        shared among the others, one each at the least.
        ``parent``: below which lanes stood once. A lane stands below nothing, so that it stays the same process where
        the fleet moves: that which deletes a resource has to be the one that has checked the resource in its place.
        """
        self.count = lanes_for(parallel)
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
        """None for the default one. It is the application that counts, so that a longer list moves nobody."""
        return self._providers[self._lane(application)]

    def free(self, application: str) -> asyncio.Semaphore:
        return self._free[self._lane(application)]

    def _lane(self, application: str) -> int:
        return zlib.crc32(application.encode()) % self.count


def _hidden(key: str, value: str) -> pulumi.Input[str]:
    return pulumi.Output.secret(value) if key in SECRET_KEYS else value
