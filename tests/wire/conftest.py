"""One sandbox and one provider process for all tests of this folder; each test has a mirror of its own."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from mirrors_sandbox.control import Sandbox
from pulumi.runtime.proto import provider_pb2_grpc

from mirrors.resources.provider import Provider
from mirrors.resources.site import SiteProvider
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Platform, Site
from tests.wire.provider import Wire, provider_process

MIRRORS = 160  # more than tests

Stub = provider_pb2_grpc.ResourceProviderStub
Drive = Callable[[Provider], Wire]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    sandbox = Sandbox(tmp_path_factory.mktemp("platform") / "sandbox")
    try:
        sandbox.start(runner="none")
        sandbox.seed(mirrors=(), numbered=MIRRORS, report=lambda _: None)
        with Platform.of(sandbox) as platform:
            yield platform
        logged = (sandbox.state / "requests.jsonl").read_text() + sandbox.state.log.read_text()
        assert CANARY not in logged
    finally:
        sandbox.reset()


@pytest.fixture(scope="session")
def connected(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    """Yield a provider process that speaks to the platform. What it says to the user is checked at the end."""
    said = tmp_path_factory.mktemp("provider") / "said"
    config = platform.configuration | {"mirrors:rollout": '{"timeout": "50s"}', "other:apiToken": CANARY}
    with provider_process(config, said) as stub:
        yield stub
    text = said.read_text()
    assert CANARY not in text
    assert platform.sandbox.token not in text
    assert "Warning" not in text


@pytest.fixture(scope="session")
def connected_later(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    """Another one, as the engine starts it for the next operation: it has checked nothing that the first one has."""
    with provider_process(platform.configuration, tmp_path_factory.mktemp("provider") / "said") as stub:
        yield stub


@pytest.fixture(scope="session")
def unconnected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    """Yield a provider process whose platform does not exist: a request would be an error."""
    config = {"mirrors:apiUrl": "http://127.0.0.1:1", "mirrors:apiToken": CANARY}
    with provider_process(config, tmp_path_factory.mktemp("provider") / "said") as stub:
        yield stub


@pytest.fixture
def offline(unconnected: Stub) -> Drive:
    return lambda provider: Wire(unconnected, provider)


@pytest.fixture
def drive(connected: Stub) -> Drive:
    return lambda provider: Wire(connected, provider)


@pytest.fixture
def kept(connected: Stub) -> Kept:
    """Return a site's resource, nothing of which is in the state yet."""
    return Kept(Wire(connected, SiteProvider()))


@pytest.fixture
def later(connected_later: Stub) -> Kept:
    """For the same one in the next operation, in a process that has checked nothing: ``kept.then(later)``."""
    return Kept(Wire(connected_later, SiteProvider()))


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return iter(count(1))


@pytest.fixture
def site(platform: Platform, numbers: Iterator[int]) -> Site:
    """Return a fresh mirror that no other test knows."""
    return platform.site(f"acme-{next(numbers):04}")


@pytest.fixture
def original(platform: Platform) -> Site:
    return platform.original


@pytest.fixture
def switches(platform: Platform) -> Iterator[Path]:
    """Yield the file that turns the platform's guesses round; gone after the test."""
    path = platform.sandbox.state / "fidelity.json"
    yield path
    path.unlink(missing_ok=True)
