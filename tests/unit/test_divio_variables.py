"""Writing variables: a POST is never repeated without a look, and nothing is made twice."""

from collections.abc import Iterator

import pytest

from mirrors.divio import ConnectionFailed, NotFound, PermissionDenied, RetryPolicy, ServerFailed, ValidationFailed
from tests.unit.divio_support import VARIABLES, FakeTime, connect, page, variable
from tests.unit.http_script import Received, Reply, Script, serve

IN_USE = Reply(400, {"non_field_errors": ["The fields environment, name must make a unique set."]})


class Platform:
    """A platform's variables.

    ``failures`` come instead of the next answers to a POST, after or before the write was applied.
    """

    def __init__(self, script: Script) -> None:
        self.kept: dict[str, dict[str, object]] = {}
        self.before: list[Reply] = []
        self.after: list[Reply] = []
        script.on("GET", VARIABLES, self.list)
        script.on("POST", VARIABLES, self.create)
        for number in range(1, 4):
            script.on("PATCH", f"{VARIABLES}v{number}/", self.update)

    def list(self, request: Received) -> Reply:
        return page(*(self.shown(uuid) for uuid, item in self.kept.items() if [item["name"]] == request.values("name")))

    def create(self, request: Received) -> Reply:
        if self.before:
            return self.before.pop(0)
        if any(item["name"] == request.body["name"] for item in self.kept.values()):
            return IN_USE
        uuid = f"v{len(self.kept) + 1}"
        self.kept[uuid] = request.body
        return self.after.pop(0) if self.after else Reply(201, self.shown(uuid))

    def update(self, request: Received) -> Reply:
        uuid = request.path.split("/")[-2]
        self.kept[uuid] = {**self.kept[uuid], **request.body}
        return Reply(200, self.shown(uuid))

    def shown(self, uuid: str) -> dict[str, object]:
        item = {"uuid": uuid, **self.kept[uuid]}
        return {key: value for key, value in item.items() if key != "value" or not item["is_sensitive"]}


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as running:
        yield running


@pytest.fixture
def platform(script: Script) -> Platform:
    return Platform(script)


def methods(script: Script) -> list[str]:
    return [request.method for request in script.requests]


UNCERTAIN = pytest.mark.parametrize(
    "failure",
    [Reply(reset=True), Reply(500), Reply(504), Reply(201, {"uuid": "v1"}, cut=True), Reply(201, b"{"), Reply(201, {})],
    ids=["reset", "500", "504", "cut off", "not JSON", "not a variable"],
)


def test_a_variable_is_created_in_one_request(script: Script, platform: Platform) -> None:
    created = connect(script).environment_variables.create("e1", "SITE_ID", "2", False)
    assert (created.uuid, created.environment, created.name, created.value) == ("v1", "e1", "SITE_ID", "2")
    assert methods(script) == ["POST"]
    assert platform.kept["v1"] == {"environment": "e1", "name": "SITE_ID", "value": "2", "is_sensitive": False}


@UNCERTAIN
def test_a_plain_write_that_was_applied_unseen_is_taken_as_it_is(
    script: Script, platform: Platform, failure: Reply
) -> None:
    platform.after = [failure]
    created = connect(script).environment_variables.create("e1", "SITE_ID", "2", False)
    assert (created.uuid, created.value) == ("v1", "2")
    assert list(platform.kept) == ["v1"]
    assert methods(script) == ["POST", "GET"]


@UNCERTAIN
def test_a_sensitive_write_that_was_applied_unseen_is_written_again(
    script: Script, platform: Platform, failure: Reply
) -> None:
    platform.after = [failure]
    created = connect(script).environment_variables.create("e1", "DATABASE_URL", "postgres://", True)
    assert (created.uuid, created.value, created.is_sensitive) == ("v1", None, True)
    assert list(platform.kept) == ["v1"]
    assert methods(script) == ["POST", "GET", "PATCH"]


@UNCERTAIN
def test_a_write_that_was_not_applied_is_posted_again_after_a_look(
    script: Script, platform: Platform, failure: Reply
) -> None:
    platform.before = [failure, failure]
    time = FakeTime()
    connect(script, time).environment_variables.create("e1", "SITE_ID", "2", False)
    assert list(platform.kept) == ["v1"]
    assert methods(script) == ["POST", "GET", "POST", "GET", "POST"]
    assert time.slept == [0.25, 0.5]


def test_a_write_that_is_applied_after_the_look_is_found_by_the_next_one(script: Script, platform: Platform) -> None:
    def late(_: Received) -> Reply:
        """Answer so that the first look misses what the first POST, still on its way, makes right after it."""
        missed = page()
        platform.kept["v1"] = script.requests[0].body
        script.on("GET", VARIABLES, platform.list)
        return missed

    platform.before = [Reply(reset=True)]
    script.on("GET", VARIABLES, late)
    connect(script).environment_variables.create("e1", "SITE_ID", "2", False)
    assert list(platform.kept) == ["v1"]
    assert methods(script) == ["POST", "GET", "POST", "GET"]


def taken_over(script: Script) -> bool:
    answer: list[str] = []
    connect(script).environment_variables.create("e1", "SITE_ID", "2", False, lambda: answer.append("it was there"))
    return bool(answer)


@pytest.mark.usefixtures("platform")
def test_one_that_was_there_is_distinguished_from_one_that_was_made(script: Script) -> None:
    assert not taken_over(script)
    assert taken_over(script)


