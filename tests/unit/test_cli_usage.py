"""The output of commands that are mistyped, or that have no one to ask."""

import json
import re
import shlex
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result
from mirrors_sandbox.cli.server import NOT_RUNNING_EXIT_CODE

from mirrors.cli import COMMAND_MODULES, SUMMARIES, USAGE_EXIT_CODE, main
from mirrors.cli.configuration import is_about_fleet
from mirrors.cli.options import CONFIRMATION_VARIABLES, DIFFERS_EXIT_CODE, has_confirmation
from mirrors.problems import Problem

IN_CLEAR = '{"mirrors:apiToken": {"value": "c4n4ry", "secret": false}}'
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


def test_each_command_has_a_line_in_the_list_of_all() -> None:
    assert SUMMARIES.keys() == COMMAND_MODULES.keys()
    lines = run("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == sorted(COMMAND_MODULES), "each fits on one line"


def test_each_exit_code_is_on_the_page_about_them() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "operations" / "index.md"
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", page.read_text(encoding="utf-8"), re.MULTILINE)}
    assert {0, 1, DIFFERS_EXIT_CODE, NOT_RUNNING_EXIT_CODE, USAGE_EXIT_CODE} <= listed


@pytest.mark.parametrize("sites", ["acme", "--all"])
def test_an_update_that_has_to_ask_is_not_begun_where_no_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sites: str
) -> None:
    asked = command(tmp_path, said=FLEET)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DIVIO_API_TOKEN", "for-no-one")
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


@pytest.mark.parametrize(
    ("complaint", "code", "variable"),
    [
        (
            "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
            "backend-unusable",
            "PULUMI_BACKEND_URL",
        ),
        (
            "error: constructing secrets manager of type: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or"
            " PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
            "secrets-manager-refuses",
            "PULUMI_CONFIG_PASSPHRASE",
        ),
    ],
    ids=["backend", "passphrase"],
)
@pytest.mark.parametrize(
    "line", ["status -s tst", "ids -s tst", "leave -s tst", "preview -s tst", "deploy --all -s tst --yes", "up"]
)
def test_a_shell_without_the_projects_settings_is_one_problem_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, complaint: str, code: str, variable: str
) -> None:
    command(tmp_path, complaint=complaint, code=255)
    monkeypatch.setenv("PATH", str(tmp_path))

    done = run(f"{line} -C {tmp_path}")

    assert done.exit_code == 1
    [said] = done.stderr.splitlines()
    assert said.endswith(f"[{code}]")
    assert variable in said
    assert "PULUMI_ACCESS_TOKEN" not in said


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
    environment = {"DIVIO_API_URL": "http://127.0.0.1:9", "DIVIO_API_TOKEN": "t0ken-of-no-one"}

    done = CliRunner().invoke(main, ["adopt", "acme", "--json"], env=environment)

    [problem] = json.loads(done.stdout)["problems"]
    assert (done.exit_code, problem["code"]) == (1, "platform-unreachable")
    assert "t0ken" not in done.output


@pytest.mark.parametrize("line", ["status", "deploy --all --yes", "deploy --behind --yes", "deploy acme --preview"])
def test_a_secret_in_clear_stops_a_command_before_it_asks_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    command(tmp_path, said=json.dumps({**json.loads(FLEET), **json.loads(IN_CLEAR)}))
    monkeypatch.setenv("PATH", str(tmp_path))

    done = run(f"{line} -s test -C {tmp_path}")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: mirrors:apiToken: it is set in clear. Set it anew, for example: pulumi config set --secret"
        " mirrors:apiToken [secret-in-clear]\n"
    )


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.test.yaml"])
@pytest.mark.parametrize("line", ["status", "ids --json", "leave", "preview --json", "deploy --all"])
def test_a_file_that_is_no_yaml_is_named_with_the_line_and_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, name: str
) -> None:
    command(tmp_path, complaint="error: could not unmarshal", code=1)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "Pulumi.yaml").write_text("name: acme\n")
    (tmp_path / name).write_text("config:\n  a: b: c\n")

    done = run(f"{line} -s test -C {tmp_path}")

    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: {tmp_path / name} is no YAML, see line 2: mapping values are not allowed in this context. Neither"
        " Mirrors nor Pulumi can read it. Correct the file [project-file-invalid]\n"
    )


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
