"""One round: an ``up`` to which something happens, the commands that repair it, and a look at what is left."""

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic

from tests.engine.chaos.deed import Deed
from tests.engine.chaos.ground import Ground
from tests.engine.chaos.judge import Verdict, judged
from tests.engine.chaos.outcome import Outcome
from tests.engine.chaos.plan import Round
from tests.engine.chaos.repair import Repair
from tests.engine.chaos.watch import Watch
from tests.engine.crash.processes import kill
from tests.engine.crash.store import Contract
from tests.engine.crash.world import World

LONGEST = 240.0  # seconds, for an ``up`` that is hit
TRACEBACK = "Traceback (most recent call last)"


def played(ground: Ground, round_: Round, evidence: Path | None = None) -> Outcome:
    """``evidence``: where everything is kept as it is, if there is a fault."""
    began = monotonic()
    ground.stand(round_)
    watch = Watch(ground.world.stores, ground.promises(round_, ground.world.stores()))
    with watch.watching(ground.world.database):
        hit, code = _hit(ground.world, round_, watch)
        ground.world.proxy.begin(watch_writes=watch.look)
        outcome = _repaired(ground.world, Outcome(round_, hit=hit, succeeded=code == 0))
    kill(ground.processes())
    verdict = _judged(ground.world, round_, watch) if outcome.succeeded else Verdict()
    outcome = replace(outcome, looks=watch.looks, breaches=tuple(watch.breaches), verdict=verdict)
    outcome = replace(outcome, seconds=monotonic() - began)
    return outcome if evidence is None or not outcome.faults else _kept(ground, outcome, evidence)


def _repaired(world: World, outcome: Outcome) -> Outcome:
    """After an ``up`` that succeeded all the same there is nothing to do."""
    began, repair = monotonic(), Repair(world, outcome.round.refreshes)
    succeeded = outcome.succeeded or repair.until_it_succeeds()
    return replace(
        outcome,
        succeeded=succeeded,
        commands=tuple(repair.commands),
        files=tuple(repair.files),
        tracebacks=sum(TRACEBACK in text for text in repair.said),
        repair_seconds=monotonic() - began,
        asked=_asked(world, outcome.round) if succeeded else {},
    )


def _kept(ground: Ground, outcome: Outcome, evidence: Path) -> Outcome:
    name = f"seed-{outcome.round.seed}-round-{outcome.round.number}"
    return replace(outcome, evidence=str(ground.keep_evidence(evidence / name)))


def _hit(world: World, round_: Round, watch: Watch) -> tuple[bool, int]:
    """Return whether there was something to hit, and the exit code of the ``up``."""
    # A file, since what is left of a killed engine would hold the other end of a pipe.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        options = {"stdout": output, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        with world.project.started(*world.command, start_new_session=True, **options) as engine:
            deed = Deed(world, round_, engine)
            world.proxy.begin(deed.strike(), watch_writes=watch.look)
            with deed.waiting():
                code = engine.wait(LONGEST)
        output.seek(0)
        world.project.said.append(output.read())
    return deed.hit, code


def _judged(world: World, round_: Round, watch: Watch) -> Verdict:
    contracts = {slug: kept for slug, kept in watch.promises.items() if isinstance(kept, Contract)}
    return judged(round_, contracts, world.stores(), world.inputs())


def _asked(world: World, round_: Round) -> Mapping[str, str]:
    """Return what the product says of the fleet itself: nothing is wrong, nothing is to be done."""
    asked = {}
    if round_.asks_status:
        _, rows = world.stack.status()
        wrong = [f"{slug} {row['state']}" for slug, row in rows.items() if _is_wrong(round_, slug, row)]
        asked["status"] = ", ".join(wrong)
    if round_.previews:
        done = world.stack.preview("--expect-no-changes")
        asked["preview"] = "" if done.code == 0 else f"exit code {done.code}"
    return asked


def _is_wrong(round_: Round, slug: str, row: Mapping[str, object]) -> bool:
    """One that has left goes on running. The variables of Mirrors at a declared site must not count as found."""
    if slug not in round_.listed:
        return False
    foreign = row.get("foreign")
    assert isinstance(foreign, list)
    return row["state"] != "converged" or bool({"SITE_ID", "MIRRORS_APPLICATION", "DATABASE_URL"} & set(foreign))
