"""Which SITE_IDs are in the configuration."""

from dataclasses import replace

from mirrors.config import FleetSettings
from mirrors.planning.observed import ObservedSite
from mirrors.planning.site_ids.facts import IdHolder, Ledger
from mirrors.planning.site_ids.pins import find_pin_problems, list_pins, note_unpinned_ids
from tests.unit.fleets import converged, fresh, settings


def fleet(*mirrors: dict[str, object], **more: object) -> FleetSettings:
    return FleetSettings.model_validate({"original": {"application": "acme"}, "mirrors": mirrors, **more})


LEDGER = Ledger({"u1": ("acme", 1), "u3": ("acme-fr", 7), "u2": ("acme-de", 2)}, {5: IdHolder("acme-it", "u5")}, 7)


def test_ids_are_listed_by_number_and_retired_ones_last() -> None:
    found = list_pins(LEDGER, fleet({"application": "acme-de", "siteId": 2}))

    assert [(item.site_id, item.application, item.retired) for item in found] == [
        (1, "acme", False),
        (2, "acme-de", False),
        (7, "acme-fr", False),
        (5, "acme-it", True),
    ]
    assert [item.is_pinned for item in found] == [False, True, False, False]
    assert [item.is_original for item in found] == [True, False, False, False]


def test_a_retired_id_is_pinned_by_the_list_of_retired_ones() -> None:
    assert [item.is_pinned for item in list_pins(LEDGER, fleet(retired=[5])) if item.retired] == [True]


def test_a_declared_id_that_the_state_does_not_have_is_said() -> None:
    declared = fleet({"application": "acme-fr", "siteId": 8})

    assert [problem.line for problem in find_pin_problems(list_pins(LEDGER, declared), declared)] == [
        "acme-fr: siteId 8 is declared, and the stack has 7: mirrors preview shows the change [site-id-differs]"
    ]
    assert [item.application for item in list_pins(LEDGER, declared) if item.mismatch] == ["acme-fr"]


def test_a_site_that_returned_while_its_id_is_listed_as_retired_is_said() -> None:
    declared = fleet({"application": "acme-fr"}, retired=[7, 2, 5])

    [problem] = find_pin_problems(list_pins(LEDGER, declared), declared)
    assert (problem.code, problem.site) == ("site-id-retired", "acme-fr")
    assert "SITE_ID 7" in problem.message


def note_on(*mirrors: ObservedSite, **more: object) -> str | None:
    slugs = [site.slug for site in mirrors]
    note = note_unpinned_ids(settings(*slugs, **more), {site.slug: site for site in mirrors}, "live")
    return note.line if note else None


def test_the_note_names_some_mirrors_and_counts_the_rest_in_one_short_line() -> None:
    note = note_on(*(converged(f"m{number}", number) for number in range(2, 10)))

    assert note == "SITE_IDs not in the configuration: m2, m3, m4 and 5 more. Pin them: mirrors ids --pin --stack live"


def test_a_mirror_that_has_no_id_from_mirrors_yet_is_not_noted() -> None:
    by_hand = converged("acme-it", 7)
    variables = {name: item for name, item in by_hand.variables.items() if name != "MIRRORS_APPLICATION"}
    bare, own = fresh("acme-fr"), converged("acme-de", 2)

    note = note_on(bare, replace(by_hand, variables=variables), own)

    assert note is not None
    assert "configuration: acme-de. Pin" in note
    assert note_on(bare) is None


def test_there_is_no_note_where_another_stack_gives_the_ids() -> None:
    assert note_on(converged("acme-de", 2), environment="live", siteIdsFrom="test") is None


def test_there_is_no_note_where_every_mirror_has_its_id() -> None:
    declared = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de", "siteId": 2}]}

    assert note_on(converged("acme-de", 2), fleet=declared) is None
