"""The questions of a provider process to ``pulumi config``; a command of this test answers as the real one."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mirrors.pulumi_internals import find_stack
from mirrors.resources.current_token import TokenNotFoundError, add_current_token, read_current_token

TOKEN = "c4n4ry-todays-token"
HERE = {"apiUrl": "http://127.0.0.1:1"}


@dataclass(frozen=True)
class Request:
    urn: str


class Servicer:
    """A servicer like the SDK's: the request is a local name of the method that was called."""

    def Read(self, request: Any, look: Callable[[], Any]) -> Any:  # noqa: N802, ARG002
        return look()


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> str:
    """Another one a test: a process asks for each once."""
    return str(request.node.name)


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a ``pulumi`` alone on the PATH. It notes how it was called."""

    def install(text: str, error: str = "", code: int = 0) -> Path:
        called = tmp_path / "called"
        lines = [
            f"#!{sys.executable}",
            "import sys",
            f"open({str(called)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')",
        ]
        lines += [f"sys.stdout.write({text!r})", f"sys.stderr.write({error!r})", f"sys.exit({code})"]
        (tmp_path / "pulumi").write_text("\n".join(lines))
        (tmp_path / "pulumi").chmod(0o700)
        return called

    monkeypatch.setenv("PATH", str(tmp_path))
    return install


def configured(**values: str) -> str:
    return json.dumps({f"mirrors:{key}": {"value": value, "secret": True} for key, value in values.items()})


def test_the_stack_is_that_of_the_call_which_is_answered() -> None:
    urn = "urn:pulumi:test-2::web-shop::pulumi-python:dynamic/mirrors:Mirror::acme"

    assert Servicer().Read(Request(urn), lambda: find_stack(sys._getframe())) == "test-2"
    assert Servicer().Read(Request(""), lambda: find_stack(sys._getframe())) is None
    assert find_stack(sys._getframe()) is None


def test_todays_token_is_asked_for_once(says: Callable[..., Path], stack: str) -> None:
    called = says(configured(apiToken=TOKEN, fleet='{"original": 1}', **HERE))

    assert [read_current_token(HERE, stack, {}) for _ in range(2)] == [TOKEN, TOKEN]
    assert add_current_token(HERE, stack, {}) == {**HERE, "apiToken": TOKEN}

    [line] = called.read_text().splitlines()
    assert line == f"config --json --show-secrets --stack {stack} --non-interactive --color never"


def test_what_is_there_is_not_asked_for(says: Callable[..., Path], stack: str) -> None:
    called = says(configured(apiToken=TOKEN))

    given = {**HERE, "apiToken": "of-the-last-up"}
    assert add_current_token(given, stack, {}) == given
    assert add_current_token(HERE, stack, {"DIVIO_API_TOKEN": "of-the-environment"}) == HERE
    assert not called.exists()


def test_another_platform_does_not_get_the_token(says: Callable[..., Path], stack: str) -> None:
    says(configured(apiToken=TOKEN, apiUrl="https://api.example.com"))

    with pytest.raises(TokenNotFoundError, match=r"today's mirrors:apiUrl is another one.*DIVIO_API_URL"):
        read_current_token(HERE, stack, {})
    assert add_current_token(HERE, stack, {}) == HERE
    assert read_current_token(HERE, stack, {"DIVIO_API_URL": "http://127.0.0.1:1"}) == TOKEN


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (("", "error: no stack named 'x' found\n", 6), r"pulumi config --stack .*: error: no stack named 'x' found$"),
        (("", "", 1), "it said nothing$"),
        (("no JSON", "", 0), "JSONDecodeError$"),
        ((configured(), "", 0), "mirrors:apiToken: the value is missing or not valid"),
        ((configured(apiToken=""), "", 0), "mirrors:apiToken: the value is missing or not valid"),
    ],
)
def test_why_it_is_not_known(says: Callable[..., Path], stack: str, answer: tuple[str, str, int], reason: str) -> None:
    says(*answer)

    with pytest.raises(TokenNotFoundError, match=reason):
        read_current_token(HERE, stack, {})
    assert add_current_token(HERE, stack, {}) == HERE


def test_without_the_command_or_the_stack_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(TokenNotFoundError, match="there is no pulumi on the PATH"):
        read_current_token(HERE, "any", {})
    with pytest.raises(TokenNotFoundError, match="do not name the stack"):
        read_current_token(HERE, None, {})
