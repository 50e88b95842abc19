"""Writing into ``Pulumi.yaml``: what Mirrors does not manage stays as it is."""

import re
import stat
from difflib import ndiff
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mirrors.cli.project import ProjectFile
from mirrors.cli.yaml_text import as_yaml
from mirrors.errors import MirrorsError

IDS = {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}

BLOCK = """\
name: acme   # not the shop
description: >-
  Several lines,
  folded.
config:
  # Before.
  mirrors:fleet:
    value:
      # The source.
      original:
        application: acme  # own
      # The mirrors.

      mirrors:
      - application: acme-de  # Germany
        variables: {A: "1"}   # flow
      # France
      - application: acme-fr
      # The last.
      - {application: acme-ch, variables: {A: '2'}}
  # After.
  mirrors:apiUrl: https://api.example.com   # an address
# The end.
"""

FLOW = """\
name: acme
config:
    mirrors:fleet:
        value: {original: {application: acme}, mirrors: [{application: acme-de}, {application: acme-fr}]}
    # After.
"""

RETIRED = """\
config:
  mirrors:fleet:
    value:
      original: {application: acme, siteId: 1}
      retired:
        - 9  # Italy
      # Mirrors.
      mirrors:
        - application: acme-de
          siteId: 2
"""


def project(directory: Path, text: str) -> ProjectFile:
    (directory / "Pulumi.yaml").write_bytes(text.encode())
    return ProjectFile.find(directory)


def pinned(directory: Path, text: str, *retired: int) -> list[str]:
    """Return the lines that pinning adds (+) and takes away (-)."""
    file = project(directory, text)
    file.pin(IDS, retired)
    file.save()
    after = (directory / "Pulumi.yaml").read_bytes().decode()
    return [line for line in ndiff(text.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_ids_are_added_and_every_comment_stays_where_it_is(tmp_path: Path) -> None:
    assert pinned(tmp_path, BLOCK, 5) == [
        "+         siteId: 1",
        "+         siteId: 2",
        "+         siteId: 3",
        "-       - {application: acme-ch, variables: {A: '2'}}",
        "+       - {application: acme-ch, siteId: 4, variables: {A: '2'}}",
        "+       retired: [5]",
    ]
    after = (tmp_path / "Pulumi.yaml").read_text().splitlines()
    assert after.index("      # France") == after.index("      - application: acme-fr") - 1
    assert after.index("      retired: [5]") == after.index("  # After.") - 1


def test_a_fleet_on_one_line_stays_on_one_line(tmp_path: Path) -> None:
    assert pinned(tmp_path, FLOW)[1] == (
        "+         value: {original: {application: acme, siteId: 1}, mirrors: [{application: acme-de, siteId: 2},"
        " {application: acme-fr, siteId: 3}]}"
    )


def test_marks_of_another_system_move_no_edit(tmp_path: Path) -> None:
    assert pinned(tmp_path, f"\ufeff{FLOW}") == pinned(tmp_path, FLOW)
    added = [line.rstrip("\r") for line in pinned(tmp_path, BLOCK.replace("\n", "\r\n"), 5)]
    assert added == pinned(tmp_path, BLOCK, 5)


def test_an_alias_at_the_end_of_the_fleet_stays_where_it_is(tmp_path: Path) -> None:
    text = BLOCK.replace("original:", "original: &source").replace(
        "  # After.", "      copy: *source  # the same\n  # After."
    )
    assert pinned(tmp_path, text, 5)[-1] == "+       retired: [5]"
    lines = (tmp_path / "Pulumi.yaml").read_text().splitlines()
    assert lines[lines.index("      retired: [5]") - 1] == "      copy: *source  # the same"


def test_a_list_on_one_line_keeps_its_line(tmp_path: Path) -> None:
    text = RETIRED.replace("retired:\n        - 9  # Italy", "retired: [2, 9]  # gone")
    assert pinned(tmp_path, text, 9, 5) == ["-       retired: [2, 9]  # gone", "+       retired: [9, 5]  # gone"]
    assert pinned(tmp_path, text.replace(" [2, 9]", ""), 5)[1:] == ["+       retired: [5]  # gone"]


def test_a_fleet_replaces_another_and_leaves_its_neighbours(tmp_path: Path) -> None:
    file = project(tmp_path, BLOCK)
    file.set_fleet({"original": {"application": "other"}})
    file.save()
    text = (tmp_path / "Pulumi.yaml").read_text()
    head, _, tail = BLOCK.partition("  mirrors:fleet:")
    fleet = "  mirrors:fleet:\n    value:\n      original:\n        application: other\n"
    assert text == f"{head}{fleet}{tail[tail.index('  # After.') :]}"


@pytest.mark.parametrize("config", ["config:", "config: {}", "config: {mirrors:apiUrl: https://api.example.com}"])
def test_a_fleet_is_written_into_every_kind_of_configuration(tmp_path: Path, config: str) -> None:
    file = project(tmp_path, f"name: acme\n{config}\n")
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]}
    file.set_fleet(fleet)
    file.save()
    again = ProjectFile.find(tmp_path)
    assert (again.name, again.fleet) == ("acme", fleet)
    assert ("apiUrl" in config) == ("apiUrl" in (tmp_path / "Pulumi.yaml").read_text())


