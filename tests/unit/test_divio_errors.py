"""Errors: one kind for each failure, one line each, and never a secret in them."""

import logging
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from threading import Event

import pytest

import mirrors.divio
from mirrors.divio import (
    AuthenticationFailed,
    ConnectionFailed,
    Deployment,
    DeploymentVariables,
    Divio,
    DivioError,
    EnvironmentVariable,
    InvalidSettings,
    NotFound,
    PermissionDenied,
    RetryPolicy,
    ServerFailed,
    Throttled,
    UnexpectedAnswer,
    ValidationFailed,
)
from tests.unit.divio_support import TOKEN, VARIABLES, FakeTime, connect, deployment, variable
from tests.unit.http_script import Received, Reply, Script, serve

ME = "/iam/v3/me/"
DETAIL = "/apps/v3/applications/a1/"
VALUE = "postgres://canary-user:canary%2Fpassword@db.example.com:5432/canary-name"
CANARIES = ("canary", "5f1d8c", "postgres:", "db.example.com")


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as running:
        yield running


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, UnexpectedAnswer),
        (400, ValidationFailed),
        (401, AuthenticationFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (405, UnexpectedAnswer),
        (409, ValidationFailed),
        (422, ValidationFailed),
        (429, Throttled),
        (500, ServerFailed),
        (599, ServerFailed),
    ],
)
def test_each_status_has_its_exception_that_says_where(script: Script, status: int, kind: type[DivioError]) -> None:
    script.on("GET", DETAIL, Reply(status, {"detail": "Said so."}, headers={"X-Request-Id": "r-77"}))
    with pytest.raises(DivioError) as info:
        connect(script).applications.get("a1")
    error = info.value
    assert type(error) is kind
    assert (error.method, error.path, error.status, error.request_id) == ("GET", DETAIL, status, "r-77")
    assert str(error).startswith(f"GET {DETAIL}: {status}: ")
    assert str(error).endswith(" (request r-77)")


def test_a_403_on_what_every_account_may_read_is_about_the_token(script: Script) -> None:
    script.on("GET", ME, Reply(403, {"detail": "Invalid token."}))
    with pytest.raises(
        AuthenticationFailed, match=r"403: the token was refused, use a valid access token: Invalid token\.$"
    ):
        connect(script).me()


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"slug": ["One.", "Two."]}, {"slug": ["One.", "Two."]}),
        ({"slug": "One."}, {"slug": ["One."]}),
        ({"options": {"a": ["One."], "b": [{"c": ["Two."]}]}}, {"options": ["a: One.", "b: c: Two."]}),
        (["One."], {"non_field_errors": ["One."]}),
        ("One.", {}),
        (b"<html>", {}),
        ({"slug": ["One\nline\x1b[31m only."]}, {"slug": ["One line [31m only."]}),
        ({"slug": ["long " * 1000]}, {"slug": [("long " * 60).strip()]}),
    ],
)
def test_messages_are_read_from_every_shape_that_errors_have(
    script: Script, body: object, errors: dict[str, list[str]]
) -> None:
    script.on("GET", DETAIL, Reply(400, body))
    with pytest.raises(ValidationFailed) as info:
        connect(script).applications.get("a1")
    assert info.value.errors == errors
    assert len(str(info.value).splitlines()) == 1


def written(text: BaseException) -> str:
    """Everything that an exception and those behind it may show, their attributes included."""
    parts, todo = [], [text]
    while todo:
        error = todo.pop()
        parts += [str(error), repr(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error)]
        todo += [behind for behind in (error.__cause__, error.__context__) if behind is not None]
    return "\n".join(parts)


def echo(status: int, form: str) -> Callable[[Received], Reply]:
    def answer(request: Received) -> Reply:
        value = request.body["value"]
        said = form.format(
            value=value, cut=value[:30] + "...", end=value[-20:], header=request.headers["authorization"]
        )
        return Reply(status, {"value": [said], "non_field_errors": [said.replace("/", "\\/")]})

    return answer


HELD = Event()
LEAKS: dict[str, Reply | Callable[[Received], Reply]] = {
    "echoed": echo(400, "'{value}' is too long."),
    "echoed in part": echo(400, "'{cut}' does not end in {end}."),
    "token echoed": echo(401, "Bad header {header}"),
    "echoed on failure": echo(500, "{value} {header}"),
    "echoed when forbidden": echo(403, "{value} {header}"),
    "echoed when throttled": echo(429, "{value} {header}"),
    "page on failure": Reply(500, f"<pre>{VALUE} {TOKEN}</pre>".encode()),
    "request id": Reply(404, headers={"X-Request-Id": TOKEN}),
    "reset": Reply(reset=True),
    "no answer": Reply(hold=HELD),
    "cut off": Reply(200, {"value": VALUE}, cut=True),
    "not JSON": Reply(200, f'{{"value": "{VALUE}'.encode()),
    "another schema": Reply(200, {"uuid": "v1", "name": [VALUE], "value": {VALUE: 1}, "environment": 3}),
    "redirect": Reply(302, headers={"Location": f"http://{TOKEN}.example.com/{VALUE}"}),
}


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_no_error_and_no_log_holds_the_value_or_the_token(
    script: Script, caplog: pytest.LogCaptureFixture, leak: str, method: str
) -> None:
    path = VARIABLES if method == "POST" else f"{VARIABLES}v1/"
    script.on(method, path, LEAKS[leak])
    script.on("GET", VARIABLES, Reply(200, {"results": []}))
    client = connect(script, timeout=(5.0, 0.05), retry=RetryPolicy(attempts=2)).environment_variables
    with caplog.at_level(logging.DEBUG), pytest.raises(DivioError) as info:
        client.create("e1", "A", VALUE, True) if method == "POST" else client.update("v1", VALUE, True)
    assert [canary for canary in CANARIES if canary in written(info.value)] == []
    assert [canary for canary in CANARIES if canary in caplog.text] == []
    assert len(str(info.value).splitlines()) == 1


