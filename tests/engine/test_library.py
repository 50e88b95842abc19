"""``from mirrors import Fleet`` in a user's project."""

from pathlib import Path

import yaml

from tests.engine.fleet import MANAGED, MIRRORS, NOBODY_SERVES, Fleet
from tests.engine.project import Project, Stack

PROGRAM = """
import pulumi

from mirrors import Fleet

shop = Fleet("shop")
pulumi.export("ids", shop.site_ids)
pulumi.export("everything", {"sites": shop.rows, "retired": shop.retired, "original": shop.original})
"""


def somebody_elses(directory: Path, fleet: Fleet) -> Stack:
    """Return a project of another name, with a program, a stack and a configuration of its own."""
    project = Project.at(directory / "elsewhere", fleet.project.environment)
    listed = [{"application": slug} for slug in (*MIRRORS, "acme-shop")]
    fleet_of_it = {"original": {"application": "acme"}, "mirrors": listed, "highestSiteId": 4}
    document = {
        "name": "web-shop",
        "runtime": {"name": "python", "options": {"virtualenv": ".venv"}},
        "config": {"mirrors:fleet": {"value": fleet_of_it}, "mirrors:environment": "test", **NOBODY_SERVES},
    }
    (project.directory / "Pulumi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (project.directory / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    project.run("pulumi", "stack", "init", "staging").succeeded()
    return Stack(project, "staging")


def test_a_fleet_in_a_project_of_another_name_adopts_what_is_there_and_converges(fleet: Fleet, tmp_path: Path) -> None:
    fleet.new_mirror("acme-shop")
    staging = somebody_elses(tmp_path, fleet)
    fleet.sandbox.clear_requests_log()

    staging.up().succeeded()

    outputs = staging.outputs()
    assert outputs["ids"] == {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4, "acme-shop": 5}
    assert [site["application"] for site in outputs["everything"]["sites"]] == [
        "acme",
        *sorted((*MIRRORS, "acme-shop")),
    ]
    others = {item for item in fleet.written() if item[1] != "acme-shop"}
    # A value that the platform hides may be any, so each is written once, with what it is already.
    hidden = {("PATCH", slug, name) for slug in MIRRORS for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN")}
    assert others == hidden, "a site that was converged got another variable, or was deployed"
    assert set(fleet.variables("acme-shop", "test")) == MANAGED
    assert staging.has_no_changes()
    code, rows = staging.status()
    assert (code, rows["acme-shop"]["state"]) == (0, "converged")

    fleet.new_mirror("acme-two")
    with fleet.with_mirrors(*MIRRORS, "acme-two"):
        said = fleet.test.preview().failed().text
    assert "acme-shop: Mirrors manages it with this original's database (SITE_ID 5)" in said
