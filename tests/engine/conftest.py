"""The fleet that most tests share, taken back to where it had converged before each of them."""

from collections.abc import Generator, Iterator

import pytest

from tests.engine.fleet import Fleet, seeded_fleet
from tests.engine.moment import Moment

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes which tests failed, for fixtures of modules."""
    report = yield
    item.stash[FAILED] = report.failed or item.stash.get(FAILED, False)
    return report


@pytest.fixture(scope="session")
def converged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Fleet, Moment]]:
    """Yield a converged fleet without site processes, and the moment when it was that; one a worker of the session."""
    with seeded_fleet(tmp_path_factory.mktemp("shared")) as fleet:
        fleet.converge()
        yield fleet, Moment(tmp_path_factory.mktemp("converged")).keep(fleet)


@pytest.fixture
def fleet(converged: tuple[Fleet, Moment]) -> Fleet:
    """Return this fleet as it was at that moment, with an empty request log: each test may leave it as it likes."""
    fleet, moment = converged
    moment.restore(fleet)
    fleet.sandbox.clear_requests_log()
    return fleet
