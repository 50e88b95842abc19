"""The values in the project's files are compared with those that arrive."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.config import LoadedConfiguration, parse_configuration
from mirrors.config.files.project_files import ProjectFiles, stack_file_path
from mirrors.config.files.scalars import agreed_value, needs_quotes
from tests.unit.test_config import TOKEN

PROJECT = """\
name: acme
config:
  mirrors:fleet:
    value:
      original: {{application: acme}}
      mirrors:
        - application: acme-de
          siteId: {site_id}
      variables:
        PIN: {pin}
"""


def fleet(site_id: Any = 2, pin: Any = "x") -> str:
    mirror = {"application": "acme-de", "siteId": site_id}
    return json.dumps({"original": {"application": "acme"}, "mirrors": [mirror], "variables": {"PIN": pin}})


def loaded(directory: Path, **raw: str) -> LoadedConfiguration:
    return parse_configuration(raw, "test", TOKEN, ProjectFiles.find(directory, "test"))


def codes(result: LoadedConfiguration) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.path) for problem in result.problems]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.format(site_id="2", pin='"x"'))
    return tmp_path


ARRIVES = [  # what the engine hands to the program, seen with CLI 3.259 (tests/engine/test_problems.py)
    ("0123", 83),
    ("0049123456", 49123456),
    ("+41441234567", 41441234567),
    ("1e3", 1000),
    ("2.0", 2),
    ("1.10", 1.1),
    ("0x10", 16),
    ("0o17", 15),
    ("1_000", 1000),
    ("08", 8),
    (".5", 0.5),
    ("123456789012345678901234567890", 1.2345678901234568e29),
    ("2024-01-01", "2024-01-01T00:00:00Z"),
    ("2024-1-1", "2024-01-01T00:00:00Z"),
]


@pytest.mark.parametrize(("tagged", "arrives"), [("!!binary aGVsbG8=", "hello"), ('!!int "010"', 8), ("!!float 1", 1)])
def test_a_tag_takes_nothing_else_out_of_the_comparison(tmp_path: Path, tagged: str, arrives: Any) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.format(site_id="010", pin=tagged))

    result = loaded(tmp_path, fleet=fleet(site_id=8, pin=arrives))

    assert codes(result) == [
        ("value-not-as-written", "mirrors:fleet.mirrors[0].siteId"),
        ("value-not-as-written", "mirrors:fleet.variables.PIN"),
    ]


@pytest.mark.parametrize(("written", "arrives"), ARRIVES)
def test_what_does_not_arrive_as_it_is_written_is_refused_with_what_to_paste(
    tmp_path: Path, written: str, arrives: Any
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.format(site_id="2", pin=written))

    result = loaded(tmp_path, fleet=fleet(pin=arrives))

    [problem] = result.problems
    assert (problem.code, problem.path) == ("value-not-as-written", "mirrors:fleet.variables.PIN")
    assert problem.message.startswith(f"{written} without quotes ")
    assert f"{json.dumps(arrives)} (Pulumi.yaml, line 10)" in problem.message
    assert problem.remedy.endswith(f'PIN: "{written}"')


@pytest.mark.parametrize(("written", "arrives"), [("010", 8), ("0x10", 16), ("1e1", 10), ("+5", 5), ("1_0", 10)])
def test_a_number_is_one_that_everybody_reads_alike(tmp_path: Path, written: str, arrives: int) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.format(site_id=written, pin="x"))

    result = loaded(tmp_path, fleet=fleet(site_id=arrives))

    [problem] = result.problems
    assert (problem.code, problem.path) == ("value-not-as-written", "mirrors:fleet.mirrors[0].siteId")
    assert problem.message.startswith(f"{written} without quotes ")
    assert f"{arrives} (Pulumi.yaml, line 8)" in problem.message
    assert "a whole number from 1 to 2147483647" in problem.remedy


@pytest.mark.parametrize(
    ("written", "arrives"),
    [("x", "x"), ("no", "no"), ("on", "on"), ("12:30", "12:30"), ('"0123"', "0123"), ("'2024-01-01'", "2024-01-01")],
)
def test_what_arrives_as_it_is_written_is_fine(tmp_path: Path, written: str, arrives: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.format(site_id="2", pin=written))

    assert loaded(tmp_path, fleet=fleet(pin=arrives)).problems == ()


def test_a_number_that_arrives_as_it_is_written_is_no_text_either(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.format(site_id="2", pin="83").replace("acme-de", "2024"))
    arrives = {**json.loads(fleet(pin=83)), "mirrors": [{"application": 2024, "siteId": 2}]}

    slug, text = loaded(tmp_path, fleet=json.dumps(arrives)).problems

    assert (slug.code, slug.path) == ("needs-quotes", "mirrors:fleet.mirrors[0].application")
    assert (text.code, text.path) == ("needs-quotes", "mirrors:fleet.variables.PIN")
    for words in ("2024 ", "(Pulumi.yaml, line 7)", 'application: "2024"'):
        assert words in slug.line
    for words in ("83 ", "(Pulumi.yaml, line 10)", 'PIN: "83"'):
        assert words in text.line


def test_in_a_stacks_file_no_one_knows_what_a_number_was(project: Path) -> None:
    (project / "Pulumi.test.yaml").write_text("config:\n  mirrors:overrides:\n    variables: {PIN: 83}\n")

    result = loaded(project, fleet=fleet(), overrides='{"variables": {"PIN": 83}}')

    [problem] = result.problems
    assert (problem.code, problem.path) == ("needs-quotes", "mirrors:overrides.variables.PIN")
    assert "(Pulumi.test.yaml, line 3)" in problem.message
    assert '"83"' not in problem.line  # it may have been 0123


@pytest.mark.parametrize("text", ["2024-01-01 00:00:00 +0000 UTC", "2001-12-14 21:59:43.1 -0500 -0500"])
def test_a_date_that_pulumi_has_written_into_a_stacks_file_is_refused(project: Path, text: str) -> None:
    (project / "Pulumi.test.yaml").write_text(f"config:\n  mirrors:overrides: {{variables: {{DAY: {text}}}}}\n")

    result = loaded(project, fleet=fleet(), overrides=json.dumps({"variables": {"DAY": text}}))

    [problem] = result.problems
    assert (problem.code, problem.path) == ("value-not-as-written", "mirrors:overrides.variables.DAY")
    assert "(Pulumi.test.yaml, line 2)" in problem.message


def test_without_a_file_at_hand_numbers_and_dates_are_refused(tmp_path: Path) -> None:
    dates = ("2024-01-01T00:00:00Z", "2024-01-01 00:00:00 +0000 UTC")
    for arrives in (83, 1.5, True, *dates):
        code = "value-not-as-written" if arrives in dates else "needs-quotes"
        result = loaded(tmp_path / "elsewhere", fleet=fleet(pin=arrives))
        assert codes(result) == [(code, "mirrors:fleet.variables.PIN")]


def test_a_timestamp_in_quotes_is_text_where_the_file_shows_it(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.format(site_id="2", pin='"2024-01-01T00:00:00Z"'))

    assert loaded(tmp_path, fleet=fleet(pin="2024-01-01T00:00:00Z")).problems == ()


def test_a_file_that_has_something_else_is_not_where_it_comes_from(project: Path) -> None:
    (project / "Pulumi.test.yaml").write_text("config:\n  mirrors:overrides:\n    variables: {A: 02, B: x}\n")

    named = loaded(project, fleet=fleet(), overrides='{"variables": {"A": 2, "B": "y"}}')  # --config-file
    own = loaded(project, fleet=fleet(), overrides='{"variables": {"A": 2, "B": "x"}}')

    assert codes(named) == [("needs-quotes", "mirrors:overrides.variables.A")]
    assert "Pulumi.test.yaml" not in named.problems[0].line
    assert codes(own) == [("value-not-as-written", "mirrors:overrides.variables.A")]
    assert "(Pulumi.test.yaml, line 3)" in own.problems[0].message
    assert 'A: "02"' in own.problems[0].remedy


def test_a_stacks_object_counts_as_a_whole_and_may_lie_elsewhere(project: Path) -> None:
    with (project / "Pulumi.yaml").open("a") as file:
        file.write("stackConfigDir: stacks\n")
    (project / "stacks").mkdir()
    (project / "stacks" / "Pulumi.test.yaml").write_text("config: {mirrors:rollout: {timeout: 1h, parallel: 010}}\n")

    [problem] = loaded(project, fleet=fleet(), rollout='{"timeout": "1h", "parallel": 8}').problems

    assert (problem.code, problem.path) == ("value-not-as-written", "mirrors:rollout.parallel")
    assert "arrives as 8 (Pulumi.test.yaml, line 1)" in problem.message


def test_a_directory_that_main_names_and_a_project_in_json_are_found(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "Pulumi.json").write_text('{"name": "acme", "config": {"mirrors:fleet": {"value":\n{"original": {}}}}}')
    (tmp_path / "Pulumi.test.json").write_text('{"config": {"mirrors:overrides": {"variables": {"A": 1.10}}}}')

    [problem] = loaded(tmp_path / "source", fleet=fleet(), overrides='{"variables": {"A": 1.1}}').problems

    assert (problem.code, problem.path) == ("value-not-as-written", "mirrors:overrides.variables.A")
    assert "arrives as 1.1 (Pulumi.test.json, line 1)" in problem.message


def test_a_stacks_file_is_where_pulumi_keeps_it_be_it_there_yet_or_not(project: Path) -> None:
    (project / "program").mkdir()
    assert stack_file_path(project / "program", "organization/acme/test") == project / "Pulumi.test.yaml"
    with (project / "Pulumi.yaml").open("a") as file:
        file.write("stackConfigDir: stacks\n")
    assert stack_file_path(project, "test") == project / "stacks" / "Pulumi.test.yaml"


def test_a_key_of_its_own_is_compared_as_well(project: Path) -> None:
    (project / "Pulumi.test.yaml").write_text("config:\n  mirrors:maxConcurrentRequests: 010\n")

    [problem] = loaded(project, fleet=fleet(), maxConcurrentRequests="8").problems

    assert (problem.code, problem.path) == ("value-not-as-written", "mirrors:maxConcurrentRequests")
    assert 'arrives as "8"' in problem.message


def test_merged_keys_aliases_and_encrypted_values_are_followed(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: mirrors\nconfig:\n  fleet:\n    default:\n      original: &one {application: acme}\n"
        "      mirrors: [{<<: *one, application: acme-de, variables: {A: 0x1, B: {secure: v1:x}}}]\n"
    )
    arrives = {
        "original": {"application": "acme"},
        "mirrors": [{"application": "acme-de", "variables": {"A": 1, "B": "y"}}],
    }

    [problem] = loaded(tmp_path, fleet=json.dumps(arrives)).problems

    assert (problem.code, problem.path) == ("value-not-as-written", "mirrors:fleet.mirrors[0].variables.A")
    assert "arrives as 1 (Pulumi.yaml, line 6)" in problem.message


def test_no_secret_is_shown_also_where_it_is_in_clear(project: Path) -> None:
    (project / "Pulumi.test.yaml").write_text(
        "config:\n  mirrors:secrets: {all: {PIN: 0767}}\n  mirrors:sharedValues: {DATABASE_URL: 0766}\n"
    )

    result = loaded(project, fleet=fleet(), secrets='{"all": {"PIN": 503}}', sharedValues='{"DATABASE_URL": 502}')

    assert codes(result) == [
        ("needs-quotes", "mirrors:secrets.all.PIN"),
        ("needs-quotes", "mirrors:sharedValues.DATABASE_URL"),
    ]
    shown = str([problem.data for problem in result.problems])
    assert not [secret for secret in ("0767", "503", "0766", "502") if secret in shown]


@pytest.mark.parametrize("text", ["", "a: [", "- a", "config: x", "\xff", "config: {mirrors:fleet: &a [*a]}"])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.yaml").write_bytes(text.encode("latin-1"))

    assert loaded(tmp_path, fleet=fleet()).problems == ()


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none())
def test_what_all_readers_agree_on_is_what_json_has(value: Any) -> None:
    text = json.dumps(value)
    if "e" not in text or isinstance(value, bool):
        assert agreed_value(text) == value
    assert needs_quotes(text)


@given(st.from_regex(r"\A[a-z][a-z0-9-]*\Z").filter(lambda text: text not in ("y", "n", "no", "on", "off", "yes")))
def test_most_slugs_need_no_quotes(slug: str) -> None:
    assert needs_quotes(slug) == (slug in ("true", "false", "null"))


FLEET_FILE = """\
original: {application: acme}
mirrors: [{application: acme-de, siteId: 2, hold: true},
  {application: acme-fr,
   variables: {PIN: "0123", TIME: 12:30, GOES: on}}]
