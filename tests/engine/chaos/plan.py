"""The plan of a round: a pure function of the seed and the round's number."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random
from typing import Literal, get_args

from tests.engine.crash.proxy import Side
from tests.engine.crash.world import MIRROR

Start = Literal["first up", "rotation", "removal", "return", "new mirror", "release", "removal and new"]
Victim = Literal[
    "provider killed",
    "provider stopped",
    "engine stopped",
    "group stopped",
    "engine killed",
    "group killed",
    "tree killed",
    "Ctrl-C twice",
    "server killed",
    "server and engine killed",
]
STARTS: tuple[Start, ...] = get_args(Start)
VICTIMS: tuple[Victim, ...] = get_args(Victim)

Event = Literal["rotation", "release"] | None
List = tuple[str, ...]
"""Slugs of mirrors, as a configuration lists them."""

SLUGS: List = (MIRROR, *(f"acme-{number:02}" for number in range(2, 19)))
"""All mirrors that the account has."""

SIZES = (8, 12)
"""How many mirrors a fleet has that has converged before."""

LEFT: tuple[List, List] = (SLUGS[:12], tuple(slug for number, slug in enumerate(SLUGS[:12], 1) if number % 4))
"""Two lists; of the second one every fourth has left before."""

FIRST = range(8, 18)
"""How many mirrors a first ``up`` has."""

WRITES_WHEN_NEW = 6
"""Requests for a mirror: four variables of Mirrors, one declared, a deployment."""

WRITES_WHEN_GONE = 5
WRITES_AFTER = {"rotation": 2, "release": 1}

FIRST_WRITE_AFTER = 3.0  # seconds from the engine's start on, on a machine that is not busy
A_WRITE = 0.08  # seconds


@dataclass(frozen=True)
class Instant:
    """An instant: the ``write``-th request that writes, before or after the platform has it.

    Or so many ``seconds`` after the engine's start.
    """

    write: int = 0
    side: Side = "before"
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.side} write {self.write}" if self.write else f"after {self.seconds:.1f} s"


@dataclass(frozen=True)
class Round:
    """``lists``: all that the fleet has converged to, one after the other, and the one that it must converge to now.

    ``event``: what happens to the original before. ``pick``, from 0 to 1: which of several processes is the victim.
    ``pause``: seconds between two Ctrl-C. ``refreshes``: whether pending creations are cleared after a lock.
    """

    seed: int
    number: int
    start: Start
    lists: tuple[List, ...]
    event: Event
    instant: Instant
    victim: Victim
    pick: float
    pause: float
    refreshes: bool
    asks_status: bool
    previews: bool

    @property
    def listed(self) -> List:
        return self.lists[-1]

    @property
    def before(self) -> List:
        """The mirrors on the list until now."""
        return self.lists[-2] if len(self.lists) > 1 else ()

    @property
    def mirrors(self) -> frozenset[str]:
        """All that the ``up`` has to do with."""
        return frozenset([*self.before, *self.listed])

    @property
    def leaving(self) -> List:
        return tuple(slug for slug in self.before if slug not in self.listed)

    @property
    def joining(self) -> List:
        return tuple(slug for slug in self.listed if slug not in self.before)

    @property
    def site_ids(self) -> Mapping[str, int]:
        """The SITE_IDs of all that ever were on the list: a new one gets the next id, and keeps it."""
        return {slug: site_id for site_id, slug in enumerate(dict.fromkeys(chain(*self.lists)), start=2)}

    @property
    def retired(self) -> frozenset[int]:
        return frozenset(site_id for slug, site_id in self.site_ids.items() if slug not in self.listed)

    @property
    def deployed(self) -> frozenset[str]:
        """The mirrors that have to be deployed.

        One that returns runs as declared since it left, unless something has happened.
        """
        known = set(chain(*self.lists[:-1]))
        return frozenset(slug for slug in self.listed if self.event or slug not in known)


def planned(seed: int, number: int) -> Round:
    """Make the plan of a round. All rounds of a seed have the same plan always, whichever of them are played."""
    random = Random(f"mirrors {seed}/{number}")  # noqa: S311 - a round must be repeatable
    start, victim = random.choice(STARTS), random.choice(VICTIMS)
    lists = PLANNED[start](random)
    event: Event = "release" if start == "release" else "rotation" if start == "rotation" else None
    if start == "removal and new" and random.random() < 0.3:
        event = "rotation"
    return Round(
        seed=seed,
        number=number,
        start=start,
        lists=tuple(lists),
        event=event,
        instant=_instant(random, expected_writes(lists, event)),
        victim=victim,
        pick=random.random(),
        pause=random.uniform(0.1, 2.5),
        refreshes=random.random() < 0.5,
        asks_status="removal" in start or random.random() < 0.25,
        previews=random.random() < 0.2,
    )


def expected_writes(lists: Sequence[List], event: Event) -> int:
    """About how many writing requests the ``up`` has: an instant is drawn from these."""
    known, now = set(lists[-2]) if len(lists) > 1 else set(), set(lists[-1])
    joining, leaving, staying = len(now - known), len(known - now), len(now & known)
    return WRITES_WHEN_NEW * joining + WRITES_WHEN_GONE * leaving + (WRITES_AFTER[event] * staying if event else 0)


def _instant(random: Random, writes: int) -> Instant:
    at, side = random.randint(1, max(1, writes)), random.choice(("before", "after"))
    seconds = random.uniform(1.0, FIRST_WRITE_AFTER + A_WRITE * writes)
    return Instant(write=at, side=side) if random.random() < 0.6 else Instant(seconds=seconds)  # type: ignore[arg-type]


def _shuffled(random: Random, slugs: Iterable[str]) -> List:
    """In a third of all rounds the list is also put in another order, which is no change."""
    items = list(slugs)
    if random.random() < 1 / 3:
        random.shuffle(items)
    return tuple(items)


def _converged(random: Random) -> list[List]:
    """One list, or two: then some have left before."""
    return list(LEFT) if random.random() < 0.3 else [SLUGS[: random.choice(SIZES)]]


def _new(random: Random, lists: Iterable[List]) -> Iterator[str]:
    never = [slug for slug in SLUGS if slug not in set(chain(*lists))]
    yield from never[: random.randint(1, 2)]


def _remaining(random: Random, listed: List) -> Iterator[str]:
    leaving = set(random.sample(listed, random.randint(1, 4)))
    yield from (slug for slug in listed if slug not in leaving)


def _first_up(random: Random) -> list[List]:
    return [_shuffled(random, SLUGS[: random.choice(FIRST)])]


def _unchanged(random: Random) -> list[List]:
    lists = [SLUGS[: random.choice(SIZES)]]
    return [*lists, lists[-1]]


def _removal(random: Random) -> list[List]:
    lists = _converged(random)
    return [*lists, _shuffled(random, _remaining(random, lists[-1]))]


def _return(random: Random) -> list[List]:
    gone = [slug for slug in LEFT[0] if slug not in LEFT[1]]
    back = random.sample(gone, random.randint(1, len(gone)))
    return [*LEFT, _shuffled(random, [*LEFT[1], *back])]


def _new_mirror(random: Random) -> list[List]:
    lists = _converged(random)
    return [*lists, _shuffled(random, [*lists[-1], *_new(random, lists)])]


def _removal_and_new(random: Random) -> list[List]:
    lists = _converged(random)
    return [*lists, _shuffled(random, [*_remaining(random, lists[-1]), *_new(random, lists)])]


PLANNED: Mapping[Start, Callable[[Random], list[List]]] = {
    "first up": _first_up,
    "rotation": _unchanged,
    "release": _unchanged,
    "removal": _removal,
    "return": _return,
    "new mirror": _new_mirror,
    "removal and new": _removal_and_new,
}
