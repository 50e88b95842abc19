"""The fleet that most tests share: setting one up takes longer than any of them."""

from collections.abc import Generator, Iterator

import pytest

from tests.engine.fleet import Fleet, seeded_fleet

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes which tests failed, for the fixture below."""
    report = yield
    item.stash[FAILED] = report.failed or item.stash.get(FAILED, False)
    return report


@pytest.fixture(scope="session")
def shared_fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Yield a converged fleet without site processes; one a session, or one a worker of it."""
    with seeded_fleet(tmp_path_factory.mktemp("shared")) as fleet:
        fleet.converge()
        yield fleet


@pytest.fixture
def fleet(shared_fleet: Fleet, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """Yield the same, with an empty request log. Each test leaves it converged; after one that fails it is made so."""
    shared_fleet.sandbox.clear_requests_log()
    yield shared_fleet
    if request.node.stash.get(FAILED, False):
        shared_fleet.converge()