"""


def test_a_fleet_may_stand_in_a_file_of_its_own(project: Path) -> None:
    (project / "fleet.yaml").write_text(FLEET_FILE)

    result = loaded(project, fleetFile="fleet.yaml")

    assert result.problems == ()
    assert result.settings is not None
    first, second = result.settings.mirrors
    assert (first.site_id, first.hold) == (2, "everything")
    assert second.variables == {"PIN": "0123", "TIME": "12:30", "GOES": "on"}


@pytest.mark.parametrize(
    ("before", "after", "code", "key", "shown"),
    [
        ("siteId: 2", "siteId: 010", "value-not-as-written", "mirrors[0].siteId", ("010 ", "line 2", "2147483647")),
        ("siteId: 2", "siteId: 3, siteId: 2", "key-written-twice", "mirrors[0].siteId", ("line 2",)),
        ("siteId: 2", "siteid: 2", "unknown-key", "mirrors[0].siteid", ("siteId?",)),
        ("12:30", "0123", "value-not-as-written", "mirrors[1].variables.TIME", ("0123 ", "line 4", 'TIME: "0123"')),
        ("12:30", "2024-1-1", "value-not-as-written", "mirrors[1].variables.TIME", ("line 4", 'TIME: "2024-1-1"')),
        ("12:30", "83", "needs-quotes", "mirrors[1].variables.TIME", ("83 ", "line 4", 'TIME: "83"')),
        ("acme-fr", "acme-de", "application-listed-twice", "mirrors[1].application", ("acme-de",)),
    ],
)
def test_what_is_wrong_in_a_fleets_file_is_said_as_strictly(
    project: Path, before: str, after: str, code: str, key: str, shown: tuple[str, ...]
) -> None:
    (project / "fleet.yaml").write_text(FLEET_FILE.replace(before, after))

    [problem] = loaded(project, fleetFile="fleet.yaml").problems

    assert (problem.code, problem.path) == (code, f"mirrors:fleet.{key}")
    assert not [word for word in shown if word not in problem.line]
    assert ("fleet.yaml, line" in problem.line) == ("line" in "".join(shown))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "fleet.yaml: No such file or directory."),
        ("- acme", "fleet.yaml has no keys."),
        ("", "fleet.yaml has no keys."),
        ("original: {", "fleet.yaml, line 2, is no YAML."),
        ("original: \xff", "fleet.yaml is no YAML."),
        ("original: &a {a: *a}", "fleet.yaml is no YAML."),
    ],
)
def test_a_fleets_file_that_cannot_be_read_is_one_problem(project: Path, text: str | None, problem: str) -> None:
    if text is not None:
        (project / "fleet.yaml").write_bytes(text.encode("latin-1"))

    result = loaded(project, fleetFile="fleet.yaml", unknown="x")

    assert result.settings is None
    assert codes(result) == [("fleet-file-unusable", "mirrors:fleetFile"), ("unknown-key", "mirrors:unknown")]
    assert result.problems[0].message.endswith(problem)


def test_a_fleet_is_in_one_place(project: Path) -> None:
    (project / "fleet.yaml").write_text(FLEET_FILE)

    result = loaded(project, fleet=fleet(), fleetFile="fleet.yaml")

    assert codes(result) == [("keys-exclude-each-other", "mirrors:fleetFile")]
    assert "mirrors:fleet " in result.problems[0].message
