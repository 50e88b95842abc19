"""``mirrors deploy`` with the real ``pulumi``, on a project that declares only names."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from mirrors.cli.stacks import read_configuration, read_outputs
from mirrors.errors import MirrorsError

OF_ALL = "--target '**:Fleet::*' --target '**:SiteIds::*' --target '**:Original::*'"
CANARY = "c4n4ry-of-the-stack"
TOOLS = Path(__file__).parents[2] / ".tools" / "bin"
MIRRORS = [sys.executable, "-c", "from mirrors.cli import main; main()"]

PROJECT = """
name: names
runtime: python
config:
  mirrors:fleet:
    value:
      original: {application: acme}
      mirrors: [{application: acme-de}, {application: acme-fr, siteId: 7}]
  mirrors:maxConcurrentRequests: 3
"""

PROGRAM = f"""
import os
import pathlib
import pulumi

if os.environ.get("MIRRORS_ROLL_OUT"):
    pulumi.log.info("told to roll out: " + os.environ["MIRRORS_ROLL_OUT"])
if pathlib.Path("broken").exists():
    raise SystemExit(32)
for kind, name in (("Fleet", "shop"), ("Site", "acme-de"), ("Site", "acme-fr")):
    pulumi.ComponentResource(f"names:index:{{kind}}", name)
pulumi.export("plain", {{"a": [1]}})
pulumi.export("secret", pulumi.Output.secret("{CANARY}"))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with the stack ``test``, never updated, in a backend of its own."""
    folder = tmp_path / "project"
    (tmp_path / "backend").mkdir()
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "__main__.py").write_text(PROGRAM)
    path = os.pathsep.join([str(Path(sys.executable).parent), str(TOOLS), os.environ["PATH"]])
    for name, value in {
        "PATH": path,
        "PULUMI_BACKEND_URL": (tmp_path / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "passphrase",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "DIVIO_API_TOKEN": "for-nobody",
    }.items():
        monkeypatch.setenv(name, value)
    pulumi(folder, "stack", "init", "test")
    return folder


def pulumi(folder: Path, *arguments: str, given: str | None = None) -> str:
    done = subprocess.run(["pulumi", *arguments], cwd=folder, input=given, capture_output=True, text=True, check=True)
    return done.stdout


def deploy(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*MIRRORS, "deploy", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def names(folder: Path) -> set[str]:
    """Return the names of Mirrors' resources in the state."""
    state = json.loads(pulumi(folder, "stack", "export", "--stack", "test"))
    resources = state["deployment"].get("resources", [])
    return {item["urn"].rpartition("::")[2] for item in resources if item["type"].startswith("names:index:")}


def test_it_converges_the_named_site_and_no_other(project: Path) -> None:
    done = deploy(project, "acme-de", "--stack", "test", "--yes")

    assert done.returncode == 0, done.stderr
    assert f"pulumi up --stack test {OF_ALL} --target '**::acme-de' --yes" in done.stderr.splitlines()
    assert names(project) == {"shop", "acme-de"}


def test_a_preview_from_another_directory_changes_nothing(project: Path) -> None:
    done = deploy(project.parent, "acme-de", "--stack", "test", "--preview", "-C", "project")

    assert done.returncode == 0, done.stderr
    assert "acme-de" in done.stdout
    assert names(project) == set()


def test_the_exit_code_is_that_of_the_line_that_it_shows(project: Path) -> None:
    (project / "broken").touch()

    done = deploy(project, "acme-de", "--stack", "test", "--yes")
    line = next(line for line in done.stderr.splitlines() if line.startswith("pulumi up"))
    pasted = subprocess.run(shlex.split(line), cwd=project, capture_output=True, check=False)

    assert done.returncode == pasted.returncode != 0


def test_an_unknown_site_is_one_clear_line_and_nothing_is_run(project: Path) -> None:
    done = deploy(project, "acme-du", "--stack", "test", "--yes")

    assert done.returncode == 1
    said = "the fleet of the stack test has no site 'acme-du'; did you mean acme-de? [unknown-site]"
    assert done.stderr == f"Error: {said}\n"
    assert done.stdout == ""
    assert names(project) == set()


def test_sites_all_and_those_behind_are_three_ways_to_say_what_is_meant(project: Path) -> None:
    for arguments in ([], ["acme-de", "--all"], ["--all", "--behind"]):
        done = deploy(project, *arguments, "--stack", "test")

        assert done.returncode == 64
        said = "only one of these: names of sites, --all, --behind." if arguments else "Name the sites, or pass --all"
        assert f"Error: {said}" in done.stderr


def test_all_are_converged_without_targets(project: Path) -> None:
    done = deploy(project, "--all", "--stack", "test", "--yes")

    assert done.returncode == 0, done.stderr
    assert "pulumi up --stack test --yes" in done.stderr.splitlines()
    assert names(project) == {"shop", "acme-de", "acme-fr"}


