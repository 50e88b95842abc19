"""Resources that are replaced, or move to another parent: the mirrors behind them go on as they are."""

from tests.engine.fleet import MANAGED, MIRRORS, Fleet
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


def removals(fleet: Fleet) -> list[tuple[str, str, str]]:
    return [item for item in fleet.written() if item[0] != "PATCH"]


def kept(fleet: Fleet) -> dict[str, object]:
    return {key: fleet.test.ledger()[key] for key in KEPT}


def urn_of_the_ledger(fleet: Fleet) -> str:
    [urn] = [urn for urn in fleet.test.urns() if "SiteIds" in urn]
    return urn


def test_whatever_is_replaced_renamed_or_moved_no_variable_goes_and_every_site_keeps_its_id(fleet: Fleet) -> None:
    for slug in ("acme-it", "acme-at"):
        fleet.new_mirror(slug)
    replaces_a_mirrors_variables(fleet)
    gives_the_ledger_its_own_name(fleet)
    asks_whether_the_original_was_renamed(fleet)
    renames_the_original(fleet)
    moves_the_fleet_below_a_component(fleet)


def replaces_a_mirrors_variables(fleet: Fleet) -> None:
    [urn] = [urn for urn in fleet.test.urns() if urn.endswith("mirrors:Mirror::acme-de")]
    fleet.sandbox.clear_requests_log()
    with fleet.with_mirrors(*MIRRORS, "acme-it"):
        fleet.test.update("--replace", urn).succeeded()
    assert [item for item in removals(fleet) if item[1] != "acme-it"] == []
    assert set(fleet.variables("acme-de", "test")) == MANAGED


def gives_the_ledger_its_own_name(fleet: Fleet) -> None:
    """The state is that of a version which gave the ledger the original's name. The same ``up`` retires an id."""
    ledger, urn = fleet.test.ledger(), urn_of_the_ledger(fleet)
    state = fleet.project.directory / "state.json"
    fleet.test.pulumi("stack export", "--file", str(state)).succeeded()
    state.write_text(state.read_text(encoding="utf-8").replace("SiteIds::site-ids", "SiteIds::acme"), encoding="utf-8")
    fleet.test.pulumi("stack import", "--file", str(state)).succeeded()
    assert urn not in fleet.test.urns()
    fleet.test.up().succeeded()
    assert urn_of_the_ledger(fleet) == urn
    assert urn.endswith("::site-ids")
    assert fleet.test.ledger()["highest"] == ledger["highest"] == 5
    assert ledger["assignments"].items() > fleet.test.ledger()["assignments"].items()
    assert fleet.test.outputs()["retired"] == {"5": "acme-it"}


def asks_whether_the_original_was_renamed(fleet: Fleet) -> None:
    """Also without a preview; and no retired id is given away."""
    ledger, urn = fleet.test.ledger(), urn_of_the_ledger(fleet)
    change(fleet.sandbox, "UPDATE sandbox_application SET slug = 'brand' WHERE slug = 'acme'")
    listed = [{"application": slug} for slug in (*MIRRORS, "acme-at")]
    renamed = {"original": {"application": "brand"}, "mirrors": listed}
    fleet.sandbox.clear_requests_log()
    with fleet.project.configured(lambda config: config["mirrors:fleet"]["value"].update(renamed)):
        refused = fleet.test.up().failed()
    assert 'brand: this application was called "acme" and has SITE_ID 1. Add "formerly: acme"' in refused.text
    assert "unprotect" not in refused.text
    assert fleet.writes() == []
    assert (fleet.test.ledger(), urn_of_the_ledger(fleet)) == (ledger, urn)


def renames_the_original(fleet: Fleet) -> None:
    """With the refresh of each ``up``: the engine panics where that meets a component that was renamed."""
    before = fleet.test.outputs()["siteIds"]
    original = {"application": "brand", "formerly": "acme"}
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(original=original))
    fleet.sandbox.clear_requests_log()
    fleet.test.preview_and_up().succeeded()
    assert fleet.written() == []
    assert fleet.test.outputs()["siteIds"] == {"brand" if slug == "acme" else slug: id_ for slug, id_ in before.items()}
    del original["formerly"]
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(original=original))
    assert fleet.test.has_no_changes()


def moves_the_fleet_below_a_component(fleet: Fleet) -> None:
    (fleet.project.directory / "__main__.py").write_text(BELOW, encoding="utf-8")
    before = kept(fleet)
    fleet.sandbox.clear_requests_log()
    fleet.test.up().succeeded()
    assert removals(fleet) == []
    for slug in MIRRORS:
        assert set(fleet.variables(slug, "test")) == MANAGED
    assert kept(fleet) == before
    assert fleet.test.has_no_changes()
