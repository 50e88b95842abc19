"""``python -m tools.probe`` against a real sandbox."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mirrors_sandbox.control import Sandbox

from tests.unit.seeded_account import seeded_account
from tools.probe.__main__ import main


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with seeded_account(tmp_path_factory.mktemp("probe")) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, *arguments: str, **environment: str) -> Result:
    variables = {"DIVIO_API_URL": sandbox.url, "DIVIO_API_TOKEN": sandbox.token, **environment}
    return CliRunner().invoke(main, arguments, env=variables)


def test_it_answers_every_question_it_can_and_shows_nothing_of_the_account(account: Sandbox) -> None:
    account.clear_requests_log()

    done = run(account)

    assert done.exit_code == 0, done.output
    answers = json.loads(done.stdout)["answers"]
    assert answers["is a schema served"] == "no, 404"
    assert answers["variables without a filter"].startswith("400 {'non_field_errors'")
    assert answers["variables: the value of a sensitive one"] == "absent"
    assert answers["variables: are built-in ones listed"] == "no, custom ones only"
    assert answers["frozen variables: are sensitive ones shown"] == "DATABASE_URL shown, another shown"
    assert answers["frozen variables: are built-in credentials shown"].startswith("DATABASE_URL shown, ")
    assert answers["a bad token"].startswith("401 ")
    assert answers["an unknown object"].startswith("404 ")
    assert answers["page size if 100000 is asked for"] == "2 results, that is all there are"
    for canary in ("acme", "c4n4ry", "GMBH", "a-plain-value", "127.0.0.1", account.token, "@"):
        assert canary not in done.output
    assert {line["method"] for line in account.requests_log()} == {"GET"}


def test_it_writes_its_report_to_a_file(account: Sandbox, tmp_path: Path) -> None:
    done = run(account, "--output", str(tmp_path / "report.json"))

    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads((tmp_path / "report.json").read_text())["exchanges"]["original"]["status"] == 200


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {"DIVIO_API_TOKEN": "wr0ng"}, "the token was refused"),
        ([], {"DIVIO_API_URL": "http://127.0.0.1:9"}, "no answer from 127.0.0.1:9"),
        (["--output", "/nowhere/x"], {}, "/nowhere/x cannot be written"),
    ],
)
def test_where_it_cannot_run_one_line_says_why(
    account: Sandbox, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    done = run(account, *arguments, **environment)

    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith("Error: ")
    assert message in done.stderr
    assert "wr0ng" not in done.stderr
