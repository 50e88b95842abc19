"""An original and other applications of its account, as far as it takes to tell its mirrors among them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from types import MappingProxyType

from mirrors.planning.observed import ObservedVariable
from mirrors.planning.plan import ENVIRONMENTS
from mirrors.planning.site_ids.facts import ORIGINAL_ID, Neighbour
from mirrors.planning.variables import dsn
from mirrors.planning.variables.dsn import readable_identity, service_of
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, number


@dataclass(frozen=True, slots=True)
class ObservedStage:
    """One environment of an application. ``frozen`` belongs to the newest successful deployment, if there is one."""

    variables: Mapping[str, ObservedVariable] = field(default_factory=dict)
    frozen: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    deployed: bool = False
    deploying: bool = False

    def value(self, name: str) -> str | None:
        """What is set, or else what the instances run with; None where neither is shown."""
        own = self.variables.get(name)
        return own.value if own is not None and own.value is not None else self.frozen.get(name)

    def has(self, name: str) -> bool:
        return name in self.variables or name in self.frozen

    def values(self, name: str) -> set[str | None]:
        """What is set and what runs, as far as there is such a variable; None for one that is not shown."""
        own = {self.variables[name].value} if name in self.variables else set()
        return own | ({self.frozen[name]} if name in self.frozen else set())


@dataclass(frozen=True, slots=True)
class ObservedApplication:
    """``stages``: by the environment's slug, ``test`` and ``live``; ``elsewhere``: those of any other slug, whose
    instances may run with the original's database as well. ``visible``: the token's account may look."""

    slug: str
    region: str | None = None
    stages: Mapping[str, ObservedStage] = field(default_factory=dict)
    visible: bool = True
    elsewhere: Mapping[str, ObservedStage] = field(default_factory=dict)

    def identity(self, stage: str, name: str) -> str | None:
        """What a variable points at, as it is set, or else as its instances run with it."""
        return readable_identity(self.stages[stage].value(name)) if stage in self.stages else None

    def running(self, stage: str, name: str) -> str | None:
        """What a variable of the instances points at."""
        return readable_identity(self.stages[stage].frozen.get(name)) if stage in self.stages else None


def same(original: ObservedApplication, other: ObservedApplication, stage: str, name: str) -> bool:
    """Whether both are known to point at one service: as it is set, or, if that was changed since, as the instances
    run with it."""
    identity = original.identity(stage, name)
    return identity is not None and identity in (other.identity(stage, name), other.running(stage, name))


def shows_database(original: ObservedApplication, other: ObservedApplication) -> bool:
    """Whether a variable or the newest successful deployment has the original's database of the same environment."""
    return any(same(original, other, stage, DATABASE_URL) for stage in ENVIRONMENTS)


def crossed(original: ObservedApplication, other: ObservedApplication) -> Iterator[tuple[str, str, bool]]:
    """(environment, the original's environment whose database it has there instead, whether its instances run so)."""
    for here, there in permutations(ENVIRONMENTS, 2):
        wrong, right = original.identity(there, DATABASE_URL), original.identity(here, DATABASE_URL)
        runs = other.running(here, DATABASE_URL)
        if wrong is not None and wrong != right and wrong in (runs, other.identity(here, DATABASE_URL)):
            yield here, there, wrong == runs


def has_copy(application: ObservedApplication) -> bool:
    """An original's database is its own service; a mirror has it as a variable that somebody set."""
    return any(DATABASE_URL in stage.variables for stage in application.stages.values())


def site_ids(original: ObservedApplication, item: ObservedApplication) -> dict[str, int]:
    """{environment: SITE_ID}: the one that its instances run with, or else the one that is set.

    With a database of its own, an application's SITE_ID says nothing about this fleet.
    """
    return dict(_site_ids(original, item))


def _site_ids(original: ObservedApplication, item: ObservedApplication) -> Iterator[tuple[str, int]]:
    for stage, seen in item.stages.items():
        set_id = seen.variables.get(SITE_ID)
        site_id = number(seen.frozen.get(SITE_ID) or (set_id.value if set_id else None))
        if item is original:
            yield stage, site_id or ORIGINAL_ID
        elif site_id is not None and not _is_elsewhere(original, item, stage):
            yield stage, site_id


def _is_elsewhere(original: ObservedApplication, item: ObservedApplication, stage: str) -> bool:
    """Whether its database is known to be another one than the original's: as it is set, and as its instances run."""
    return _is_apart(original.stages.get(stage, ObservedStage()), item.stages[stage])


def _is_apart(ours: ObservedStage, seen: ObservedStage) -> bool:
    database = service_of(ours.value(DATABASE_URL))
    values = (seen.value(DATABASE_URL), seen.frozen.get(DATABASE_URL) or seen.value(DATABASE_URL))
    return all(dsn.same(database, service_of(value)) is False for value in values)


def neighbours(original: ObservedApplication, others: Iterable[ObservedApplication]) -> dict[str, Neighbour]:
    """By slug, applications that are on no list, and may have a SITE_ID beside the original's database.

    It is a variable that somebody set, or what their instances run with, whatever became of the variable since.
    """
    found = {item.slug: _neighbour(original, item) for item in others if _is_near(original, item)}
    return {slug: item for slug, item in sorted(found.items()) if item != Neighbour()}


