"""Which SITE_IDs are in the configuration."""

from mirrors.config import Fleet
from mirrors.planning.allocate import Assigned, Ledger
from mirrors.planning.pins import disagreements, pins, unpinned


def fleet(*mirrors: dict[str, object], **more: object) -> Fleet:
    return Fleet.model_validate({"original": {"application": "acme"}, "mirrors": mirrors, **more})


LEDGER = Ledger({"u1": ("acme", 1), "u3": ("acme-fr", 7), "u2": ("acme-de", 2)}, {5: Assigned("acme-it", "u5")}, 7)


def test_ids_are_listed_by_number_and_retired_ones_last() -> None:
    found = pins(LEDGER, fleet({"application": "acme-de", "siteId": 2}))

    assert [(item.site_id, item.application, item.retired) for item in found] == [
        (1, "acme", False),
        (2, "acme-de", False),
        (7, "acme-fr", False),
        (5, "acme-it", True),
    ]
    assert [item.pinned for item in found] == [False, True, False, False]


def test_a_retired_id_is_pinned_by_the_list_of_retired_ones() -> None:
    assert [item.pinned for item in pins(LEDGER, fleet(retired=[5])) if item.retired] == [True]


def test_a_declared_id_that_the_state_does_not_have_is_said() -> None:
    declared = fleet({"application": "acme-fr", "siteId": 8})

    assert list(disagreements(pins(LEDGER, declared), declared)) == [
        "acme-fr: declared with siteId 8, the stack has 7: see a preview"
    ]


def test_a_site_that_returned_while_its_id_is_listed_as_retired_is_said() -> None:
    declared = fleet({"application": "acme-fr"}, retired=[7, 2, 5])

    [said] = disagreements(pins(LEDGER, declared), declared)
    assert "acme-fr: has SITE_ID 7, which mirrors:fleet.retired lists, too" in said


def test_the_note_names_some_mirrors_and_counts_the_rest() -> None:
    mirrors: list[dict[str, object]] = [{"application": f"m{number}"} for number in range(1, 9)]

    note = unpinned(fleet(*mirrors, {"application": "pinned", "siteId": 9}), "live")

    assert note is not None
    assert "m1, m2, m3, m4, m5 and 3 more" in note
    assert "pinned" not in note
    assert "mirrors ids --pin --stack live" in note


def test_there_is_no_note_where_every_mirror_has_its_id() -> None:
    assert unpinned(fleet({"application": "acme-de", "siteId": 2}), "test") is None
