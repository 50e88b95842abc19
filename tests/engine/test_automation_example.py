"""``examples/automation``: a customer comes online through Pulumi's Automation API."""

import json
import shutil
from pathlib import Path

from tests.engine.fleet import silently
from tests.engine.project import ROOT, Project
from tests.sandboxes import running_sandbox

EXAMPLE = ROOT / "examples" / "automation"
WITHOUT_HEALTH = "config:\n  mirrors:rollout: {value: {health: false}}\n"


def test_a_customer_comes_online_in_test_and_live_and_a_problem_leaves_everything_as_it_is(tmp_path: Path) -> None:
    project = Project.at(tmp_path / "customers", {})
    for path in EXAMPLE.iterdir():
        shutil.copy(path, project.directory)
    (project.directory / "Pulumi.test.yaml").unlink()
    with (project.directory / "Pulumi.yaml").open("a", encoding="utf-8") as file:
        file.write(WITHOUT_HEALTH)
    with running_sandbox(project.state) as sandbox:
        sandbox.seed("acme", ["acme-de", "acme-fr", "acme-it"], report=silently)
        project.environment.update(DIVIO_API_URL=sandbox.url, DIVIO_API_TOKEN=sandbox.token)
        for stack in ("test", "live"):
            project.run("pulumi", "stack", "init", stack).succeeded()

        onboarded = project.run("python", "onboard.py", "acme-it", "--without-address").succeeded()
        refused = project.run("python", "onboard.py", "acme-xx", "--without-address").failed()

        assert onboarded.stdout == "acme-it: online with SITE_ID 4\n"
        assert "[application-not-found]" in refused.stderr
        customers = json.loads((project.directory / "customers.json").read_text(encoding="utf-8"))
        assert customers == {"acme-de": 2, "acme-fr": 3, "acme-it": 4}
        ids = project.run("mirrors", "ids", "--stack", "live", "--json").succeeded().json()["sites"]
        assert [(item["application"], item["siteId"], item["pinned"]) for item in ids] == [
            ("acme", 1, False),
            ("acme-de", 2, True),
            ("acme-fr", 3, True),
            ("acme-it", 4, True),
        ]