def test_a_list_of_retired_ids_gets_more(tmp_path: Path) -> None:
    assert pinned(tmp_path, RETIRED, 9, 5) == ["+         - 5"]
    lines = (tmp_path / "Pulumi.yaml").read_text().splitlines()
    assert lines[lines.index("        - 5") + 1] == "      # Mirrors."


def test_the_id_of_a_site_that_is_here_again_leaves_the_list_of_retired_ones(tmp_path: Path) -> None:
    more = RETIRED.replace("        - 9  # Italy\n", "        - 2\n        - 9  # Italy\n        - 3\n")
    assert pinned(tmp_path, more, 9) == ["-         - 2"], "3 belongs to no declared site"
    only = RETIRED.replace("- 9  # Italy", "- 2  # Germany")
    assert pinned(tmp_path, only) == ["-       retired:", "+       retired: []", "-         - 2  # Germany"]
    assert "      # Mirrors." in (tmp_path / "Pulumi.yaml").read_text().splitlines()
    last = RETIRED.replace("- 9  # Italy", "- 9\n        - 2")
    assert pinned(tmp_path, last, 9) == ["-         - 2"]


def test_the_highest_id_is_written_once_raised_and_never_lowered(tmp_path: Path) -> None:
    file = project(tmp_path, BLOCK)
    assert file.pin({}, (), 7) == ["highestSiteId: 7"]
    assert file.pin({}, (), 7) == []
    assert file.pin({}, (), 6) == []
    assert file.pin({}, (), 9) == ["highestSiteId: 9"]
    file.save()
    lines = (tmp_path / "Pulumi.yaml").read_text().splitlines()
    assert lines.index("      highestSiteId: 9") == lines.index("  # After.") - 1


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    pinned(tmp_path, BLOCK, 5)

    again = ProjectFile.find(tmp_path)

    assert again.pin(IDS, [5]) == []


def test_what_is_declared_is_not_changed(tmp_path: Path) -> None:
    file = project(tmp_path, RETIRED)

    assert file.pin({"acme": 4, "acme-de": 5}) == []


@pytest.mark.parametrize("text", [BLOCK, FLOW, RETIRED, BLOCK.replace("\n", "\r\n"), f"\ufeff{FLOW}"])
def test_saving_without_a_change_writes_the_same_bytes(tmp_path: Path, text: str) -> None:
    project(tmp_path, text).save()

    assert (tmp_path / "Pulumi.yaml").read_bytes() == text.encode()


def test_permissions_and_links_are_kept_and_nothing_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    file = tmp_path / "shared" / "project.yaml"
    file.write_text(RETIRED)
    file.chmod(0o640)
    (tmp_path / "Pulumi.yaml").symlink_to(file)

    ProjectFile.find(tmp_path).save()

    assert (tmp_path / "Pulumi.yaml").is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [item.name for item in (tmp_path / "shared").iterdir()] == ["project.yaml"]


def test_a_fleet_is_written_where_there_was_no_configuration(tmp_path: Path) -> None:
    file = project(tmp_path, "name: acme\n")
    file.set_fleet({"original": {"application": "acme"}, "mirrors": [{"application": "acme-de", "siteId": 2}]})
    file.save()

    text = (tmp_path / "Pulumi.yaml").read_text()
    assert text == "name: acme\n" + as_yaml({"config": {"mirrors:fleet": {"value": file.fleet}}})
    assert "        - application: acme-de\n          siteId: 2\n" in text


def test_the_stacks_own_file_is_taken_where_it_declares_the_fleet(tmp_path: Path) -> None:
    project(tmp_path, RETIRED)
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  mirrors:fleet:\n    original:\n      application: acme\n")
    (tmp_path / "Pulumi.live.yaml").write_text("config:\n  mirrors:environment: live\n")

    assert ProjectFile.declaring(tmp_path, "test").path.name == "Pulumi.test.yaml"
    assert ProjectFile.declaring(tmp_path, "live").path.name == "Pulumi.yaml"


def test_the_stacks_own_file_is_found_where_the_project_keeps_those(tmp_path: Path) -> None:
    project(tmp_path, f"{RETIRED}stackConfigDir: stacks\n")
    folder = tmp_path / "stacks"
    folder.mkdir()
    (folder / "Pulumi.test.yaml").write_text("config:\n  mirrors:fleet:\n    original:\n      application: acme\n")
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  mirrors:fleet:\n    original:\n      application: other\n")
    assert ProjectFile.declaring(tmp_path, "organization/acme/test").path == folder / "Pulumi.test.yaml"
    assert ProjectFile.declaring(tmp_path, "live").path.name == "Pulumi.yaml"

    (folder / "Pulumi.live.yaml").write_text("config:\n  mirrors:fleetFile: fleet.yaml\n")
    (tmp_path / "fleet.yaml").write_text("original: {application: acme}\n")
    assert ProjectFile.declaring(tmp_path, "live").path == tmp_path / "fleet.yaml", "from the project's directory on"