def _is_near(original: ObservedApplication, item: ObservedApplication) -> bool:
    """Another original has a service of its own, and what is set beside that says nothing about this fleet."""
    alike = has_copy(item) or shows_database(original, item) or any(crossed(original, item))
    copied = any(_runs_with_the_same(original.stages.get(stage), seen) for stage, seen in item.stages.items())
    return alike or bool(_owner(item)) or copied or any(_is_copy(original, seen) for seen in item.elsewhere.values())


def _runs_with_the_same(original: ObservedStage | None, seen: ObservedStage) -> bool:
    """To the letter: what cannot be compared otherwise may still be a copy."""
    there = seen.frozen.get(DATABASE_URL)
    return bool(there) and original is not None and there == original.frozen.get(DATABASE_URL)


def _is_copy(original: ObservedApplication, seen: ObservedStage) -> bool:
    """Of an environment besides Test and Live: whether it has the database of one of these, or one that is set."""
    if DATABASE_URL in seen.variables:
        return True
    runs = readable_identity(seen.frozen.get(DATABASE_URL))
    known = {original.identity(stage, DATABASE_URL) for stage in ENVIRONMENTS} - {None}
    return runs in known or any(_runs_with_the_same(stage, seen) for stage in original.stages.values())


def _neighbour(original: ObservedApplication, item: ObservedApplication) -> Neighbour:
    stages = [seen for stage, seen in item.stages.items() if _may_share(original, item, stage)]
    stages += [seen for seen in item.elsewhere.values() if _may_be_near(original, seen)]
    ids = {number(value) for seen in stages for value in seen.values(SITE_ID)}
    return Neighbour(
        tuple(sorted(site_id for site_id in ids if site_id is not None)),
        hidden=None in ids,
        managed=_owner(item) if shows_database(original, item) else "",
    )


def _may_share(original: ObservedApplication, item: ObservedApplication, stage: str) -> bool:
    """Unless the database is known to be another; it may be the original's of the other environment.

    What runs tells nothing about a hidden DATABASE_URL that was set together with an id which it does not have yet.
    """
    in_the_other = any(here == stage for here, _, _ in crossed(original, item))
    return _undeployed(item.stages[stage]) or in_the_other or not _is_elsewhere(original, item, stage)


def _undeployed(seen: ObservedStage) -> bool:
    database, set_id = seen.variables.get(DATABASE_URL), seen.variables.get(SITE_ID)
    given, runs = set_id.value if set_id else None, seen.frozen.get(SITE_ID)
    return given is not None and given != runs and database is not None and database.value is None


def _may_be_near(original: ObservedApplication, seen: ObservedStage) -> bool:
    """The same of an environment besides Test and Live: its database may be the original's of either."""
    return _undeployed(seen) or any(not _is_apart(stage, seen) for stage in original.stages.values())


def _owner(item: ObservedApplication) -> str:
    """The slug that Mirrors has written to it; empty where it has written none."""
    stages = (*item.stages.values(), *item.elsewhere.values())
    found = (value for seen in stages for value in seen.values(MIRRORS_APPLICATION))
    return next(filter(None, found), "")


def ran_with(
    item: ObservedApplication, shared: Mapping[str, Mapping[str, str | None]] = MappingProxyType({})
) -> tuple[int, ...] | None:
    """The SITE_IDs that its instances run with, in all environments; None where one may, and is not shown.

    An id beside another database than the original's says nothing of this fleet. ``shared``: {environment: what the
    original runs with}.
    """
    near = [seen for seen in item.elsewhere.values() if _runs_near(seen, shared)]
    if not item.visible or any(seen.deploying for seen in (*item.stages.values(), *near)):
        return None
    here = [seen for stage, seen in item.stages.items() if not _runs_elsewhere(seen, shared.get(stage, {}))] + near
    ids = [number(seen.frozen[SITE_ID]) for seen in here if SITE_ID in seen.frozen]
    hidden = [seen for seen in here if seen.deployed and _leaves_out(seen)]
    known = tuple(site_id for site_id in ids if site_id is not None)
    return known if len(known) == len(ids) and not hidden else None


def _runs_near(seen: ObservedStage, shared: Mapping[str, Mapping[str, str | None]]) -> bool:
    """Of an environment besides Test and Live: unless the original's database of both is known to be another."""
    return not shared or any(not _runs_elsewhere(seen, stage) for stage in shared.values())


def _runs_elsewhere(seen: ObservedStage, original: Mapping[str, str | None]) -> bool:
    runs, shared = service_of(seen.frozen.get(DATABASE_URL)), service_of(original.get(DATABASE_URL))
    return dsn.same(runs, shared) is False


def _leaves_out(seen: ObservedStage) -> bool:
    """A platform may leave sensitive variables out of those of a deployment."""
    own = seen.variables.get(SITE_ID)
    return own is not None and own.sensitive and SITE_ID not in seen.frozen
