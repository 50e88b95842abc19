"""``mirrors up`` on the real engine: lines in a pipe, bars on a terminal, and the end of a failing canary."""

import os
import pty
import re
import signal
from threading import Event, Thread

import pytest

from tests.engine.fleet import MIRRORS, Fleet
from tests.engine.project import TIMEOUT

WAVES = {"mirrors:rollout": {"value": {"health": False, "waves": [1, "100%"]}}}
UP = ("mirrors", "up", "--stack", "test", "--yes", "--skip-preview")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def new_values(fleet: Fleet, greeting: str) -> None:
    """Give each mirror another variable, so that each is deployed."""

    def change(config: dict[str, object]) -> None:
        config.update(WAVES)
        config["mirrors:fleet"]["value"]["variables"] = {"GREETING": greeting}  # type: ignore[index]

    fleet.project.configure(change)


@pytest.mark.oldest
def test_an_update_in_a_pipe_says_a_line_for_each_site_and_a_table(fleet: Fleet) -> None:
    new_values(fleet, "one")
    done = fleet.project.run(*UP).succeeded()
    lines = done.stdout.splitlines()
    first, *_ = mirrors = MIRRORS
    assert f"wave 1: {first} running" in lines
    assert [line for line in lines if re.fullmatch(rf"wave 1, 1 of 1: {first} done after \d+ s", line)]
    ended = [line for line in lines if " done after " in line]
    assert len(ended) == len(mirrors)
    assert lines.index(f"wave 2: {mirrors[1]} running") > lines.index(ended[0]), "the second wave waits"
    assert re.search(rf"^ ?wave 2 +{len(mirrors) - 1} +{len(mirrors) - 1} +0 +0 +0 ", done.stdout, re.MULTILINE)

    done = fleet.project.run(*UP).succeeded()
    assert " done after " not in done.stdout
    assert re.search(rf"^ ?wave 2 +{len(mirrors) - 1} +0 +{len(mirrors) - 1} +0 +0 ", done.stdout, re.MULTILINE)


@pytest.mark.oldest
def test_a_failing_canary_ends_with_the_exit_code_of_pulumi_and_its_error(fleet: Fleet) -> None:
    new_values(fleet, "two")
    first, second, *_ = MIRRORS
    with fleet.fault("deployment-fails", path=f"^{first}/test$", remaining=1):
        done = fleet.project.run("mirrors", "deploy", "--all", "--stack", "test", "--yes").failed()
    assert done.code == 1
    assert f"{first} failed" in done.stdout
    assert f"{second} running" not in done.stdout
    assert f"{first} (test): deployment" in done.stdout
    assert "a fault on request: deployment-fails" in done.stdout
    assert re.search(r"^ ?wave 1 +1 +0 +0 +1 +0 ", done.stdout, re.MULTILINE)


def test_a_stack_that_pulumi_refuses_says_why_in_pulumis_words(fleet: Fleet) -> None:
    done = fleet.project.run("mirrors", "up", "--stack", "test", "--yes", "--no-such-option").failed()
    assert "unknown flag: --no-such-option" in done.text


@pytest.mark.oldest
def test_on_a_terminal_bars_move_and_an_interrupt_stops_after_the_running_sites(fleet: Fleet) -> None:
    new_values(fleet, "three")
    own, theirs = pty.openpty()
    said, begun = bytearray(), Event()

    def read() -> None:
        try:
            while part := os.read(own, 4096):
                said.extend(part)
                if "1 running" in plain(said):
                    begun.set()
        except OSError:  # the terminal is closed
            return

    environ = {**fleet.project.variables, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    slow = fleet.fault("latency", method="POST", path="^/apps/v3/deployments/", settings={"seconds": 3})
    with slow, fleet.project.started(*UP, stdin=theirs, stdout=theirs, stderr=theirs, env=environ) as running:
        os.close(theirs)
        reader = Thread(target=read)
        reader.start()
        assert begun.wait(TIMEOUT)
        running.send_signal(signal.SIGINT)
        code = running.wait(TIMEOUT)
        reader.join()
    os.close(own)
    text = plain(said)
    assert code != 0
    assert re.search(r"wave 1 +\S+ +0/1 +1 running", text)
    assert re.search(r"wave 2 +2 +0 +0 +0 +2 ", text), text
    fleet.test.up().succeeded()


def plain(said: bytes | bytearray) -> str:
    return ESCAPES.sub("", said.decode(errors="replace"))