@pytest.mark.parametrize("entry", ["fleet.yaml", "{value: fleet.yaml}"])
def test_a_file_that_the_project_names_is_taken_and_pinned(tmp_path: Path, entry: str) -> None:
    project(tmp_path, f"name: acme\nconfig: {{mirrors:fleetFile: {entry}}}\n")
    (tmp_path / "fleet.yaml").write_text("# Own.\noriginal: {application: acme}\n")

    file = ProjectFile.declaring(tmp_path, "test")
    file.pin(IDS, [9])
    file.save()

    assert (tmp_path / "fleet.yaml").read_text() == ("# Own.\noriginal: {application: acme, siteId: 1}\nretired: [9]\n")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("a: [", "project-file-invalid", "is no YAML, see line"),
        ("- a\n", "project-file-invalid", "holds no keys"),
        ("a: 1\na: 2\n", "project-file-invalid", "is no YAML, see line 2: it has this key twice"),
        ("a: \xff", "project-file-unreadable", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, text: str, code: str, said: str) -> None:
    (tmp_path / "Pulumi.yaml").write_bytes(text.encode("latin-1"))

    with pytest.raises(MirrorsError) as caught:
        ProjectFile.find(tmp_path)

    [problem] = caught.value.problems
    assert problem.code == code
    assert problem.message.startswith(f"{tmp_path / 'Pulumi.yaml'} ")
    assert said in problem.message


def test_the_project_is_found_from_a_directory_below_it(tmp_path: Path) -> None:
    project(tmp_path, BLOCK)
    (tmp_path / "program" / "sites").mkdir(parents=True)
    assert ProjectFile.find(tmp_path / "program" / "sites").path == tmp_path / "Pulumi.yaml"


def test_a_project_in_json_is_read_and_never_written(tmp_path: Path) -> None:
    text = '{"name": "acme", "config": {"mirrors:fleet": {"value": {"original": {"application": "acme"}}}}}'
    (tmp_path / "Pulumi.json").write_text(text)
    file = ProjectFile.declaring(tmp_path, "test")
    file.pin(IDS)

    with pytest.raises(MirrorsError) as refused:
        file.save()

    assert [problem.code for problem in refused.value.problems] == ["project-file-unwritable"]
    assert (file.name, (tmp_path / "Pulumi.json").read_text()) == ("acme", text)


def test_a_directory_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(MirrorsError) as caught:
        ProjectFile.find(tmp_path)
    [problem] = caught.value.problems
    assert problem.code == "no-project"
    assert str(tmp_path) in problem.message


def test_a_project_without_a_fleet_has_nothing_to_pin(tmp_path: Path) -> None:
    project(tmp_path, "name: acme\n")

    with pytest.raises(MirrorsError) as caught:
        ProjectFile.declaring(tmp_path, "test")
    assert [problem.code for problem in caught.value.problems] == ["fleet-not-in-clear"]


GO_READS = re.compile(
    r"""
    | ~ | null | Null | NULL | true | True | TRUE | false | False | FALSE | <<
    | [-+]?(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*)
    | [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
    | [-+]?(\.inf|\.Inf|\.INF) | \.nan | \.NaN | \.NAN
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\ ].*)?
    """,
    re.VERBOSE,
)
"""Texts that Go's yaml.v3, with which Pulumi reads, takes for something else than text (its resolve.go)."""

SCALARS = st.from_regex(r"\A[-+]?[0-9.][0-9a-fA-FxobeEtT:_.+-]{0,10}\Z", fullmatch=True) | st.sampled_from(
    ["2024-1-1", "0123", "1e3", "010", "no", "On", "y", "NULL", "~", "", "<<", "=", "12:30", "0o17", ".inf", "0b1"]
)


@given(st.dictionaries(SCALARS | st.text(), SCALARS | st.text(), max_size=4), st.lists(SCALARS, max_size=3))
@example({"no": "2024-1-1"}, ["2024-01-01 10:00:00"])
def test_text_arrives_as_text_whatever_reads_the_file(variables: dict[str, str], listed: list[str]) -> None:
    data = {"variables": variables, "listed": listed}
    written = as_yaml(data)

    assert yaml.safe_load(written) == data  # YAML 1.1, and what both versions have in common
    plain = [token.value for token in yaml.scan(written) if isinstance(token, yaml.ScalarToken) and token.plain]
    assert [text for text in plain if GO_READS.fullmatch(text)] == []


def test_a_slug_that_looks_like_a_date_is_written_in_quotes(tmp_path: Path) -> None:
    file = project(tmp_path, "name: acme\n")
    file.set_fleet({"original": {"application": "2024"}, "mirrors": [{"application": "2024-1-1"}]})
    file.save()

    text = (tmp_path / "Pulumi.yaml").read_text()
    assert '- application: "2024-1-1"' in text
    assert 'application: "2024"' in text
