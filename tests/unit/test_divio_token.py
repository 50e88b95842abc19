"""A token that is refused, and the one that takes its place."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mirrors.divio import AuthenticationFailed
from tests.unit.divio_support import TOKEN, VARIABLES, connect, page, variable
from tests.unit.http_script import Received, Reply, Script, serve

SECOND = "canary-second-token-77ab"
PATH = f"{VARIABLES}v1/"
LIST = Reply(body=page(variable("v1", "e1", "NAME", "a")).body)


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as running:
        yield running


class Asked:
    """Gives a token, and counts how often it was asked for one."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.times = 0

    def __call__(self) -> str | None:
        self.times += 1
        return self.token


def takes(token: str, reply: Reply) -> Callable[[Received], Reply]:
    def answer(request: Received) -> Reply:
        if request.headers["authorization"] == f"Token {token}":
            return reply
        return Reply(401, {"detail": f"Invalid token: {request.headers['authorization']}"})

    return answer


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_refused_is_sent_again_with_the_other_token(script: Script, method: str) -> None:
    script.on("GET", VARIABLES, takes(SECOND, LIST))
    script.on("POST", VARIABLES, takes(SECOND, Reply(201, variable("v1", "e1", "NAME", "a"))))
    asked = Asked(SECOND)
    client = connect(script, another_token=asked)

    if method == "GET":
        assert [item.name for item in client.environment_variables.list(["e1"])] == ["NAME"]
    else:
        assert client.environment_variables.create("e1", "NAME", "a", False).name == "NAME"

    sent = [request.headers["authorization"] for request in script.requests if request.method == method]
    assert sent == [f"Token {TOKEN}", f"Token {SECOND}"]
    assert asked.times == 1
    assert client.tokens == (TOKEN, SECOND)


@pytest.mark.parametrize("other", [None, TOKEN, SECOND])
def test_where_no_other_one_is_taken_either_it_was_asked_for_once_and_no_token_shows(
    script: Script, other: str | None
) -> None:
    script.on("PATCH", PATH, takes("neither", LIST))
    asked = Asked(other)
    client = connect(script, another_token=asked)

    for _ in range(2):
        with pytest.raises(AuthenticationFailed) as refused:
            client.environment_variables.update("v1", "b", False)
        assert TOKEN not in str(refused.value)
        assert SECOND not in str(refused.value)

    assert asked.times == 1


def test_threads_that_are_refused_together_ask_once_and_all_go_on(script: Script) -> None:
    script.on("GET", VARIABLES, takes(SECOND, LIST))
    asked = Asked(SECOND)
    client = connect(script, another_token=asked)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: len(list(client.environment_variables.list(["e1"]))), range(24)))

    assert found == [1] * 24
    assert asked.times == 1