def test_what_is_not_secret_in_a_message_stays_readable(script: Script) -> None:
    script.on("PATCH", f"{VARIABLES}v1/", echo(400, "'{value}' is too long."))
    with pytest.raises(
        ValidationFailed,
        match=r"refused: value: '\[blanked\]' is too long\.; non_field_errors: '\[blanked\]' is too long\.$",
    ):
        connect(script).environment_variables.update("v1", VALUE, True)


def test_a_value_that_comes_back_as_a_key_is_blanked(script: Script) -> None:
    script.on("PATCH", f"{VARIABLES}v1/", Reply(400, {VALUE: ["Not known."], "value": {VALUE: ["Not known."]}}))
    with pytest.raises(ValidationFailed) as info:
        connect(script).environment_variables.update("v1", VALUE, True)
    assert info.value.errors == {"[blanked]": ["Not known."], "value": ["[blanked]: Not known."]}


def test_a_short_value_is_blanked_as_well(script: Script) -> None:
    script.on("PATCH", f"{VARIABLES}v1/", echo(400, "Not {value}."))
    with pytest.raises(ValidationFailed) as info:
        connect(script).environment_variables.update("v1", "xyz", True)
    assert info.value.errors["value"] == ["Not [blanked]."]


@pytest.mark.parametrize("value", ["", " "])
def test_a_blank_value_blanks_nothing(script: Script, value: str) -> None:
    script.on("PATCH", f"{VARIABLES}v1/", Reply(400, {"value": ["May not be blank."]}))
    with pytest.raises(ValidationFailed) as info:
        connect(script).environment_variables.update("v1", value, True)
    assert info.value.errors == {"value": ["May not be blank."]}


@pytest.mark.parametrize("token", ["", f"{TOKEN}\n", f"{TOKEN}\r\nX: y", f"{TOKEN} x", f"{TOKEN}é", f"\x00{TOKEN}"])
def test_a_token_that_cannot_be_sent_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(InvalidSettings, match="the access token ") as info:
        Divio.connect("https://api.divio.com", token)
    assert TOKEN not in written(info.value)


def test_a_password_in_the_address_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidSettings, match=r"at api\.divio\.com has more to it than scheme, host and path") as info:
        Divio.connect(f"https://someone:{TOKEN}@api.divio.com", TOKEN)
    assert TOKEN not in written(info.value)


def test_objects_and_client_do_not_show_values_in_their_repr(script: Script) -> None:
    frozen = {**deployment("d1", 0), "environment_variables": {"DATABASE_URL": VALUE}}
    shown = [
        repr(EnvironmentVariable.model_validate(variable("v1", "e1", "DATABASE_URL", VALUE))),
        repr(DeploymentVariables.model_validate(frozen)),
        repr(connect(script)),
    ]
    assert [canary for canary in CANARIES if canary in " ".join(shown)] == []


def test_the_log_has_method_path_status_and_seconds_at_debug_alone(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.on("GET", ME, Reply(reset=True), Reply(body={"uuid": "u1"}))
    time = FakeTime()
    with caplog.at_level(logging.DEBUG, "mirrors"):
        connect(script, time).me()
    mine = [record for record in caplog.records if record.name.startswith("mirrors")]
    assert [record.getMessage() for record in mine] == [f"GET {ME} no answer 0.000 s", f"GET {ME} 200 0.000 s"]
    assert {record.levelno for record in mine} == {logging.DEBUG}


def test_errors_survive_being_pickled() -> None:
    running = Deployment.model_validate(deployment("d1", 0))
    error = mirrors.divio.DeploymentRunning(
        "in the way", mirrors.divio.RequestInfo("POST", "/x/", 400), deployment=running
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(again), again.deployment, again.status) == (str(error), running, 400)
    failed = pickle.loads(pickle.dumps(ConnectionFailed("gone", transient=False)))  # noqa: S301 - our own
    assert not failed.transient


def test_the_tree_of_exceptions_is_the_one_that_is_drawn() -> None:
    drawn = re.findall(r"^(?:[│ ]*[├└]── )(\w+)", mirrors.divio.errors.__doc__ or "", re.MULTILINE)
    exported = [getattr(mirrors.divio, name) for name in mirrors.divio.__all__]
    kinds = [kind.__name__ for kind in exported if issubclass(kind, DivioError) and kind is not DivioError]
    assert sorted(drawn) == sorted(kinds)


def test_the_exported_names_are_these() -> None:
    assert mirrors.divio.__all__ == [
        "Account",
        "Application",
        "AuthenticationFailed",
        "ConnectionFailed",
        "Deployment",
        "DeploymentRunning",
        "DeploymentTimeout",
        "DeploymentVariables",
        "Divio",
        "DivioError",
        "Environment",
        "EnvironmentVariable",
        "InvalidSettings",
        "MalformedResponse",
        "NotFound",
        "PermissionDenied",
        "PollPolicy",
        "RequestInfo",
        "RetryPolicy",
        "ServerFailed",
        "Throttled",
        "TooManyPages",
        "UnexpectedAnswer",
        "ValidationFailed",
    ]
