"""Writing an adopted fleet: ids that are missing are added, another fleet is not overwritten."""

from pathlib import Path
from typing import Any

import pytest

from mirrors.cli.adopt import (
    adoption_data,
    describe_missing_ids,
    list_evidence,
    mirror_as_original_error,
    read_retired_ids,
    write_fleet,
)
from mirrors.errors import MirrorsError
from mirrors.planning.adoption.candidates import AdoptionProposal
from mirrors.problems import Problem

DECLARED = """\
name: acme
config:
  mirrors:fleet:
    value:
      original:
        application: acme
      # One list for both stacks.
      mirrors:
        - application: acme-fr  # France
          siteId: 3
          variables: {THEME: dark}
        - application: acme-de
      retired: [5]
"""


def found(**ids: int) -> dict[str, Any]:
    mirrors = [{"application": f"acme-{name}", "siteId": site_id} for name, site_id in ids.items()]
    return {"original": {"application": "acme", "siteId": 1}, "mirrors": mirrors}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.yaml"
    path.write_text(DECLARED)
    return path


def test_ids_that_are_missing_are_added_to_the_same_sites_and_all_else_stays(file: Path) -> None:
    said = write_fleet(found(de=2, fr=3), file.parent, force=False)

    assert said == f"{file}: written: acme: siteId 1; acme-de: siteId 2"
    pinned = DECLARED.replace("application: acme\n", "application: acme\n        siteId: 1\n")
    assert file.read_text() == pinned.replace("application: acme-de\n", "application: acme-de\n          siteId: 2\n")
    assert write_fleet(found(de=2, fr=3), file.parent, force=False) == f"{file} has this fleet already"


def test_an_id_that_is_declared_and_not_found_is_kept(file: Path) -> None:
    fleet = found(de=2, fr=3)
    del fleet["mirrors"][1]["siteId"]

    assert "acme-fr" not in write_fleet(fleet, file.parent, force=False)
    assert "siteId: 3\n" in file.read_text()


@pytest.mark.parametrize(
    "other",
    [
        found(de=2),
        found(de=2, fr=3, it=4),
        found(de=2, fr=4),
        {**found(de=2, fr=3), "shared": ["DATABASE_URL"]},
        {**found(de=2, fr=3), "original": {"application": "shop"}},
    ],
    ids=["a site less", "a site more", "another id", "other shared names", "another original"],
)
def test_another_fleet_is_refused_and_nothing_is_written_without_force(file: Path, other: dict[str, Any]) -> None:
    with pytest.raises(MirrorsError, match="other-fleet-declared"):
        write_fleet(other, file.parent, force=False)
    assert file.read_text() == DECLARED

    write_fleet(other, file.parent, force=True)
    assert "retired" not in file.read_text()


@pytest.mark.parametrize("value", ["acme", "[acme]", "{mirrors: [acme-de]}", "{original: acme}", "{original: {}}"])
def test_what_is_no_fleet_is_another_one(file: Path, value: str) -> None:
    file.write_text(f"name: acme\nconfig:\n  mirrors:fleet:\n    value: {value}\n")

    with pytest.raises(MirrorsError, match="other-fleet-declared"):
        write_fleet(found(de=2), file.parent, force=False)


def test_what_is_written_without_an_id_that_has_to_be_decided_is_named(file: Path) -> None:
    """Not one that is declared already, and not a mirror that is new and gets its id from the first update."""
    fleet = found(de=2, fr=3)
    for mirror in fleet["mirrors"]:
        del mirror["siteId"]
    write_fleet(fleet, file.parent, force=False)
    assert describe_missing_ids(["acme-de", "acme-fr"], file.parent) == "; decide the siteId first of: acme-de"
    write_fleet({**fleet, "shared": ["DATABASE_URL"]}, file.parent, force=True)
    assert describe_missing_ids(["acme-de", "acme-fr"], file.parent).endswith(" of: acme-de, acme-fr")
    assert describe_missing_ids([], file.parent) == ""


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """Return the fleet's own file, which the project names; it is not there."""
    (tmp_path / "Pulumi.yaml").write_text("name: acme\nconfig:\n  mirrors:fleetFile: fleet.yaml\n")
    return tmp_path / "fleet.yaml"


def test_a_fleet_is_written_into_the_file_that_the_project_names(named: Path) -> None:
    assert write_fleet(found(de=2), named.parent, force=False) == f"{named}: written"
    assert named.read_text().startswith("original:\n  application: acme\n")
    assert "original" not in (named.parent / "Pulumi.yaml").read_text()

    named.write_text(named.read_text().replace("  siteId: 1\n", "") + "# The end.\n")

    assert write_fleet(found(de=2), named.parent, force=False) == f"{named}: written: acme: siteId 1"
    assert named.read_text().endswith("# The end.\n")
    with pytest.raises(MirrorsError, match=r"fleet\.yaml declares another mirrors:fleet"):
        write_fleet(found(fr=3), named.parent, force=False)
    write_fleet(found(fr=3), named.parent, force=True)
    assert "acme-de" not in named.read_text()


def test_ids_that_the_named_file_retires_are_known(named: Path) -> None:
    named.write_text("original: {application: acme}\nretired: [7, 9]\nreleaseSiteIds: [9]\n")

    assert read_retired_ids(None, named.parent) == {7: ""}


def test_what_is_to_be_decided_is_a_comment_and_data() -> None:
    problem = Problem("unknown-key", "its SITE_ID is not clear", "write it", "acme-de")
    adoption = AdoptionProposal({}, (), (problem,), ("acme-fr: a note",))

    assert list_evidence(adoption) == ["# Note: acme-fr: a note", f"# To decide: {problem.line}"]
    assert adoption_data(adoption)["problems"] == [problem.data]
    assert adoption_data(adoption).keys() == {"fleet", "evidence", "problems", "notes", "undecided"}


def test_a_mirror_that_is_named_as_the_original_is_reported_with_the_command_for_each() -> None:
    [problem] = mirror_as_original_error("acme-de", ["acme", "shop"]).problems

    assert (problem.code, problem.site) == ("mirror-named-as-original", "acme-de")
    assert problem.remedy.endswith("mirrors adopt acme or mirrors adopt shop")
