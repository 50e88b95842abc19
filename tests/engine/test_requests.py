"""How many requests an operation sends: what each mirror costs, apart from what there is to ask in any case.

Two fleets of different sizes tell the one from the other. Looks at a deployment that goes on are left out: there are
as many as it takes time.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirrors.divio.deployments import NEWEST_PAGE_SIZE
from tests.engine.fleet import NOBODY_SERVES, Fleet, Line, silently
from tests.engine.project import Project
from tests.sandboxes import frozen_variables, running_sandbox

FEW, MANY = 4, 12
MORE = MANY - FEW
SMALL = 5
"""So large that no list fits one page, so small that all have several."""

LISTED = 20
"""A mirror's objects in the lists of an operation, at most: application, environments, four variables in the program.

The provider processes have them again, and each lists the environments of both stages.
"""

SOME = 5
"""Requests that one run has more than another: two threads ask for one list, or it was read too long ago."""

NO_BULK = {
    "environments_without_filter": "refused",
    "last_finished_deployment": "absent",
    "environment_variable_names": "absent",
    "page_size_max": SMALL,
    "page_size_beyond_max": "refused",
}

FIRST_UP = 8
"""SITE_ID, read back; three more variables, read back together; the deployment, and what it runs with."""


def is_poll(line: Line) -> bool:
    """Return a look at one deployment, or at all that go on."""
    collection, *rest = line["path"].removeprefix("/apps/v3/").strip("/").split("/")
    together = not rest and f"page_size={NEWEST_PAGE_SIZE}" in line["query"].split("&")
    return collection == "deployments" and (len(rest) == 1 or together)


@contextmanager
def numbered_fleet(directory: Path, mirrors: int) -> Iterator[Fleet]:
    project = Project.at(directory / "acme", {})
    with running_sandbox(project.state) as sandbox:
        sandbox.seed(mirrors=(), numbered=mirrors, report=silently)
        project.environment.update(DIVIO_API_URL=sandbox.url, DIVIO_API_TOKEN=sandbox.token)
        listed = [{"application": f"acme-{number:04}"} for number in range(1, mirrors + 1)]
        project.configure(lambda config: config["mirrors:fleet"]["value"].update(mirrors=listed))
        project.configure(lambda config: config.update(NOBODY_SERVES))
        project.run("pulumi", "stack", "select", "--create", "test").succeeded()
        yield Fleet(project, sandbox)


def switched(fleet: Fleet, **switches: Any) -> None:
    """Have the platform behave in another way from now on."""
    (fleet.sandbox.state / "fidelity.json").write_text(json.dumps(switches), encoding="utf-8")


def requests_of(fleet: Fleet, *options: str) -> int:
    fleet.sandbox.clear_requests_log()
    fleet.test.up(*options).succeeded()
    return sum(not is_poll(line) for line in fleet.sandbox.requests_log())


def requests_with_nothing_to_do(fleet: Fleet) -> int:
    """Return those of an ``up`` and its refresh that find nothing to do."""
    asked = requests_of(fleet, "--expect-no-changes")
    assert fleet.writes() == []
    return asked


def in_the_state(fleet: Fleet) -> int:
    """Return how often the state has the shared password, decrypted."""
    password = urlsplit(frozen_variables(fleet.sandbox, "acme", "test")["DATABASE_URL"]).password
    assert password
    return fleet.test.pulumi("stack export", "--show-secrets").succeeded().text.count(password)


def test_a_mirror_costs_eight_requests_at_first_and_none_where_there_is_nothing_to_do(tmp_path: Path) -> None:
    """Nor has the state the shared secret once more. A platform with small pages, or without bulk, is asked more."""
    with numbered_fleet(tmp_path / "few", FEW) as few, numbered_fleet(tmp_path / "many", MANY) as many:
        first, first_of_many = requests_of(few), requests_of(many)
        assert first_of_many - first <= FIRST_UP * MORE
        assert first <= FIRST_UP * FEW + 20
        second, second_of_many = requests_with_nothing_to_do(few), requests_with_nothing_to_do(many)
        assert second <= 20 + SOME
        assert second_of_many <= second + SOME < second + MORE
        assert 0 < in_the_state(few) == in_the_state(many) <= 4, "twice in Original, whose outputs are its inputs"

        switched(many, page_size_default=SMALL, page_size_max=SMALL)
        assert second < requests_with_nothing_to_do(many) <= second + LISTED * MANY / SMALL + SOME
        switched(few, **NO_BULK)
        assert requests_with_nothing_to_do(few) >= second + 4 * FEW
