"""Things that the commands need: the platform, the token, Pulumi, its backend and the configuration."""

import os
import signal
from typing import IO

from mirrors_sandbox.process import wait_until

from tests.engine.fleet import MIRRORS, Fleet
from tests.engine.operations.steps import END_ALL, SECTIONS, SetUps, greet
from tests.engine.pages.reader import Steps
from tests.sandboxes import change

TIMEOUT = 60.0  # seconds
PASSPHRASE = "The passphrase is wrong"
EMPTIED = "A file of the backend is empty after a kill"


def refused(fleet: Fleet) -> Steps:
    greet(fleet, FAREWELL="goodbye")
    with fleet.fault("forbidden", method="POST", path="^/apps/v3/environment-variables/"):
        yield None
    yield None


def down(fleet: Fleet) -> Steps:
    with fleet.fault("error", method="GET", path="^/apps/v3/applications/"):
        yield None
    yield None


def expired(fleet: Fleet) -> Steps:
    with fleet.project.with_environment(DIVIO_API_TOKEN="c4n4ry-that-expired"):
        yield None
    with fleet.project.with_environment(PULUMI_CONFIG_PASSPHRASE="wrong"):
        yield SECTIONS[PASSPHRASE]


def interrupted(fleet: Fleet) -> Steps:
    greet(fleet, FAREWELL="see you")
    yield hanging(fleet, signal.SIGINT, signal.SIGINT)
    change(fleet.sandbox, END_ALL)
    yield None


def killed(fleet: Fleet) -> Steps:
    """Kill Pulumi in a stack that has forgotten its fleet, so that Pulumi is creating resources."""
    fleet.project.run("mirrors", "ids", "--pin", "--stack", "test").succeeded()
    fleet.project.run("mirrors", "leave", "--stack", "test", "--yes").succeeded()
    greet(fleet, FAREWELL="until tomorrow")
    hanging(fleet, signal.SIGKILL)
    yield None
    change(fleet.sandbox, END_ALL)
    yield None


def emptied(fleet: Fleet) -> Steps:
    """Leave a file as a kill leaves it between two writes."""
    [attributes] = fleet.project.state.glob("pulumi/.pulumi/stacks/*/test.json.attrs")
    attributes.write_bytes(b"")
    yield SECTIONS[EMPTIED]
    yield None


def too_large(fleet: Fleet) -> Steps:
    texts = {f"TEXT_{number}": "x" * 1000 for number in range(132)}
    with fleet.project.configured(lambda config: config["mirrors:fleet"]["value"].update(variables=texts)):
        yield None
    yield None


def hanging(fleet: Fleet, *signals: signal.Signals) -> str:
    """Send these signals to an ``up`` whose deployments hang, wait for its end, and return its output."""
    fleet.sandbox.clear_requests_log()
    command = ("pulumi", "up", "--yes", "--skip-preview", "--stack", "test", "--non-interactive")
    with fleet.fault("deployment-hangs"), fleet.project.started(*command) as engine:
        deploying = {("POST", slug, "") for slug in MIRRORS}
        assert wait_until(lambda: deploying <= set(fleet.written()), TIMEOUT)
        said: list[str] = []

        def heard() -> bool:
            said.extend((available(engine.stdout), available(engine.stderr)))
            return "^C received" in "".join(said)

        for position, number in enumerate(signals):
            # Two signals at once are one: the second waits until the first was answered.
            assert position == 0 or wait_until(heard, TIMEOUT)
            engine.send_signal(number)
        engine.wait(TIMEOUT)
        heard()
    return "".join(said)


def available(pipe: IO[str] | None) -> str:
    """Return the output so far. The end of a pipe may come late: what an engine leaves behind holds it open."""
    assert pipe is not None
    os.set_blocking(pipe.fileno(), False)
    try:
        return os.read(pipe.fileno(), 1 << 20).decode()
    except BlockingIOError:
        return ""


SET_UPS: SetUps = {
    "writes-refused": refused,
    "platform-does-not-answer": down,
    "token-expired": expired,
    "interrupt-a-command": interrupted,
    "pulumi-killed": killed,
    "backend-file-empty": emptied,
    "configuration-too-large": too_large,
}
BESIDE = (PASSPHRASE, EMPTIED)
