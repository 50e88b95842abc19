"""``mirrors ids`` and ``mirrors leave``, on a state that a command in the place of ``pulumi`` exports."""

import json
import shlex
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mirrors.cli import main
from mirrors.cli.leave import describe_consequences
from mirrors.config import FleetSettings
from mirrors.planning.site_ids.facts import IdHolder, Ledger
from mirrors.planning.site_ids.pins import list_pins

KIND = "pulumi-python:dynamic/mirrors:SiteIds"
IDS = {"acme": 1, "acme-de": 2, "acme-fr": 3}
STATE = {
    "type": KIND,
    "urn": f"urn:pulumi:test::acme::mirrors:index:Fleet${KIND}::acme",
    "outputs": {
        "assignments": {f"u-{name}": {"name": name, "id": number} for name, number in IDS.items()},
        "retired": {},
        "highest": 3,
    },
}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which the command writes down what it was asked."""
    declared = [{"application": "acme-de", "siteId": 2}, {"application": "acme-fr", "siteId": 33}]
    fleet = json.dumps({"original": {"application": "acme"}, "mirrors": declared})
    answers = {
        "config": json.dumps({"mirrors:fleet": {"value": fleet}}),
        "stack": json.dumps({"deployment": {"resources": [STATE]}}),
    }
    script = f"""\
        #!{sys.executable}
        import sys
        print(*sys.argv[1:], file=open({str(tmp_path / "asked")!r}, "a"))
        print({answers!r}[sys.argv[1]])
        """
    (tmp_path / "pulumi").write_text(dedent(script))
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DIVIO_API_TOKEN", "for-no-one")
    return tmp_path / "asked"


def run(line: str) -> Result:
    return CliRunner().invoke(main, shlex.split(line))


@pytest.mark.usefixtures("asked")
def test_an_id_that_is_declared_otherwise_is_noted_and_in_the_exit_code() -> None:
    done = run("ids -s test --json")

    found = {item["application"]: (item["siteId"], item["pinned"]) for item in json.loads(done.stdout)["sites"]}
    assert found == {"acme": (1, False), "acme-de": (2, True), "acme-fr": (3, False)}
    assert done.stderr.startswith("Note: acme-fr: siteId 33 is declared, and the stack has 3")
    assert done.stderr.endswith("[site-id-differs]\n")
    assert done.exit_code == 2


def test_leaving_asks_and_does_nothing_where_no_one_answers(asked: Path) -> None:
    done = run("leave -s test")

    assert done.exit_code == 1
    assert "On the platform nothing is written, deployed or deleted." in done.stdout
    assert done.stderr.endswith(" [answer-needed]\n")
    assert "state" not in asked.read_text().split(), "state delete would make it forget"


@pytest.mark.parametrize(
    ("declared", "highest", "said"),
    [
        (
            {},
            5,
            [
                "SITE_IDs that only the state knows: 1 (acme), 2 (acme-de), 5 (retired, was acme-it).",
                "An update that adopts the fleet again asks for the highest SITE_ID: highestSiteId: 5.",
                "To keep them, run first: mirrors ids --pin --stack test",
            ],
        ),
        ({"original": 1, "mirror": 2, "retired": [5]}, None, []),
    ],
)
def test_what_only_the_state_knows_is_said_with_the_way_to_keep_it(
    declared: dict[str, Any], highest: int | None, said: list[str]
) -> None:
    ledger = Ledger({"u1": ("acme", 1), "u2": ("acme-de", 2)}, {5: IdHolder("acme-it", "u5")}, 5)
    fleet = FleetSettings.model_validate(
        {
            "original": {"application": "acme", "siteId": declared.get("original")},
            "mirrors": [{"application": "acme-de", "siteId": declared.get("mirror")}],
            "retired": declared.get("retired", []),
        }
    )

    _, _, *found = describe_consequences("test", 7, list_pins(ledger, fleet), highest)

    assert found == said
