"""How single requests are sent, repeated and bounded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest

from mirrors.divio import (
    ConnectionFailed,
    Divio,
    InvalidSettings,
    MalformedResponse,
    NotFound,
    RetryPolicy,
    ServerFailed,
    Throttled,
    UnexpectedAnswer,
)
from tests.unit.divio_support import NOON_HEADER, TOKEN, VARIABLES, FakeTime, application, connect, variable
from tests.unit.http_script import PATIENCE, Received, Reply, Script, serve

ME = "/iam/v3/me/"
ACCOUNT = Reply(body={"uuid": "u1", "email": "ada@example.com", "first_name": "Ada", "avatar": {"url": None}})
PATH = f"{VARIABLES}v1/"
PATCHED = Reply(body=variable("v1", "e1", "NAME", "new"))


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as running:
        yield running


def test_a_request_carries_the_token_and_json(script: Script) -> None:
    script.on("PATCH", PATH, PATCHED)
    connect(script).environment_variables.update("v1", " new ", True)
    request = script.requests[0]
    assert request.headers["authorization"] == f"Token {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.body == {"value": " new ", "is_sensitive": True}


def test_the_environment_of_the_process_has_no_say(
    script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    script.on("GET", ME, ACCOUNT)
    assert connect(script).me().email == "ada@example.com"
    assert script.requests[0].headers["authorization"] == f"Token {TOKEN}"


@pytest.mark.parametrize(
    "failure",
    [
        Reply(500),
        Reply(503, b"<html>"),
        Reply(429, {"detail": "Slow."}),
        Reply(408),
        Reply(reset=True),
        Reply(body={}, cut=True),
    ],
    ids=["500", "503 without JSON", "429", "408", "reset", "cut off"],
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_passing_failure_is_repeated_with_growing_pauses(script: Script, method: str, failure: Reply) -> None:
    time = FakeTime()
    client = connect(script, time)
    calls = {
        "GET": (ME, ACCOUNT, client.me),
        "PATCH": (PATH, PATCHED, lambda: client.environment_variables.update("v1", "new", False)),
        "DELETE": (PATH, Reply(204, b""), lambda: client.environment_variables.delete("v1")),
    }
    path, success, call = calls[method]
    script.on(method, path, failure, failure, success)
    call()
    assert script.calls() == [f"{method} {path}"] * 3
    assert time.slept == [0.25, 0.5]


def test_an_answer_that_is_cut_off_but_well_framed_is_asked_for_again(script: Script) -> None:
    script.on("GET", ME, Reply(body=b'{"uuid": "u1", "ema'), ACCOUNT)
    assert connect(script).me().uuid == "u1"


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Reply(502), ServerFailed),
        (Reply(429), Throttled),
        (Reply(408), ConnectionFailed),
        (Reply(reset=True), ConnectionFailed),
        (Reply(body=b"<html>"), MalformedResponse),
    ],
)
def test_a_lasting_failure_is_raised_after_the_last_attempt(
    script: Script, failure: Reply, error: type[Exception]
) -> None:
    script.on("GET", ME, failure)
    time = FakeTime()
    with pytest.raises(error):
        connect(script, time, retry=RetryPolicy(attempts=3)).me()
    assert len(script.requests) == 3
    assert len(time.slept) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 405])
def test_a_final_answer_is_not_repeated(script: Script, status: int) -> None:
    script.on("GET", ME, Reply(status, headers={"Location": f"{script.url}/elsewhere/"}))
    with pytest.raises(Exception, match=f"GET {ME}: {status}: "):
        connect(script).me()
    assert len(script.requests) == 1


def test_a_schema_mismatch_names_the_place_and_is_not_repeated(script: Script) -> None:
    script.on("GET", "/apps/v3/applications/a1/", Reply(body={"uuid": "a1", "slug": ["no"]}))
    with pytest.raises(UnexpectedAnswer, match=r"no Application as documented: slug \(string_type\)"):
        connect(script).applications.get("a1")
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("asked", "slept"),
    [
        ("7", 7.25),
        ("0", 0.25),
        ("1.5", 1.75),
        ("0.0", 0.25),
        ("1.5.0", 0.25),
        ("nan", 0.25),
        ("999999", 60.25),
        ("9" * 400, 60.25),
        ("-3", 0.25),
        ("soon", 0.25),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.25),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.25),
        ("Sun, 01 Mar 99999 12:00:30 GMT", 60.25),
        ("Sun, 01 Mar 99999999999999999999 12:00:30 GMT", 60.25),
        ("Sun, 01 Mar 2026 12:00:30 +99999999999999", 60.25),
        ("Sun, 01 Mar 0000 12:00:30 GMT", 0.25),
    ],
)
@pytest.mark.parametrize("status", [408, 429, 503])
def test_retry_after_is_honoured_in_both_forms_and_capped(status: int, asked: str, slept: float) -> None:
    time = FakeTime(seconds=86_400)  # this machine's clock is a day ahead of the platform's, whose dates are its own
    with serve(date=NOON_HEADER) as script:
        script.on("GET", ME, Reply(status, headers={"Retry-After": asked}), ACCOUNT)
        connect(script, time).me()
    assert time.slept == [slept]


def test_jitter_spreads_the_pauses_and_they_stop_growing() -> None:
    policy = RetryPolicy(base=1, factor=2, longest=5)
    assert [policy.delay(attempt, 0.0) for attempt in (1, 2, 3, 4, 5)] == [0.5, 1, 2, 2.5, 2.5]
    assert policy.delay(3, 0.5) == 3.0
    assert policy.delay(3, 1.0) == 4.0


def test_a_server_that_does_not_answer_is_given_up_on(script: Script) -> None:
    over = Event()
    script.on("GET", ME, Reply(hold=over))
    client = connect(script, timeout=(5.0, 0.05), retry=RetryPolicy(attempts=2))
    with pytest.raises(ConnectionFailed, match=r"GET /iam/v3/me/: no answer from 127\.0\.0\.1:\d+ within 0\.05 s$"):
        client.me()
    over.set()
    assert len(script.requests) == 2


def test_a_server_that_is_not_there_is_named() -> None:
    with serve() as script:
        client = connect(script, retry=RetryPolicy(attempts=1))
    with pytest.raises(ConnectionFailed, match=rf"no connection to {script.url.removeprefix('http://')}"):
        client.me()


def test_no_more_requests_than_allowed_are_on_their_way(script: Script) -> None:
    over = Event()
    script.on("GET", ME, Reply(body=ACCOUNT.body, hold=over))
    client = connect(script, max_concurrent_requests=3)
    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(client.me) for _ in range(12)]
        assert script.wait_until_in_flight(3)
        assert not script.wait_until_in_flight(4, timeout=0.3)
        over.set()
        assert {call.result().uuid for call in calls} == {"u1"}
    assert len(script.requests) == 12


def test_a_pause_does_not_occupy_a_place(script: Script) -> None:
    """One that waits for its next attempt lets others through: the pause itself sends a request in the one place."""
    script.on("GET", "/apps/v3/applications/a1/", Reply(503), Reply(body=application("a1")))
    script.on("GET", ME, ACCOUNT)
    client = Divio.connect(script.url, TOKEN, max_concurrent_requests=1, sleep=lambda _: asked.append(client_me()))
    asked: list[str] = []

    def client_me() -> str:
        return client.me().uuid

    thread = Thread(target=client.applications.get, args=["a1"], daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert asked == ["u1"]


def test_threads_do_not_get_each_others_answers(script: Script) -> None:
    def echo(request: Received) -> Reply:
        uuid = request.path.split("/")[-2]
        return Reply(body=application(uuid), headers={"Set-Cookie": f"session={uuid}; Path=/"})

    uuids = [f"a{number}" for number in range(200)]
    for uuid in uuids:
        script.on("GET", f"/apps/v3/applications/{uuid}/", echo)
    client = connect(script, max_concurrent_requests=4)
    with ThreadPoolExecutor(8) as pool:
        assert [found.uuid for found in pool.map(client.applications.get, uuids)] == uuids
    assert not any("cookie" in request.headers for request in script.requests)


def test_an_identifier_cannot_leave_its_place_in_the_path(script: Script) -> None:
    with pytest.raises(NotFound):
        connect(script).applications.get("../environments/e1?x=#y")
    assert script.requests[0].path == "/apps/v3/applications/..%2Fenvironments%2Fe1%3Fx%3D%23y/"


@pytest.mark.parametrize("url", ["http://api.divio.com", "http://127.0.0.1.example.com", "http://10.0.0.1:8000"])
def test_plain_http_is_refused_beyond_loopback(url: str) -> None:
    with pytest.raises(InvalidSettings, match="would send the token in clear: use https://"):
        Divio.connect(url, TOKEN)


@pytest.mark.parametrize(
    "url",
    ["https://api.divio.com", "https://api.divio.com/", "http://localhost:1", "http://127.8.8.8", "http://[::1]:8"],
)
def test_https_and_loopback_are_taken(url: str) -> None:
    with Divio.connect(url, TOKEN) as client:
        assert repr(client) == f"<Divio at {url.rstrip('/')}>"


@pytest.mark.parametrize("url", ["", "api.divio.com", "ftp://api.divio.com", "https://", "https://api.divio.com:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings, match=r"not of the form https://host\[:port\]"):
        Divio.connect(url, TOKEN)


def test_limits_that_cannot_work_are_refused() -> None:
    with pytest.raises(InvalidSettings, match="max_concurrent_requests is 0"):
        Divio.connect("https://api.divio.com", TOKEN, max_concurrent_requests=0)
    with pytest.raises(InvalidSettings, match=r"timeout is \(0, 5\)"):
        Divio.connect("https://api.divio.com", TOKEN, timeout=(0, 5))
    with pytest.raises(InvalidSettings, match="page_size is 0"):
        Divio.connect("https://api.divio.com", TOKEN, page_size=0)
