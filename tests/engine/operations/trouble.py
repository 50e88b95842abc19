"""The trouble that precedes each section of the page: drift, faults, edits of the list, kills.

The code before the second ``yield`` of a set-up happens between the first and the second shell block of its section.
The sections follow each other on one fleet.
"""

import os
import signal
from collections.abc import Callable, Mapping
from typing import IO, Any

from mirrors_sandbox.process import wait_until

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.pages.reader import Steps, as_it_is
from tests.engine.serving import served
from tests.sandboxes import change, delete_variable, environment_of, frozen_variables, get, set_variable

TIMEOUT = 60.0  # seconds
MOVED = "postgres://acme:c4n4ry-of-the-new-one@db.example.com:5432/acme-moved"
NEW, RENAMED, OTHER = "acme-it", "acme-italia", "acme-at"
END_ALL = (
    "UPDATE sandbox_deployment SET success = 1, status = 'done',"
    " ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE ended_at IS NULL"
)
DELETE_ENVIRONMENT = tuple(
    f"DELETE FROM sandbox_{table} WHERE {key} = ?"  # noqa: S608 - both are ours
    for table, key in (
        ("environmentvariable", "environment_id"),
        ("serviceinstance", "environment_id"),
        ("deployment", "environment_id"),
        ("environment", "uuid"),
    )
)


def original_deployed(fleet: Fleet) -> Steps:
    """Return a new image: mirrors run Live's."""
    fleet.sandbox.deploy("acme", "live", report=silently)
    yield None


def drift(fleet: Fleet) -> Steps:
    set_variable(fleet.sandbox, "acme-de", "test", "SITE_ID", "9")
    delete_variable(fleet.sandbox, "acme-fr", "test", "DEFAULT_STORAGE_DSN")
    set_variable(fleet.sandbox, "acme-fr", "test", "MIRRORS_APPLICATION", "acme-fr", is_sensitive=True)
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "9")
    fleet.sandbox.deploy("acme-ch", "test", report=silently)
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "4")
    set_variable(fleet.sandbox, "acme-ch", "test", "THEME", "dark")
    yield None
    try:
        yield None
        yield None
    finally:
        delete_variable(fleet.sandbox, "acme-ch", "test", "THEME")


def one_drift(fleet: Fleet) -> Steps:
    set_variable(fleet.sandbox, "acme-de", "test", "SITE_ID", "9")
    try:
        yield None
    finally:
        set_variable(fleet.sandbox, "acme-de", "test", "SITE_ID", "2")


def hidden_value(fleet: Fleet) -> Steps:
    set_variable(fleet.sandbox, "acme-de", "test", "DATABASE_URL", "postgres://elsewhere.example.com:5432/other")
    yield None
    delete_variable(fleet.sandbox, "acme-de", "test", "DATABASE_URL")
    yield None


def rotated(fleet: Fleet) -> Steps:
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    yield None


def moved(fleet: Fleet) -> Steps:
    """It stays there."""
    points_at(fleet, MOVED)
    yield None


def points_at(fleet: Fleet, dsn: str) -> None:
    set_variable(fleet.sandbox, "acme", "test", "DATABASE_URL", dsn)
    fleet.sandbox.deploy("acme", "test", report=silently)


def the_same(fleet: Fleet) -> Steps:
    points_at(fleet, frozen_variables(fleet.sandbox, "acme", "live")["DATABASE_URL"])
    try:
        yield None
    finally:
        points_at(fleet, MOVED)


def listed(fleet: Fleet, *more: Mapping[str, Any], **keys: Any) -> None:
    """The seeded mirrors are on the list, and these; ``keys`` are others of the fleet's."""

    def write(config: dict[str, Any]) -> None:
        declared = config["mirrors:fleet"]["value"]
        known = {item["application"]: item for item in declared["mirrors"]}
        declared["mirrors"] = [*(known[slug] for slug in MIRRORS), *map(dict, more)]
        declared.pop("releaseSiteIds", None)
        declared.update(keys)

    fleet.project.configure(write)


