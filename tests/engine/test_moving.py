"""Resources that are replaced, or move to another parent: the mirrors behind them go on as they are."""

from collections.abc import Iterator

import pytest

from tests.engine.fleet import MIRRORS, OURS, Fleet, seeded_fleet, silently
from tests.sandboxes import change

KEPT = ("assignments", "retired", "highest")
"""The properties of a ledger that a move keeps."""

BELOW = """
import pulumi

from mirrors import Fleet

brand = pulumi.ComponentResource("acme:index:Brand", "brand")
fleet = Fleet(opts=pulumi.ResourceOptions(parent=brand))
pulumi.export("siteIds", fleet.site_ids)
"""


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Yield a converged fleet of this module's own, in Test."""
    with seeded_fleet(tmp_path_factory.mktemp("moving")) as fleet:
        fleet.test.up().succeeded()
        yield fleet


def removals(fleet: Fleet) -> list[tuple[str, str, str]]:
    return [item for item in fleet.written() if item[0] != "PATCH"]


def test_replacing_a_mirrors_variables_removes_none_of_them(moving: Fleet) -> None:
    [urn] = [urn for urn in moving.test.urns() if urn.endswith("mirrors:Mirror::acme-de")]
    moving.sandbox.clear_requests_log()
    moving.test.up("--replace", urn).succeeded()
    assert removals(moving) == []
    assert set(moving.variables("acme-de", "test")) == OURS
    assert moving.test.has_no_changes()


def test_a_renamed_original_is_asked_for_also_without_a_preview_and_gives_no_retired_id_away(moving: Fleet) -> None:
    moving.sandbox.mirror("acme", "acme-it", report=silently)
    moving.sandbox.mirror("acme", "acme-at", report=silently)
    with moving.with_mirrors(*MIRRORS, "acme-it"):
        moving.test.up().succeeded()
    moving.test.up().succeeded()
    ledger = moving.test.ledger()
    change(moving.sandbox, "UPDATE sandbox_application SET slug = 'brand' WHERE slug = 'acme'")
    try:
        listed = [{"application": slug} for slug in (*MIRRORS, "acme-at")]
        fleet = {"original": {"application": "brand"}, "mirrors": listed}
        with moving.project.configured(lambda config: config["mirrors:fleet"]["value"].update(fleet)):
            moving.sandbox.clear_requests_log()
            refused = moving.test.up().failed()
        assert 'brand: this application was called "acme" and has SITE_ID 1. Add "formerly: acme"' in refused.text
        assert "unprotect" not in refused.text
        assert moving.writes() == []
        assert moving.test.ledger() == ledger
        assert [urn for urn in moving.test.urns() if "SiteIds" in urn] == [urn_of_the_ledger(moving)]
    finally:
        change(moving.sandbox, "UPDATE sandbox_application SET slug = 'acme' WHERE slug = 'brand'")


def test_a_ledger_that_has_the_originals_name_moves_to_its_own(moving: Fleet) -> None:
    """The state is that of a version which gave the ledger the original's name."""
    ledger, urn = moving.test.ledger(), urn_of_the_ledger(moving)
    state = moving.project.directory / "state.json"
    moving.test.pulumi("stack export", "--file", str(state)).succeeded()
    state.write_text(state.read_text(encoding="utf-8").replace("SiteIds::site-ids", "SiteIds::acme"), encoding="utf-8")
    moving.test.pulumi("stack import", "--file", str(state)).succeeded()
    assert urn not in moving.test.urns()
    moving.test.up().succeeded()
    assert urn_of_the_ledger(moving) == urn
    assert {key: moving.test.ledger()[key] for key in KEPT} == {key: ledger[key] for key in KEPT}


def urn_of_the_ledger(fleet: Fleet) -> str:
    [urn] = [urn for urn in fleet.test.urns() if "SiteIds" in urn]
    assert urn.endswith("::site-ids")
    return urn


def test_a_renamed_original_keeps_ids_and_deploys_no_one(moving: Fleet) -> None:
    """With the refresh of each ``up``: the engine panics where that meets a component that was renamed."""
    before = moving.test.outputs()["siteIds"]
    change(moving.sandbox, "UPDATE sandbox_application SET slug = 'brand' WHERE slug = 'acme'")
    original = {"application": "brand", "formerly": "acme"}
    moving.project.configure(lambda config: config["mirrors:fleet"]["value"].update(original=original))
    moving.sandbox.clear_requests_log()
    moving.test.preview_and_up().succeeded()
    assert moving.written() == []
    assert moving.test.outputs()["siteIds"] == {
        "brand" if slug == "acme" else slug: id_ for slug, id_ in before.items()
    }
    del original["formerly"]
    moving.project.configure(lambda config: config["mirrors:fleet"]["value"].update(original=original))
    assert moving.test.has_no_changes()


def test_a_fleet_that_moves_below_a_component_loses_no_variable(moving: Fleet) -> None:
    (moving.project.directory / "__main__.py").write_text(BELOW, encoding="utf-8")
    before = moving.test.ledger()
    moving.sandbox.clear_requests_log()
    moving.test.up().succeeded()
    assert removals(moving) == []
    for slug in MIRRORS:
        assert set(moving.variables(slug, "test")) == OURS
    after = moving.test.ledger()
    assert {key: after[key] for key in KEPT} == {key: before[key] for key in KEPT}
    assert moving.test.has_no_changes()