@UNCERTAIN
def test_one_that_was_made_unseen_is_not_reported_as_taken_over(
    script: Script, platform: Platform, failure: Reply
) -> None:
    platform.after = [failure]
    assert not taken_over(script)


@UNCERTAIN
def test_nor_is_one_that_an_unseen_write_has_made_behind_the_look(
    script: Script, platform: Platform, failure: Reply
) -> None:
    """The first post is carried out late: the look misses it, and the second post is refused."""

    def late(_: Received) -> Reply:
        platform.kept["v1"] = script.requests[0].body
        script.on("GET", VARIABLES, platform.list)
        return page()

    platform.before = [failure]
    script.on("GET", VARIABLES, late)
    assert not taken_over(script)
    assert methods(script) == ["POST", "GET", "POST", "GET"]


def test_a_throttled_write_was_not_carried_out_and_is_posted_again_without_a_look(
    script: Script, platform: Platform
) -> None:
    platform.before = [Reply(429, {"detail": "Slow."}, headers={"Retry-After": "9"})]
    time = FakeTime()
    connect(script, time).environment_variables.create("e1", "SITE_ID", "2", False)
    assert methods(script) == ["POST", "POST"]
    assert time.slept == [9.25]


@pytest.mark.parametrize(
    ("there", "calls"),
    [
        (variable("v1", "e1", "SITE_ID", "2"), ["POST", "GET"]),
        (variable("v1", "e1", "SITE_ID", "1"), ["POST", "GET", "PATCH"]),
        ({**variable("v1", "e1", "SITE_ID", "2"), "is_sensitive": True}, ["POST", "GET", "PATCH"]),
    ],
    ids=["as wanted", "another value", "sensitive"],
)
def test_a_name_in_use_is_taken_over(
    script: Script, platform: Platform, there: dict[str, object], calls: list[str]
) -> None:
    platform.kept["v1"] = there
    created = connect(script).environment_variables.create("e1", "SITE_ID", "2", False)
    assert (created.uuid, created.value, created.is_sensitive) == ("v1", "2", False)
    assert methods(script) == calls


def test_a_plain_variable_in_the_way_of_a_sensitive_one_becomes_sensitive(script: Script, platform: Platform) -> None:
    platform.kept["v1"] = variable("v1", "e1", "DATABASE_URL", "postgres://")
    assert connect(script).environment_variables.create("e1", "DATABASE_URL", "postgres://", True).is_sensitive
    assert methods(script) == ["POST", "GET", "PATCH"]


def test_a_refusal_that_is_not_about_the_name_is_raised(script: Script, platform: Platform) -> None:
    platform.before = [Reply(400, {"name": ["Not a valid name."], "value": ["May not be blank."]})]
    with pytest.raises(
        ValidationFailed, match=r"400: refused: name: Not a valid name\.; value: May not be blank\.$"
    ) as info:
        connect(script).environment_variables.create("e1", "SITE ID", "2", False)
    assert info.value.errors == {"name": ["Not a valid name."], "value": ["May not be blank."]}
    assert methods(script) == ["POST", "GET"]


def test_a_final_refusal_needs_no_look(script: Script, platform: Platform) -> None:
    platform.before = [Reply(403, {"detail": "You do not have permission to perform this action."})]
    with pytest.raises(PermissionDenied, match="You do not have permission"):
        connect(script).environment_variables.create("e1", "SITE_ID", "2", False)
    assert methods(script) == ["POST"]


def test_a_platform_that_stays_down_is_raised_with_as_many_looks_as_posts(script: Script, platform: Platform) -> None:
    platform.before = [Reply(500)] * 9
    with pytest.raises(ServerFailed, match=f"POST {VARIABLES}: 500: "):
        connect(script, retry=RetryPolicy(attempts=3)).environment_variables.create("e1", "SITE_ID", "2", False)
    assert methods(script) == ["POST", "GET"] * 3


def test_a_look_that_fails_leaves_the_write_alone(script: Script, platform: Platform) -> None:
    platform.before = [Reply(reset=True)]
    script.on("GET", VARIABLES, Reply(reset=True))
    with pytest.raises(ConnectionFailed, match=f"GET {VARIABLES}"):
        connect(script, retry=RetryPolicy(attempts=2)).environment_variables.create("e1", "SITE_ID", "2", False)
    assert methods(script) == ["POST", "GET", "GET"]


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("value", ["", " ", " both sides ", "ünï\U0001f98a", "two\nlines", "x" * 100_000])
def test_any_value_arrives_as_it_is(script: Script, value: str) -> None:
    variables = connect(script).environment_variables
    assert variables.create("e1", "A", value, False).value == value
    assert variables.update("v1", value + "!", False).value == value + "!"


def test_updating_a_missing_variable_is_an_error(script: Script) -> None:
    with pytest.raises(NotFound):
        connect(script).environment_variables.update("v9", "2", False)


def test_deleting_a_missing_variable_is_fine(script: Script) -> None:
    connect(script).environment_variables.delete("v9")
    assert script.calls() == [f"DELETE {VARIABLES}v9/"]


def test_a_deletion_that_was_applied_unseen_is_fine(script: Script) -> None:
    script.on("DELETE", f"{VARIABLES}v1/", Reply(reset=True), Reply(404, {"detail": "Not found."}))
    connect(script).environment_variables.delete("v1")
    assert methods(script) == ["DELETE", "DELETE"]


def test_a_refused_deletion_is_an_error(script: Script) -> None:
    script.on("DELETE", f"{VARIABLES}v1/", Reply(403))
    with pytest.raises(PermissionDenied):
        connect(script).environment_variables.delete("v1")