def added(fleet: Fleet) -> Steps:
    fleet.sandbox.mirror("acme", NEW, report=silently)
    listed(fleet, {"application": NEW})
    yield None


def renamed(fleet: Fleet) -> Steps:
    change(fleet.sandbox, "UPDATE sandbox_application SET slug = ? WHERE slug = ?", RENAMED, NEW)
    listed(fleet, {"application": RENAMED})
    yield None
    listed(fleet, {"application": RENAMED, "formerly": NEW})
    yield None


def original_renamed(fleet: Fleet) -> Steps:
    """And back again, for the sections that follow."""
    brand = "brand"
    change(fleet.sandbox, "UPDATE sandbox_application SET slug = ? WHERE slug = ?", brand, "acme")
    called(fleet, application=brand)
    yield None
    called(fleet, application=brand, formerly="acme")
    try:
        yield None
    finally:
        change(fleet.sandbox, "UPDATE sandbox_application SET slug = ? WHERE slug = ?", "acme", brand)
        called(fleet, application="acme", formerly=brand)
        fleet.test.up().succeeded()
        called(fleet, application="acme")


def called(fleet: Fleet, **original: str) -> None:
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(original=original))


def deleted(fleet: Fleet) -> Steps:
    listed(fleet, {"application": RENAMED})
    application = get(fleet.sandbox, "applications/", slug=RENAMED)["results"][0]["uuid"]
    for stage in ("test", "live"):
        environment = environment_of(fleet.sandbox, RENAMED, stage)
        for statement in DELETE_ENVIRONMENT:
            change(fleet.sandbox, statement, environment)
    change(fleet.sandbox, "DELETE FROM sandbox_application WHERE uuid = ?", application)
    yield None
    fleet.sandbox.mirror("acme", RENAMED, report=silently)
    listed(fleet, {"application": RENAMED, "siteId": 5}, releaseSiteIds=[5])
    yield None


def removed(fleet: Fleet) -> Steps:
    listed(fleet)
    yield None
    fleet.sandbox.deploy(RENAMED, "test", report=silently)
    yield None


def back(fleet: Fleet) -> Steps:
    listed(fleet, {"application": RENAMED})
    yield None


def taken(fleet: Fleet) -> Steps:
    """Another mirror must have the id of the one that was removed."""
    fleet.sandbox.mirror("acme", OTHER, report=silently)
    listed(fleet, {"application": OTHER, "siteId": 5})
    yield None
    listed(fleet)


def lost(fleet: Fleet) -> Steps:
    listed(fleet)
    yield None
    fleet.test.pulumi("stack rm", "--force", "--yes", "--preserve-config").succeeded()
    yield None


def deployments(fleet: Fleet) -> Steps:
    """One fails, the next one ends with other variables, and the next one hangs."""
    greet(fleet)
    with fleet.fault("deployment-fails", path="^acme-fr/test$", remaining=1):
        yield None
    with fleet.fault(
        "deployment-wrong-variables", path="^acme-fr/test$", remaining=1, settings={"set": {"SITE_ID": "9"}}
    ):
        yield None
    impatient: dict[str, Any] = {"mirrors:rollout": {"value": {"timeout": "2s", "health": False}}}
    with (
        fleet.project.configured(lambda config: config.update(impatient)),
        fleet.fault("deployment-hangs", path="^acme-fr/test$", remaining=1),
    ):
        yield None
    change(fleet.sandbox, END_ALL)
    yield None


def unhealthy(fleet: Fleet) -> Steps:
    """Asked for the first time, one site does not answer as a healthy one."""
    asked: dict[str, Any] = {"mirrors:rollout": {"value": {"waves": [1, "100%"], "health": {"timeout": "2s"}}}}
    with fleet.project.configured(lambda config: config.update(asked)), served(fleet, MIRRORS) as sites:
        sites["acme-de"].status = 503
        yield None
        yield None
        sites["acme-de"].status = 200
        yield None
    fleet.test.up().succeeded()


