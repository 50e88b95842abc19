"""Resources that are replaced, or move to another parent: the mirrors behind them go on as they are."""

from collections.abc import Iterator

import pytest

from tests.engine.fleet import MIRRORS, OURS, Fleet, seeded_fleet
from tests.sandboxes import change

BELOW = """
import pulumi

from mirrors import Fleet

brand = pulumi.ComponentResource("acme:index:Brand", "brand")
fleet = Fleet(opts=pulumi.ResourceOptions(parent=brand))
pulumi.export("siteIds", fleet.site_ids)
"""


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A converged fleet of this module's own, in Test."""
    with seeded_fleet(tmp_path_factory.mktemp("moving")) as fleet:
        fleet.test.up().succeeded()
        yield fleet


def removals(fleet: Fleet) -> list[tuple[str, str, str]]:
    return [item for item in fleet.written() if item[0] != "PATCH"]


def test_replacing_a_mirrors_variables_removes_none_of_them(moving: Fleet) -> None:
    [urn] = [urn for urn in moving.test.urns() if urn.endswith("EnvironmentVariables::acme-de")]
    moving.sandbox.clear_requests_log()
    moving.test.up("--replace", urn).succeeded()
    assert removals(moving) == []
    assert set(moving.variables("acme-de", "test")) == OURS
    assert moving.test.has_no_changes()


def test_a_renamed_original_keeps_ids_and_deploys_nobody(moving: Fleet) -> None:
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
    for urn in moving.test.urns():
        if "SiteIds" in urn:
            moving.test.pulumi("state unprotect", urn, "--yes").succeeded()
    moving.sandbox.clear_requests_log()
    moving.test.up().succeeded()
    assert removals(moving) == []
    for slug in MIRRORS:
        assert set(moving.variables(slug, "test")) == OURS
    assert moving.test.has_no_changes()
