"""Long commands: heartbeats, limits, and an end for everything that was started."""

import os
from pathlib import Path

import psutil
import pytest

from tools.pulumi_tools.layout import UnavailableError
from tools.pulumi_tools.progress import Command, run

PATIENCE = 10.0
STARTS_ANOTHER = "sleep 600 & echo $! >other; echo ready; wait"


def command(script: str, cwd: Path, limit: float | None = None) -> Command:
    return Command(
        ["/bin/sh", "-c", script],
        cwd=cwd,
        environ={"PATH": os.environ["PATH"]},
        describe=lambda steps: f"{steps} done",
        is_step=lambda line: line.startswith("step"),
        limit=limit,
    )


def assert_ended(pid: int) -> None:
    """The process is gone, or dead and not yet reaped by the process that inherited it."""
    try:
        psutil.Process(pid).wait(PATIENCE)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_running_command_is_reported_with_the_steps_it_has_done(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go-on")
    said = []

    def say(line: str) -> None:
        said.append(line)
        if line == "2 done":
            (tmp_path / "go-on").write_text("now\n")

    lines = run(command("echo step 1; echo step 2; echo found; read line <go-on", tmp_path), say, heartbeat=0.05)
    assert said[-1] == "2 done"
    assert lines == ["found"]


def test_a_failed_command_shows_the_end_of_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as error:
        run(command("i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; done; exit 7", tmp_path), print)
    text = str(error.value)
    assert "`sh` ended with 7" in text
    assert text.endswith("line 40")
    assert "line 20" not in text


def test_a_command_over_its_limit_is_ended(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    with pytest.raises(UnavailableError, match=r"`sh` was not done after 1 s"):
        run(command("exec sleep 600", tmp_path, limit=0.6), print)
    assert set(psutil.Process().children()) <= before


def test_an_interrupted_command_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    def interrupt(_: str) -> None:
        if (tmp_path / "other").exists() and (tmp_path / "other").read_text():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(command(STARTS_ANOTHER, tmp_path), interrupt, heartbeat=0.05)
    assert_ended(int((tmp_path / "other").read_text()))