def held_back(fleet: Fleet) -> Steps:
    """Held in the stack's own file; a new release is there, and a new variable."""
    overrides: dict[str, Any] = {"mirrors:overrides": {"mirrors": {"acme-fr": {"hold": True}}}}
    with fleet.project.configured(lambda config: config.update(overrides), "Pulumi.test.yaml"):
        fleet.sandbox.deploy("acme", "live", report=silently)
        yield None
        greet(fleet, FAREWELL="soon")
        yield None
        greet(fleet)
    yield None


def paused(fleet: Fleet) -> Steps:
    waves: dict[str, Any] = {"mirrors:rollout": {"waves": [1, "100%"], "pauseAfter": 1, "health": False}}
    fleet.sandbox.deploy("acme", "live", report=silently)
    with fleet.project.configured(lambda config: config.update(waves), "Pulumi.test.yaml"):
        yield None
    yield None


def greet(fleet: Fleet, **variables: str) -> None:
    """Declare a variable, so that there is something to write and to deploy."""
    declared = {"GREETING": "hello", **variables}
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(variables=declared))


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


def interrupted(fleet: Fleet) -> Steps:
    greet(fleet, FAREWELL="see you")
    yield hanging(fleet, signal.SIGINT, signal.SIGINT)
    change(fleet.sandbox, END_ALL)
    yield None


def killed(fleet: Fleet) -> Steps:
    """In a stack that has forgotten its fleet, so that something is being created."""
    fleet.project.run("mirrors", "leave", "--stack", "test", "--yes").succeeded()
    greet(fleet, FAREWELL="until tomorrow")
    hanging(fleet, signal.SIGKILL)
    yield None
    change(fleet.sandbox, END_ALL)
    yield None


def emptied(fleet: Fleet) -> Steps:
    """Leave the file as a kill does in the moment between two writes."""
    [attributes] = fleet.project.state.glob("pulumi/.pulumi/stacks/*/test.json.attrs")
    attributes.write_bytes(b"")
    yield None


def too_large(fleet: Fleet) -> Steps:
    texts = {f"TEXT_{number}": "x" * 1000 for number in range(132)}
    with fleet.project.configured(lambda config: config["mirrors:fleet"]["value"].update(variables=texts)):
        yield None
    yield None


def hanging(fleet: Fleet, *signals: signal.Signals) -> str:
    """Send these signals to an ``up`` whose deployments hang, and return what it said."""
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
    """Return the output so far. The end of a pipe may be long in coming: what an engine leaves behind holds it open."""
    assert pipe is not None
    os.set_blocking(pipe.fileno(), False)
    try:
        return os.read(pipe.fileno(), 1 << 20).decode()
    except BlockingIOError:
        return ""


SET_UPS: Mapping[str, Callable[[Fleet], Steps]] = {
    "First look": as_it_is,
    "Reading a preview": original_deployed,
    "Somebody changed something by hand": drift,
    "The pipeline's drift check": one_drift,
    "What no check can see": hidden_value,
    "The database's password was rotated": rotated,
    "The database moved": moved,
    "Test and Live are the same": the_same,
    "Adding a mirror": added,
    "Renaming a mirror": renamed,
    "Renaming the original": original_renamed,
    "An application was deleted": deleted,
    "Removing a mirror": removed,
    "Retired and released ids": taken,
    "Bringing a mirror back": back,
    "The state was lost": lost,
    "Leaving": as_it_is,
    "Destroying a stack": as_it_is,
    "A deployment failed, ended otherwise, or hangs": deployments,
    "A site is not healthy": unhealthy,
    "Holding a site back": held_back,
    "Pausing a rollout": paused,
    "The platform refuses the first write": refused,
    "429, 5xx, time-outs": down,
    "The token expired, or may do less": expired,
    "A first load without checkpoints": as_it_is,
    "Ctrl-C": interrupted,
    "The engine was killed": killed,
    "A file of the backend is empty": emptied,
    "The configuration is too large": too_large,
    "Logs that may be passed on": as_it_is,
}
