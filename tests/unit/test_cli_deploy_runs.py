"""``mirrors deploy`` as a user runs it: what it refuses, and the command that it becomes.

A command takes the place of ``pulumi``. That the real one takes the same words is shown by the pages of the runbook.
"""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mirrors.cli import main
from mirrors.cli.options import CONFIRMATION_VARIABLES
from mirrors.cli.pulumi_options import spell_out
from mirrors.cli.pulumi_update import list_preview_options

MIRRORS = [sys.executable, "-c", "from mirrors.cli import main; main()"]
CODE = 7
OF_ALL = "--target '**:Fleet::*' --target '**:SiteIds::*' --target '**:Original::*'"
FLEET = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}, {"application": "acme-fr"}]}

SAYS = f"""\
print(json.dumps([sys.argv[1:], os.environ.get("MIRRORS_ROLL_OUT")]))
sys.exit({CODE})
"""
"""An update that only says what it was given."""

WAITS = f"""\
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("updating", sys.stdin.readline().strip(), flush=True)
signal.sigwait([signal.SIGINT])
print("stopped cleanly", flush=True)
sys.exit({CODE})
"""
"""An update that takes its time to stop."""

Declare = Callable[..., None]


@pytest.fixture(autouse=True)
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Put a command in place that knows a configuration; what is returned puts another one there."""

    def put(fleet: Any = FLEET, *, update: str = SAYS, **others: Any) -> None:
        known = {f"mirrors:{key}": {"value": json.dumps(value)} for key, value in {"fleet": fleet, **others}.items()}
        script = f"""\
            #!{sys.executable}
            import json, os, signal, sys
            if sys.argv[1] in ("config", "stack"):
                print({json.dumps(known)!r} if sys.argv[1] == "config" else "{{}}")
                sys.exit(0)
            """
        (tmp_path / "pulumi").write_text(dedent(script) + update)
        (tmp_path / "pulumi").chmod(0o755)

    for variable in CONFIRMATION_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DIVIO_API_TOKEN", "for-no-one")
    monkeypatch.setenv("PULUMI_PARALLEL", "64")
    put()
    return put


def refused(*arguments: str) -> Result:
    """Run it in this process, which it would end if it ran an update."""
    done = CliRunner().invoke(main, ["deploy", *arguments, "--stack", "test", "--yes"])
    assert (done.exit_code, done.stdout) == (1, "")
    return done


@pytest.mark.parametrize(
    ("arguments", "rollout", "given", "line"),
    [
        (["acme-de", "--yes"], {}, None, f"pulumi up --stack test {OF_ALL} --target '**::acme-de' --yes"),
        (["--all", "--yes"], {}, None, "pulumi up --stack test --yes"),
        (
            ["acme-de", "--preview", "-C", "."],
            {"follow": "manual"},
            "acme-de",
            f"MIRRORS_ROLL_OUT=acme-de pulumi preview --cwd . --stack test {OF_ALL} --target '**::acme-de'",
        ),
    ],
)
def test_the_command_that_it_becomes_is_the_one_that_it_shows(
    declare: Declare, arguments: Sequence[str], rollout: dict[str, str], given: str | None, line: str
) -> None:
    declare(rollout=rollout)

    command = [*MIRRORS, "deploy", *arguments, "--stack", "test", "--plain"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert line in done.stderr.splitlines()
    assert json.loads(done.stdout) == [shlex.split(line.partition("pulumi ")[2]), given]
    assert done.returncode == CODE


LOGS = f"""\
log = sys.argv[sys.argv.index("--event-log") + 1]
urn = "urn:pulumi:test::acme::mirrors:index:Fleet$pulumi-python:dynamic/mirrors:Mirror::acme-de"
step = {{"metadata": {{"op": "update", "urn": urn}}}}
with open(log, "w") as file:
    print(json.dumps({{"timestamp": 1, "resourcePreEvent": {{**step, "planning": True}}}}), file=file)
with open(log, "w") as file:
    print(json.dumps({{"timestamp": 5, "resourcePreEvent": step}}), file=file)
    print(json.dumps({{"timestamp": 9, "resOutputsEvent": step}}), file=file)
    print(json.dumps({{"timestamp": 9, "summaryEvent": {{}}}}), file=file)
print("what Pulumi shows")
sys.exit({CODE} if "--skip-preview" in sys.argv else 0)
"""
"""An update with a preview: each writes its events into the log from the log's beginning."""


