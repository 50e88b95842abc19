"""Ctrl-C, once and twice, and an engine killed beside its provider, while a deployment takes its time."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest
from mirrors_sandbox.process import Recorded, wait_until

from tests.engine.crash.processes import ended, family, is_provider, kill
from tests.engine.crash.world import MIRROR, STAGE, World, new_world, silently
from tests.engine.moment import Moment
from tests.sandboxes import change

LEAVING = "acme-fr"
REMOVED = 5
"""The number of the leaving mirror's variables that Mirrors has made."""

TIMEOUT = 60.0  # seconds, for what happens at once on a machine that is not busy
LEAVES_WITHIN = 10.0  # seconds, after the second Ctrl-C
ORPHAN_ENDS_WITHIN = 5.0  # seconds, after its engine
CANCELLING = "^C received"
STARTED = f"{MIRROR} ({STAGE}): deployment started; waiting until it has ended"


@dataclass
class Engine:
    """A ``pulumi`` that runs beside the test, what it has said so far, and all its processes at one time."""

    process: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list)
    members: list[Recorded] = field(default_factory=list)

    def listen(self) -> None:
        assert self.process.stdout is not None
        self.said.extend(iter(self.process.stdout.readline, ""))

    def says(self, words: str) -> bool:
        return wait_until(lambda: any(words in line for line in self.said), TIMEOUT)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    @property
    def text(self) -> str:
        return "".join(self.said)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Moment]]:
    """Yield two mirrors that converged. Of one a variable was changed since, the other was taken off the list."""
    with new_world(tmp_path_factory.mktemp("interrupted"), LEAVING) as world:
        world.up().succeeded()
        world.mirrors_are(MIRROR)
        world.language_is("it")
        yield world, Moment(tmp_path_factory.mktemp("moment")).keep(world)
        world.shows_no_secret(world.declared())


@pytest.fixture
def world(begun: tuple[World, Moment]) -> World:
    world, moment = begun
    moment.restore(world)
    world.proxy.begin()
    world.sandbox.clear_requests_log()
    return world


@contextmanager
def up(world: World) -> Iterator[Engine]:
    with world.project.started(*world.command) as process:
        engine = Engine(process)
        listener = Thread(target=engine.listen)
        listener.start()
        try:
            yield engine
        finally:
            if process.poll() is None:
                kill(family(process.pid))
            kill(engine.members)  # an orphan holds the other end of what the listener reads
            listener.join()
            assert process.stderr is not None
            world.project.said.append(engine.text + process.stderr.read())


@contextmanager
def up_that_hangs(world: World) -> Iterator[Engine]:
    """Start the mirror's deployment, which goes on until ``finish``."""
    world.sandbox.add_fault("deployment-hangs", path=f"^{MIRROR}/{STAGE}$", remaining=1, report=silently)
    with up(world) as engine:
        assert engine.says(STARTED), engine.text
        engine.members = family(engine.process.pid)
        yield engine


def finish(world: World) -> None:
    """The deployment that hangs ends well."""
    change(
        world.sandbox,
        "UPDATE sandbox_deployment SET success = 1, status = 'done',"
        " ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE ended_at IS NULL",
    )


def requests(world: World, wanted: Callable[[dict[str, Any]], bool]) -> int:
    return sum(wanted(line) for line in world.sandbox.requests_log())


def starts(world: World) -> int:
    return requests(world, lambda line: (line["method"], line["path"]) == ("POST", "/apps/v3/deployments/"))


def removals(world: World) -> int:
    return requests(world, lambda line: line["method"] == "DELETE")


def attaches_and_converges(world: World) -> None:
    """The next ``up`` while the deployment still runs: it waits for that one, and starts none."""
    with up(world) as engine:
        assert engine.says(f"{MIRROR} ({STAGE}): waiting for a deployment that is already running"), engine.text
        finish(world)
        engine.process.wait(TIMEOUT)
    assert engine.process.returncode == 0, engine.text
    assert starts(world) == 1
    assert removals(world) == REMOVED
    assert world.store().values()["LANGUAGE"] == "it"


def test_one_ctrl_c_waits_for_what_runs_and_starts_nothing_new(world: World) -> None:
    with up_that_hangs(world) as engine:
        engine.interrupt()
        assert engine.says(CANCELLING), engine.text
        assert engine.process.poll() is None
        finish(world)
        assert engine.process.wait(TIMEOUT) != 0
    assert (starts(world), removals(world)) == (1, 0)
    assert "Traceback" not in engine.text
    world.up().succeeded()
    assert (starts(world), removals(world)) == (1, REMOVED)


def test_two_ctrl_c_leave_within_ten_seconds_and_the_next_up_waits_for_the_same_deployment(world: World) -> None:
    with up_that_hangs(world) as engine:
        engine.interrupt()
        assert engine.says(CANCELLING), engine.text
        engine.interrupt()
        assert ended(engine.members[:1], LEAVES_WITHIN), engine.text
        assert ended(filter(is_provider, engine.members), ORPHAN_ENDS_WITHIN)
    assert (starts(world), removals(world)) == (1, 0)
    assert "Traceback" not in engine.text
    attaches_and_converges(world)


def test_the_provider_of_a_killed_engine_ends_within_five_seconds_and_the_next_up_waits_for_the_same_deployment(
    world: World,
) -> None:
    with up_that_hangs(world) as engine:
        orphans = [member for member in engine.members if is_provider(member)]
        assert orphans
        kill(engine.members[:1])
        assert ended(orphans, ORPHAN_ENDS_WITHIN)
    locked = world.up().failed()
    assert "`pulumi cancel`" in locked.text
    world.stack.pulumi("cancel", "--yes").succeeded()
    attaches_and_converges(world)
    assert [item["type"] for item in world.stack.checkpoint().get("pending_operations", ())] == []
