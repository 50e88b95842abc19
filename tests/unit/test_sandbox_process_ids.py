import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from mirrors_sandbox.ports import free_port, port_is_free
from mirrors_sandbox.process import APART, BOOT_ID, end, find, record, spawn, wait_until
from mirrors_sandbox.process_records import ProcessRecords, RecordsClosedError

FAMILY = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
child.wait()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    yield process
    process.kill()
    process.wait()


def test_a_process_is_found_by_id_and_start_time(sleeper: "subprocess.Popen[bytes]") -> None:
    recorded = record(sleeper.pid)
    assert find(recorded) == psutil.Process(sleeper.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system keeps start times as times of the day")
def test_a_start_time_does_not_depend_on_the_clock(sleeper: "subprocess.Popen[bytes]") -> None:
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert now - 60 < record(sleeper.pid).started % APART <= now


@pytest.mark.skipif(not BOOT_ID.exists(), reason="elsewhere a start of the machine has no number")
def test_a_process_of_before_the_machine_was_started_again_is_no_ones(sleeper: "subprocess.Popen[bytes]") -> None:
    recorded = record(sleeper.pid)
    assert recorded.started >= APART
    assert find(replace(recorded, started=recorded.started - APART)) is None


def test_another_process_with_the_same_id_is_neither_found_nor_ended(sleeper: "subprocess.Popen[bytes]") -> None:
    earlier = replace(record(sleeper.pid), started=record(sleeper.pid).started - 60)
    assert find(earlier) is None
    assert end([earlier]) == []
    assert sleeper.poll() is None


def test_a_process_that_only_waits_to_be_reaped_counts_as_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    recorded = record(process.pid)
    assert wait_until(lambda: find(recorded) is None, timeout=20)
    process.wait()


def test_a_process_is_ended_with_its_children() -> None:
    process = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    child = int(process.stdout.readline())
    assert end([record(process.pid)]) != []
    process.stdout.close()
    process.wait()
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_process_that_will_not_end_is_killed() -> None:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    recorded = record(process.pid)
    end([recorded], timeout=0.2)
    process.stdout.close()
    process.wait()
    assert find(recorded) is None


def test_the_ledger_is_readable_by_the_next_process_and_forgets_what_ended(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    ProcessRecords(tmp_path).add(sleeper.pid, "site", "acme/test", 20001)
    (recorded,) = ProcessRecords(tmp_path)
    assert (recorded.kind, recorded.label, recorded.port, recorded.alive) == ("site", "acme/test", 20001, True)
    assert ProcessRecords(tmp_path).end([recorded]) == [recorded]
    assert list(ProcessRecords(tmp_path)) == []


def test_a_closed_ledger_ends_what_is_added_too_late(tmp_path: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    records = ProcessRecords(tmp_path)
    records.close()
    with pytest.raises(RecordsClosedError):
        records.add(sleeper.pid, "site", "acme/test")
    assert sleeper.wait(timeout=20) == -signal.SIGTERM


def test_ending_a_process_leaves_its_exit_code_to_its_parent(sleeper: "subprocess.Popen[bytes]") -> None:
    end([record(sleeper.pid)])
    assert sleeper.wait(timeout=20) == -signal.SIGTERM


def test_a_spawned_process_has_its_environment_and_nothing_else(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as output:
        process = spawn(["/usr/bin/env"], environment={"ONLY": "this"}, directory=tmp_path, output=output)
        process.wait()
    assert (tmp_path / "out").read_text() == "ONLY=this\n"


def test_a_spawned_process_leads_a_session_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"]
    process = spawn(command, environment={}, directory=tmp_path, output=subprocess.PIPE)
    printed, _ = process.communicate()
    assert printed == b"True\n"
    assert os.getsid(0) != process.pid


def test_a_free_port_is_free_and_none_of_those_taken() -> None:
    port = free_port()
    assert port_is_free(port)
    assert free_port(range(20000, 31999)) == 31999


def test_waiting_ends_with_the_condition_or_the_time() -> None:
    looks = iter([False, False, True])
    assert wait_until(lambda: next(looks), timeout=20, poll=0)
    assert not wait_until(lambda: False, timeout=0)
