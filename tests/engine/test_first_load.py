"""A first load without the engine's checkpoints: what a crash in the middle forgets, and what the next ``up`` finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engine.crash.processes import family, kill
from tests.engine.crash.proxy import Passed, proxy_before
from tests.engine.fleet import MANAGED, MIRRORS, Fleet, seeded_fleet

SKIPPING = {"PULUMI_SKIP_CHECKPOINTS": "true"}
COMMAND = ("pulumi", "up", "--yes", "--skip-preview", "--stack", "test", "--non-interactive", "--color", "never")
TIMEOUT = 120  # seconds
EVERYTHING = {"Stack", "Fleet", "SiteIds", "Original", "Mirror"}


@contextmanager
def killed_first_load(directory: Path, **variables: str) -> Iterator[Fleet]:
    """Yield a fleet whose first ``up`` was killed, with all processes, when the platform got the second deployment."""
    started: list[Passed] = []
    with seeded_fleet(directory) as fleet, proxy_before(fleet.sandbox.url) as proxy:

        def kill_at_the_second(passed: Passed) -> None:
            """The platform carries it out all the same; no process is left to learn of it."""
            if passed.method == "POST" and passed.path.startswith("/apps/v3/deployments/"):
                started.append(passed)
                if len(started) == 2:
                    kill(family(engine.pid))

        fleet.sandbox.clear_requests_log()
        proxy.begin(watch=kill_at_the_second)
        project = fleet.project
        with project.with_environment(DIVIO_API_URL=proxy.url, **variables), project.started(*COMMAND) as engine:
            said = engine.communicate(timeout=TIMEOUT)
        assert len(started) >= 2, said
        assert engine.returncode != 0
        fleet.test.pulumi("cancel").succeeded()
        yield fleet


def names(fleet: Fleet) -> dict[str, set[str]]:
    return {mirror: set(fleet.variables(mirror, "test")) for mirror in MIRRORS}


def remembered(fleet: Fleet) -> set[str]:
    """Return the kinds of resources in the state."""
    return {item["type"].rpartition(":")[2] for item in fleet.test.resources()} & EVERYTHING


def made(fleet: Fleet, collection: str) -> list[tuple[Any, ...]]:
    """Return what was made through the API so far: mirror and, of a variable, its name."""
    return sorted(
        (line["application"], line.get("name", ""))
        for line in fleet.sandbox.requests_log()
        if (line["method"], line["path"]) == ("POST", f"/apps/v3/{collection}/")
    )


def test_without_checkpoints_a_crash_forgets_everything_and_the_next_up_does_nothing_twice(tmp_path: Path) -> None:
    """The variables of the forgotten load look like another's, and stay when the fleet goes."""
    with killed_first_load(tmp_path, **SKIPPING) as fleet:
        there = names(fleet)
        assert remembered(fleet) == set()
        assert sum(found == MANAGED for found in there.values()) >= 2
        ids = {mirror: fleet.variables(mirror, "test").get("SITE_ID") for mirror in MIRRORS}
        assert "this stack's state remembers none" in fleet.test.up().failed().text, "of ids that were given"
        fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(highestSiteId=4))
        fleet.test.up().succeeded()
        assert remembered(fleet) == EVERYTHING
        assert made(fleet, "deployments") == [(mirror, "") for mirror in sorted(MIRRORS)]
        assert made(fleet, "environment-variables") == sorted((mirror, name) for mirror in MIRRORS for name in MANAGED)
        given = {mirror: str(site_id) for mirror, site_id in fleet.test.outputs()["siteIds"].items()}
        assert {mirror: site_id for mirror, site_id in ids.items() if site_id}.items() <= given.items()
        assert fleet.test.has_no_changes()
        fleet.test.destroy("--exclude-protected").succeeded()
        assert names(fleet) == there
