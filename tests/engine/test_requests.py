"""How many requests an operation sends: what each mirror costs, apart from what there is to ask in any case.

Two fleets of different sizes tell the one from the other. Looks at a deployment that goes on are left out: there are
as many as it takes time.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mirrors.divio.deployments import NEWEST_PAGE_SIZE
from tests.engine.fleet import NOBODY_SERVES, Fleet, Line, silently
from tests.engine.project import Project
from tests.sandboxes import frozen_variables, running_sandbox

FEW, MANY = 4, 20
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


@dataclass(frozen=True)
class Asked:
    """The requests of the first up, and of a second one with nothing to do, each with its refresh.

    ``secrets``: how often the state has the shared password then.
    """

    first: int
    second: int
    written: int
    secrets: int


def is_poll(line: Line) -> bool:
    """Return a look at one deployment, or at all that go on."""
    collection, *rest = line["path"].removeprefix("/apps/v3/").strip("/").split("/")
    together = not rest and f"page_size={NEWEST_PAGE_SIZE}" in line["query"].split("&")
    return collection == "deployments" and (len(rest) == 1 or together)


@contextmanager
def numbered_fleet(directory: Path, mirrors: int, switches: dict[str, Any]) -> Iterator[Fleet]:
    project = Project.at(directory / "acme", {})
    with running_sandbox(project.state) as sandbox:
        sandbox.seed(mirrors=(), numbered=mirrors, report=silently)
        (sandbox.state / "fidelity.json").write_text(json.dumps(switches), encoding="utf-8")
        project.environment.update(DIVIO_API_URL=sandbox.url, DIVIO_API_TOKEN=sandbox.token)
        listed = [{"application": f"acme-{number:04}"} for number in range(1, mirrors + 1)]
        project.configure(lambda config: config["mirrors:fleet"]["value"].update(mirrors=listed))
        project.configure(lambda config: config.update(NOBODY_SERVES))
        project.run("pulumi", "stack", "select", "--create", "test").succeeded()
        yield Fleet(project, sandbox)


def asked(directory: Path, mirrors: int, **switches: Any) -> Asked:
    with numbered_fleet(directory, mirrors, switches) as fleet:
        first = requests_of(fleet)
        second = requests_of(fleet, "--expect-no-changes")
        return Asked(first, second, len(fleet.writes()), in_the_state(fleet))


def in_the_state(fleet: Fleet) -> int:
    """Return the shared password, decrypted."""
    password = urlsplit(frozen_variables(fleet.sandbox, "acme", "test")["DATABASE_URL"]).password
    assert password
    return fleet.test.pulumi("stack export", "--show-secrets").succeeded().text.count(password)


def requests_of(fleet: Fleet, *options: str) -> int:
    fleet.sandbox.clear_requests_log()
    fleet.test.up(*options).succeeded()
    return sum(not is_poll(line) for line in fleet.sandbox.requests_log())


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return asked(tmp_path_factory.mktemp("few"), FEW)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return asked(tmp_path_factory.mktemp("many"), MANY)


def test_a_mirror_costs_eight_requests_at_first_and_none_where_there_is_nothing_to_do(few: Asked, many: Asked) -> None:
    assert many.first - few.first <= FIRST_UP * MORE
    assert few.first <= FIRST_UP * FEW + 20
    assert few.second <= 20 + SOME
    assert many.second <= few.second + SOME < few.second + MORE
    assert few.written == many.written == 0


def test_the_state_has_a_shared_secret_as_often_for_twenty_mirrors_as_for_four(few: Asked, many: Asked) -> None:
    assert many.secrets == few.secrets
    assert 0 < many.secrets <= 4, "twice in Original, whose outputs are its inputs"


def test_with_small_pages_a_mirror_costs_its_part_of_each_page(few: Asked, tmp_path: Path) -> None:
    many = asked(tmp_path, MANY, page_size_default=SMALL, page_size_max=SMALL)

    assert few.second < many.second <= few.second + LISTED * MANY / SMALL + SOME


def test_a_platform_without_bulk_requests_gets_more_of_them_and_the_same_fleet(few: Asked, tmp_path: Path) -> None:
    dear = asked(tmp_path, FEW, **NO_BULK)

    assert dear.second >= few.second + 4 * FEW
    assert dear.written == 0
