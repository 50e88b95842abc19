"""An original and other applications of its account, as far as it takes to tell its mirrors among them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations

from mirrors.planning import dsn
from mirrors.planning.allocate import ORIGINAL_ID
from mirrors.planning.dsn import readable_identity, service_of
from mirrors.planning.names import DATABASE_URL, SITE_ID, number
from mirrors.planning.observed import VariableSeen
from mirrors.planning.plan import ENVIRONMENTS


@dataclass(frozen=True, slots=True)
class StageSeen:
    """One environment of an application. ``frozen`` belongs to the newest successful deployment, if there is one."""

    variables: Mapping[str, VariableSeen] = field(default_factory=dict)
    frozen: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    deployed: bool = False
    deploying: bool = False

    def value(self, name: str) -> str | None:
        """What is set, or else what the instances run with; None where neither is shown."""
        own = self.variables.get(name)
        return own.value if own is not None and own.value is not None else self.frozen.get(name)

    def has(self, name: str) -> bool:
        return name in self.variables or name in self.frozen


@dataclass(frozen=True, slots=True)
class ApplicationSeen:
    """``stages``: by the environment's slug, ``test`` and ``live``. ``visible``: the token's account may look."""

    slug: str
    region: str | None = None
    stages: Mapping[str, StageSeen] = field(default_factory=dict)
    visible: bool = True

    def identity(self, stage: str, name: str) -> str | None:
        """What a variable points at, as it is set, or else as its instances run with it."""
        return readable_identity(self.stages[stage].value(name)) if stage in self.stages else None

    def running(self, stage: str, name: str) -> str | None:
        """What a variable of the instances points at."""
        return readable_identity(self.stages[stage].frozen.get(name)) if stage in self.stages else None


def same(original: ApplicationSeen, other: ApplicationSeen, stage: str, name: str) -> bool:
    """Whether both are known to point at one service: as it is set, or, if that was changed since, as the instances
    run with it."""
    identity = original.identity(stage, name)
    return identity is not None and identity in (other.identity(stage, name), other.running(stage, name))


def shows_database(original: ApplicationSeen, other: ApplicationSeen) -> bool:
    """Whether a variable or the newest successful deployment has the original's database of the same environment."""
    return any(same(original, other, stage, DATABASE_URL) for stage in ENVIRONMENTS)


def crossed(original: ApplicationSeen, other: ApplicationSeen) -> Iterator[tuple[str, str, bool]]:
    """(environment, the original's environment whose database it has there instead, whether its instances run so)."""
    for here, there in permutations(ENVIRONMENTS, 2):
        wrong, right = original.identity(there, DATABASE_URL), original.identity(here, DATABASE_URL)
        runs = other.running(here, DATABASE_URL)
        if wrong is not None and wrong != right and wrong in (runs, other.identity(here, DATABASE_URL)):
            yield here, there, wrong == runs


def has_copy(application: ApplicationSeen) -> bool:
    """An original's database is its own service; a mirror has it as a variable that somebody set."""
    return any(DATABASE_URL in stage.variables for stage in application.stages.values())


def site_ids(original: ApplicationSeen, item: ApplicationSeen) -> dict[str, int]:
    """{environment: SITE_ID}: the one that its instances run with, or else the one that is set.

    With a database of its own, an application's SITE_ID says nothing about this fleet.
    """
    return dict(_site_ids(original, item))


def _site_ids(original: ApplicationSeen, item: ApplicationSeen) -> Iterator[tuple[str, int]]:
    for stage, seen in item.stages.items():
        set_id = seen.variables.get(SITE_ID)
        site_id = number(seen.frozen.get(SITE_ID) or (set_id.value if set_id else None))
        if item is original:
            yield stage, site_id or ORIGINAL_ID
        elif site_id is not None and not _is_elsewhere(original, item, stage):
            yield stage, site_id


def _is_elsewhere(original: ApplicationSeen, item: ApplicationSeen, stage: str) -> bool:
    """Whether its database is known to be another one than the original's: as it is set, and as its instances run."""
    ours, seen = original.stages.get(stage, StageSeen()).value(DATABASE_URL), item.stages[stage]
    values = (seen.value(DATABASE_URL), seen.frozen.get(DATABASE_URL) or seen.value(DATABASE_URL))
    return all(dsn.same(service_of(ours), service_of(value)) is False for value in values)


def neighbours(original: ApplicationSeen, others: Iterable[ApplicationSeen]) -> dict[str, tuple[int, ...]]:
    """{slug: SITE_IDs} of applications that are on no list and yet may run with the original's database."""
    ids = {item.slug: tuple(sorted({*_ids_near(original, item)})) for item in others if has_copy(item)}
    found = {slug: given for slug, given in ids.items() if given}
    return dict(sorted(found.items()))


def _ids_near(original: ApplicationSeen, item: ApplicationSeen) -> Iterator[int]:
    """Of each environment the SITE_ID that is set and the one that runs, unless the database is known to be another.

    What runs tells nothing about a hidden DATABASE_URL that was set together with an id which it does not have yet.
    """
    for stage, seen in item.stages.items():
        database, set_id = seen.variables.get(DATABASE_URL), seen.variables.get(SITE_ID)
        given, runs = set_id.value if set_id else None, seen.frozen.get(SITE_ID)
        undeployed = given is not None and given != runs and database is not None and database.value is None
        if undeployed or not _is_elsewhere(original, item, stage):
            yield from filter(None, (number(given), number(runs)))
