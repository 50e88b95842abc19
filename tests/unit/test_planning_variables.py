"""The order of writes, and what counts as different."""

from hypothesis import given
from hypothesis import strategies as st

from mirrors.planning.observed import ObservedVariable
from mirrors.planning.variables.names import sort_for_removal, sort_for_writing
from mirrors.planning.variables.writes import (
    DesiredVariable,
    compare_values,
    find_unwritten,
    pick_deployed_values,
    plan_writes,
)

NAMES = ["SITE_ID", "MIRRORS_APPLICATION", "DATABASE_URL", "DEFAULT_STORAGE_DSN", "A", "z"]


def plain(value: str) -> DesiredVariable:
    return DesiredVariable(value, sensitive=False)


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_site_id_is_first_and_database_url_last_whatever_the_order(names: list[str]) -> None:
    ordered = sort_for_writing(names)
    assert sorted(ordered) == sorted(names)
    if "SITE_ID" in names:
        assert ordered[0] == "SITE_ID"
    if "DATABASE_URL" in names:
        assert ordered[-1] == "DATABASE_URL"
    assert sort_for_removal(names) == ordered[::-1]


def test_a_fresh_environment_gets_everything_and_site_id_is_read_back_at_once() -> None:
    desired = {"DATABASE_URL": DesiredVariable("d", sensitive=True), "SITE_ID": plain("2"), "COLOUR": plain("red")}
    writes = plan_writes(desired, {}, {})
    assert [(item.kind, item.name, item.verify) for item in writes] == [
        ("create", "SITE_ID", True),
        ("create", "COLOUR", False),
        ("create", "DATABASE_URL", False),
    ]


def test_what_is_as_declared_is_not_written_again() -> None:
    live = {"SITE_ID": ObservedVariable("2"), "DATABASE_URL": ObservedVariable(None, sensitive=True)}
    desired = {"SITE_ID": plain("2"), "DATABASE_URL": DesiredVariable("d", sensitive=True)}
    assert plan_writes(desired, live, {"DATABASE_URL": "d"}) == []
    assert [item.name for item in plan_writes(desired, live, {"DATABASE_URL": "old"})] == ["DATABASE_URL"]
    assert [item.name for item in plan_writes(desired, live, {})] == ["DATABASE_URL"]


def test_a_changed_flag_is_written() -> None:
    desired = {"SECRET": DesiredVariable("s", sensitive=True)}
    [write] = plan_writes(desired, {"SECRET": ObservedVariable("s")}, {})
    assert write.kind == "update"


def test_removal_takes_only_the_obsolete_and_the_database_first() -> None:
    live = {name: ObservedVariable("x") for name in [*NAMES, "FOREIGN"]}
    writes = plan_writes({}, live, {}, NAMES)
    assert [item.kind for item in writes] == ["delete"] * len(NAMES)
    assert (writes[0].name, writes[-1].name) == ("DATABASE_URL", "SITE_ID")


def test_a_read_back_finds_what_is_absent_flagged_or_valued_otherwise() -> None:
    desired = {
        "SITE_ID": plain("2"),
        "A": plain("a"),
        "S": DesiredVariable("s", sensitive=True),
        "T": DesiredVariable("t", sensitive=True),
    }
    live = {"SITE_ID": ObservedVariable("3"), "S": ObservedVariable(None, sensitive=True), "T": ObservedVariable("t")}
    assert find_unwritten(desired, live) == ["SITE_ID", "A", "T"]


def test_a_frozen_value_that_is_not_shown_is_neither_equal_nor_different() -> None:
    assert compare_values({"A": "1", "B": "2", "C": "3", "D": ""}, {"A": None, "B": "9", "D": ""}) == (
        ["B", "C"],
        ["A"],
    )


def test_secrets_are_in_no_repr() -> None:
    assert "hunter22" not in repr(DesiredVariable("hunter22", sensitive=True)) + repr(ObservedVariable("hunter22"))


def test_the_site_id_stays_where_the_database_url_of_others_stays() -> None:
    live = {name: ObservedVariable("x") for name in NAMES}
    writes = plan_writes({}, live, {}, set(NAMES) - {"DATABASE_URL"})
    assert [item.name for item in writes] == ["z", "DEFAULT_STORAGE_DSN", "A"]


def test_secrets_that_a_platform_leaves_out_altogether_are_hidden_but_one_of_several_is_absent() -> None:
    declared = {"SITE_ID": "2", "DATABASE_URL": "d", "TOKEN": "t"}
    secrets = ("DATABASE_URL", "TOKEN")
    assert compare_values(declared, {"SITE_ID": "2"}, secrets) == ([], ["TOKEN", "DATABASE_URL"])
    assert compare_values(declared, {"SITE_ID": "2", "DATABASE_URL": "d"}, secrets) == (["TOKEN"], [])
    assert pick_deployed_values(declared, {"SITE_ID": "1"}, secrets) == {
        "SITE_ID": "1",
        "DATABASE_URL": None,
        "TOKEN": None,
    }
    assert pick_deployed_values(declared, {"SITE_ID": "1"}) == {"SITE_ID": "1"}
