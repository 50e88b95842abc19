"""The output of commands that are mistyped, or that have no one to ask."""

import json
import shlex
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from mirrors.cli import USAGE_EXIT_CODE, main
from mirrors.cli.configuration import is_about_fleet
from mirrors.cli.deploy import CONFIRMATION_VARIABLES, has_confirmation
from mirrors.problems import Problem

FLEET = '{"mirrors:fleet": {"value": "{\\"original\\": {\\"application\\": \\"acme\\"}}"}}'


def run(line: str) -> Result:
    return CliRunner().invoke(main, shlex.split(line))


def command(directory: Path, *, said: str = "{}", complaint: str = "", code: int = 0) -> Path:
    """Put a command in the place of ``pulumi``: it says the same whatever it is asked, and writes that down."""
    script = f"""\
        #!{sys.executable}
        import sys
        print(*sys.argv[1:], file=open({str(directory / "asked")!r}, "a"))
        print({said!r} if sys.argv[1] == "config" or {code} else "{{}}")
        print({complaint!r}, file=sys.stderr)
        sys.exit({code})
        """
    (directory / "pulumi").write_text(dedent(script))
    (directory / "pulumi").chmod(0o755)
    return directory / "asked"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("statsu", "No such command 'statsu'"),
        ("--nonsense", "No such option '--nonsense'"),
        ("preview -s test --nonsense", "No such option '--nonsense'"),
        ("sandbox fault add", "Missing argument 'KIND'"),
        ("ids", "Missing option '-s' / '--stack'"),
        ("deploy -s test", "Name the sites, or pass --all or --behind."),
        ("deploy -s test acme-de --all", "Pass only one of these: names of sites, --all, --behind."),
        ("deploy -s test --all --behind", "Pass only one of these: names of sites, --all, --behind."),
    ],
)
def test_a_mistyped_command_is_reported_with_an_exit_code_of_its_own(line: str, said: str) -> None:
    done = run(line)

    assert done.exit_code == USAGE_EXIT_CODE == 64
    assert said in done.stderr


def test_help_is_no_mistake() -> None:
    assert run("deploy --help").exit_code == 0


@pytest.mark.parametrize("sites", ["acme", "--all"])
def test_an_update_that_has_to_ask_is_not_begun_where_no_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sites: str
) -> None:
    asked = command(tmp_path, said=FLEET)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DIVIO_API_TOKEN", "for-nobody")
    for variable in CONFIRMATION_VARIABLES:
        monkeypatch.setenv(variable, "false")

    done = run(f"deploy {sites} -s test")

    assert done.exit_code == 1, done.output
    said = (
        "Error: This is not a terminal, so Mirrors cannot ask. Pass --yes to go on without a question."
        " Nothing was changed [answer-needed]\n"
    )
    assert done.stderr == said
    assert "up" not in asked.read_text().split()


@pytest.mark.parametrize("variable", CONFIRMATION_VARIABLES)
@pytest.mark.parametrize("value", ["true", "TRUE", "1"])
def test_the_engines_variables_answer_in_place_of_a_terminal(variable: str, value: str) -> None:
    assert has_confirmation({variable: value})


@pytest.mark.parametrize(
    ("complaint", "code"),
    [
        ("error: no stack named 'tst' found", 6),
        ("error: no Pulumi.yaml project file found (searching upwards from /x): no project file found", 1),
        ("error: if you're using the --stack flag, pass the fully qualified name (organization/project/stack)", 1),
    ],
    ids=["no stack", "no project for its configuration", "no project for its state"],
)
@pytest.mark.parametrize("line", ["status", "ids --json", "leave", "preview --json", "deploy --all"])
def test_a_wrong_stack_or_folder_is_reported_with_the_remedy_and_not_in_the_engines_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, complaint: str, code: int
) -> None:
    command(tmp_path, complaint=complaint, code=code)
    monkeypatch.setenv("PATH", str(tmp_path))
    remedy = "go to the project's directory, or name it with -C, and name one of the stacks that pulumi stack ls shows"

    done = run(f"{line} -s tst -C {tmp_path}")

    assert done.exit_code == 1
    assert done.stderr == f"Error: there is no stack tst in {tmp_path}; {remedy} [no-such-stack]\n"
    assert bool(done.stdout) == ("--json" in line)


@pytest.mark.parametrize("line", ["status -s tst", "ids -s tst", "preview -s tst"])
def test_what_goes_wrong_with_json_is_json_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    command(tmp_path, complaint="error: no stack named 'tst' found", code=6)
    monkeypatch.setenv("PATH", str(tmp_path))

    done = run(f"{line} --json -C {tmp_path}")

    assert done.exit_code == 1
    [problem] = json.loads(done.stdout)["problems"]
    assert (problem["code"], problem["site"], problem["path"]) == ("no-such-stack", None, None)
    assert problem["remedy"].startswith("go to the project's directory")
    assert problem["reference"] == "docs/reference/problems/commands.md#no-such-stack"
    assert done.stderr.endswith("[no-such-stack]\n")


def test_a_platform_that_refuses_is_json_as_well() -> None:
    environment = {"DIVIO_API_URL": "http://127.0.0.1:9", "DIVIO_API_TOKEN": "t0ken-of-nobody"}

    done = CliRunner().invoke(main, ["adopt", "acme", "--json"], env=environment)

    [problem] = json.loads(done.stdout)["problems"]
    assert (done.exit_code, problem["code"]) == (1, "platform-unreachable")
    assert "t0ken" not in done.output


@pytest.mark.parametrize(("said", "code"), [("EOF", "backend-file-empty"), ("no such key", "pulumi-failed")])
def test_what_the_engine_says_is_kept_with_the_command_that_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, code: str
) -> None:
    command(tmp_path, complaint=f"error: failed to load checkpoint: {said}", code=1)
    monkeypatch.setenv("PATH", str(tmp_path))

    done = run(f"ids -s test --json -C {tmp_path}")

    [problem] = json.loads(done.stdout)["problems"]
    assert problem["code"] == code
    assert problem["message"].startswith("pulumi stack export --stack test: failed to load checkpoint: ")
    assert ("mirrors doctor" in problem["remedy"]) == (code == "backend-file-empty")


@pytest.mark.parametrize(
    ("path", "about"),
    [
        ("mirrors:fleet", True),
        ("mirrors:fleet.mirrors[2].siteId", True),
        ("mirrors:fleet[0]", True),
        ("mirrors:fleetFile", True),
        ("mirrors:fleetish", False),
        ("mirrors:rollout.waves", False),
        (None, False),
    ],
)
def test_what_is_about_the_fleet_is_known_by_its_path(path: str | None, *, about: bool) -> None:
    assert is_about_fleet(Problem("unknown-key", "mirrors:fleet", path=path)) is about
