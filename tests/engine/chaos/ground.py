"""The ground of rounds: one sandbox and one stack, taken back to the moment at which a round begins."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from mirrors_sandbox.process import Recorded, record

from tests.engine.chaos.plan import SLUGS, List, Round
from tests.engine.chaos.watch import Promise, Untouched
from tests.engine.crash.processes import kill
from tests.engine.crash.store import Contract, Store
from tests.engine.crash.world import FOREIGN, FOUND, ORIGINAL, SHARED, STAGE, World, new_world, silently
from tests.engine.moment import Moment
from tests.sandboxes import set_variable

DEPLOYMENT_SECONDS = 0.3
"""A deployment takes so long that a kill hits some."""

Key = tuple[tuple[List, ...], str | None]
"""The lists that a fleet has converged to, and what has happened to the original since."""


@dataclass
class Ground:
    """``moments``: where rounds begin; each is made when the first round wants it."""

    world: World
    directory: Path
    moments: dict[Key, Moment] = field(default_factory=dict)

    def stand(self, round_: Round) -> None:
        """Everything is as the round begins; its list is declared."""
        self._moment(round_.lists[:-1], round_.event).restore(self.world)
        self.world.mirrors_are(*round_.listed)
        self.world.project.said.clear()
        self.world.sandbox.clear_requests_log()

    def _moment(self, lists: tuple[List, ...], event: str | None) -> Moment:
        key = (lists, event)
        if key not in self.moments:
            self._reach(lists, event)
            self.moments[key] = Moment(self.directory / f"moment-{len(self.moments)}").keep(self.world)
        return self.moments[key]

    def _reach(self, lists: tuple[List, ...], event: str | None) -> None:
        if event is not None:
            self._moment(lists, None).restore(self.world)
            self._happen(event)
            return
        self._moment(lists[:-1], None).restore(self.world)
        self.world.mirrors_are(*lists[-1])
        self.world.proxy.begin()
        self.world.up().succeeded()

    def _happen(self, event: str) -> None:
        if event == "rotation":
            self.world.sandbox.rotate(ORIGINAL, STAGE, report=silently)
        stage = STAGE if event == "rotation" else "live"
        self.world.sandbox.deploy(ORIGINAL, stage, report=silently)

    def promises(self, round_: Round, before: Mapping[str, Store]) -> dict[str, Promise]:
        """Return what must hold for each mirror of the account while the round is played."""
        own = {*round_.before, *round_.listed}
        return {slug: self.contract(round_, slug, before) if slug in own else Untouched(before[slug]) for slug in SLUGS}

    def contract(self, round_: Round, slug: str, before: Mapping[str, Store]) -> Contract:
        *_, newest = before[ORIGINAL].deployments.values()
        shared = {name: newest[name][0] for name in SHARED}
        site_id = str(round_.site_ids[slug])
        declared = {"SITE_ID": site_id, "MIRRORS_APPLICATION": slug, FOUND: "de", **shared}
        return Contract(site_id, declared, before[slug], there_before_us(slug))

    def processes(self) -> list[Recorded]:
        """Return what commands of this project have left running."""
        return [record(process.pid) for process in psutil.process_iter() if self._started(process)]

    def _started(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("PULUMI_HOME") == self.world.project.variables["PULUMI_HOME"]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def keep_evidence(self, directory: Path) -> Path:
        """Everything as it is now, and what was said on the way."""
        Moment(directory).keep(self.world)
        (directory / "said.txt").write_text("\n\n".join(self.world.project.said), encoding="utf-8")
        shutil.copy(self.world.sandbox.state / "requests.jsonl", directory)
        return directory


def there_before_us(slug: str) -> frozenset[str]:
    """Some mirrors have a variable that is declared otherwise, some one that is not declared, some both or none."""
    number = SLUGS.index(slug)
    return frozenset([*([FOREIGN] if number % 2 == 0 else []), *([FOUND] if number % 3 == 0 else [])])


@contextmanager
def new_ground(directory: Path) -> Iterator[Ground]:
    """At the end nothing of it runs."""
    with new_world(directory / "world", *SLUGS[1:], deployment_seconds=DEPLOYMENT_SECONDS) as world:
        for slug in SLUGS:
            for name, value in ((FOREIGN, "theirs"), (FOUND, "fr")):
                if name in there_before_us(slug):
                    set_variable(world.sandbox, slug, STAGE, name, value)
        world.mirrors_are()
        ground = Ground(world, directory / "moments")
        ground.moments[(), None] = Moment(directory / "moments" / "fresh").keep(world)
        try:
            yield ground
        finally:
            kill(ground.processes())