def test_a_release_that_is_followed_by_hand_is_rolled_out_by_a_line_that_can_be_copied(project: Path) -> None:
    pulumi(project, "config", "set", "--stack", "test", "--path", "mirrors:rollout.follow", "manual")

    done = deploy(project, "acme-de", "--stack", "test", "--yes")

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("MIRRORS_ROLL_OUT=acme-de pulumi up --stack test --target ")
    assert "told to roll out: acme-de" in done.stdout


def test_a_held_site_is_one_clear_line_with_the_ways_out(project: Path) -> None:
    hold = "mirrors:overrides.mirrors.acme-de.hold"
    pulumi(project, "config", "set", "--stack", "test", "--path", hold, "true")

    done = deploy(project, "acme-de", "--stack", "test", "--yes")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: acme-de: it is held, so Mirrors deploys nothing to it. Set hold")
    assert names(project) == set()


def test_a_fleet_with_a_problem_is_reported_before_anything_is_run(project: Path) -> None:
    pulumi(project, "config", "set", "--stack", "test", "--path", "mirrors:fleet.mirrors[0].siteid", "3")

    done = deploy(project, "acme-de", "--stack", "test")

    assert done.returncode == 1
    assert "mirrors:fleet.mirrors[0].siteid: unknown key; did you mean siteId?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fleet_with_a_secret_in_it_is_read_all_the_same(project: Path) -> None:
    fleet = json.dumps({"original": {"application": "acme"}, "mirrors": [{"application": "acme-it"}]})
    pulumi(project, "config", "set", "--stack", "test", "--secret", "mirrors:fleet", given=fleet)

    done = deploy(project, "acme-ti", "--stack", "test")

    said = "the fleet of the stack test has no site 'acme-ti'; did you mean acme-it? [unknown-site]"
    assert done.stderr == f"Error: {said}\n"


def test_a_stack_that_does_not_exist_is_named(project: Path) -> None:
    done = deploy(project, "acme-de", "--stack", "tset")

    assert done.returncode == 1
    assert done.stderr.startswith(
        f"Error: there is no stack tset in {project}; go to the project's directory, or name it with -C"
    )


def test_without_pulumi_it_says_where_to_get_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))

    done = deploy(project, "acme-de", "--stack", "test")

    assert done.returncode == 1
    assert done.stderr.startswith("Error: There is no pulumi on the PATH; install the Pulumi CLI")


def test_an_interrupt_reaches_the_command_and_its_exit_code_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command takes the place of ``pulumi``: one that takes its time to stop, as an update does."""
    fleet = {"mirrors:fleet": {"value": json.dumps({"original": {"application": "acme"}})}}
    script = f"""\
        #!{sys.executable}
        import signal, sys
        if sys.argv[1] in ("config", "stack"):
            print({json.dumps(fleet)!r} if sys.argv[1] == "config" else "{{}}")
            sys.exit(0)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        print("updating", sys.stdin.readline().strip(), flush=True)
        signal.sigwait([signal.SIGINT])
        print("stopped cleanly", flush=True)
        sys.exit(7)
        """
    (tmp_path / "pulumi").write_text(dedent(script))
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("DIVIO_API_TOKEN", "for-nobody")

    ours, theirs = pty.openpty()  # without a terminal there is no one to ask
    with (
        os.fdopen(ours, "r+b", buffering=0) as terminal,
        subprocess.Popen([*MIRRORS, "deploy", "acme", "--stack", "test"], stdin=theirs, stdout=theirs) as process,
    ):
        os.close(theirs)
        terminal.write(b"yes\n")
        assert terminal.readline() == b"yes\r\n", "what is typed is shown"
        assert terminal.readline() == b"updating yes\r\n"
        process.send_signal(signal.SIGINT)
        assert terminal.readline() == b"stopped cleanly\r\n"
    assert process.returncode == 7


def test_the_raw_configuration_has_the_projects_values_and_secrets_only_on_demand(project: Path) -> None:
    pulumi(project, "config", "set", "--stack", "test", "--secret", "mirrors:apiToken", given=CANARY)
    pulumi(project, "config", "set", "--stack", "test", "--path", "--secret", "mirrors:secrets.all.KEY", given=CANARY)
    pulumi(project, "config", "set", "--stack", "test", "other:key", "x")

    raw = read_configuration("test", project)

    assert json.loads(raw.pop("fleet"))["mirrors"][1] == {"application": "acme-fr", "siteId": 7}
    assert json.loads(raw.pop("secrets")) == {"all": {"KEY": CANARY}}
    assert raw == {"maxConcurrentRequests": "3", "apiToken": CANARY}
    assert read_configuration("test", project, secrets=False).keys() == {"fleet", "maxConcurrentRequests"}


def test_outputs_are_what_the_last_update_exported(project: Path) -> None:
    before = read_outputs("test", project)
    pulumi(project, "up", "--stack", "test", "--yes")

    assert before == {}
    assert read_outputs("test", project) == {"plain": {"a": [1]}, "secret": CANARY}


def test_what_the_command_complains_about_is_passed_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi(project, "config", "set", "--stack", "test", "--secret", "mirrors:apiToken", given=CANARY)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")

    with pytest.raises(MirrorsError, match="PULUMI_CONFIG_PASSPHRASE"):
        read_configuration("test", project)