def test_the_progress_is_read_from_the_log_of_the_update(declare: Declare) -> None:
    declare(update=LOGS)
    command = [*MIRRORS, "deploy", "--all", "--stack", "test", "--yes"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert (done.returncode, "what Pulumi shows" in done.stdout + done.stderr) == (0, False)
    assert "wave 1, 1 of 2: acme-de done after 4 s" in done.stdout.splitlines()


def test_an_update_that_fails_without_an_event_shows_what_pulumi_said(declare: Declare) -> None:
    declare(update=LOGS)
    command = [*MIRRORS, "up", "--stack", "test", "--skip-preview"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (CODE, "what Pulumi shows\n")


LOSES_EVENTS = LOGS.replace("print(", 'os.remove(os.environ["MIRRORS_EVENTS"])\nprint(', 1)
"""An update during which the file of the reported events disappears."""


def test_only_a_closed_output_is_silent_and_another_error_of_the_system_is_seen(declare: Declare) -> None:
    command = [*MIRRORS, "deploy", "--all", "--stack", "test", "--yes"]
    declare(update=LOGS)
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (closed.returncode, closed.stderr.splitlines()[1:]) == (0, [])

    declare(update=LOSES_EVENTS)
    lost = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (lost.returncode, "FileNotFoundError" in lost.stderr) == (1, True)


def test_a_full_disk_behind_the_output_is_seen(declare: Declare) -> None:
    declare(update=LOGS)
    command = [*MIRRORS, "deploy", "--all", "--stack", "test", "--yes"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode != 0
    assert "No space left on device" in done.stderr


def test_a_closed_terminal_is_silent(declare: Declare) -> None:
    declare(update=LOGS)
    own, theirs = pty.openpty()
    os.close(own)
    command = [*MIRRORS, "deploy", "--all", "--stack", "test", "--yes"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr.splitlines()[1:]) == (0, [])


def test_the_preview_gets_no_option_that_only_an_update_has() -> None:
    given = ["--stack=test", "--continue-on-error", "--secrets-provider=x", "--target=a"]
    assert list_preview_options(given) == ["--stack=test", "--target=a"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("-mdeploy", "--message=deploy"),
        ("-m=fix --yes", "--message=fix|--yes"),
        ("-m --json", "--message=--json"),
        ("-y=false -f=true", "--skip-preview"),
        ("-yf", "--yes|--skip-preview"),
        ("-turn:pulumi:test::x", "--target=urn:pulumi:test::x"),
        ("-cfoo=bar -rs test", "--config=foo=bar|--refresh|--stack=test"),
        ("-r=false --diff -zy", "--refresh=false|--diff|-zy"),
        ("--target a --parallel 3 --", "--target=a|--parallel=3|--"),
        ("--stack", "--stack"),
    ],
)
def test_options_are_read_as_pulumi_reads_them(typed: str, read: str) -> None:
    assert "|".join(spell_out(typed.split())) == read


def test_without_a_terminal_and_without_yes_nothing_is_run() -> None:
    done = CliRunner().invoke(main, ["up", "--stack", "test"])
    assert done.exit_code == 1
    assert done.stderr.endswith("[answer-needed]\n")


def test_an_unknown_site_is_one_clear_line() -> None:
    said = refused("acme-du").stderr
    assert said.startswith("Error: the fleet of the stack test has no site 'acme-du'")
    assert said.endswith("[unknown-site]\n")
    assert len(said.splitlines()) == 1


def test_a_held_site_is_one_clear_line_with_the_ways_out(declare: Declare) -> None:
    declare(overrides={"mirrors": {"acme-de": {"hold": True}}})

    said = refused("acme-de").stderr
    assert said.startswith("Error: acme-de: ")
    assert said.endswith("[held-site-named]\n")
    assert len(said.splitlines()) == 1


def test_a_fleet_with_a_problem_is_reported_before_anything_is_run(declare: Declare) -> None:
    declare({**FLEET, "mirrors": [{"application": "acme-de", "siteid": 3}]})

    said = refused("acme-de").stderr
    assert said.startswith("Error: mirrors:fleet.mirrors[0].siteid: ")
    assert said.endswith("[unknown-key]\n")


def test_without_pulumi_it_says_where_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "pulumi").unlink()

    assert refused("acme-de").stderr.endswith("[pulumi-missing]\n")


def test_an_interrupt_reaches_the_command_and_its_exit_code_comes_back(declare: Declare) -> None:
    declare(update=WAITS)

    own, theirs = pty.openpty()  # without a terminal there is no one to ask
    with (
        os.fdopen(own, "r+b", buffering=0) as terminal,
        subprocess.Popen([*MIRRORS, "deploy", "acme", "-s", "test", "--plain"], stdin=theirs, stdout=theirs) as process,
    ):
        os.close(theirs)
        terminal.write(b"yes\n")
        assert terminal.readline() == b"yes\r\n", "what is typed is shown"
        assert terminal.readline() == b"updating yes\r\n"
        process.send_signal(signal.SIGINT)
        assert terminal.readline() == b"stopped cleanly\r\n"
    assert process.returncode == CODE
