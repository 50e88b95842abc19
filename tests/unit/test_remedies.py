"""The messages to a user about an error of the platform."""

from mirrors.divio import AuthenticationFailed, ConnectionFailed, NotFound
from mirrors.divio.errors import RequestInfo
from mirrors.observation.remediation import convert_error


def test_a_refused_token_has_one_remedy() -> None:
    exchange = RequestInfo("GET", "/apps/v3/applications/", 401, "r-7")
    found = convert_error(
        AuthenticationFailed("the token was refused, use a valid access token: Invalid token.", exchange)
    )

    assert found.code == "token-refused"
    said = found.line
    assert said.startswith(
        "GET /apps/v3/applications/: 401: the token was refused (request r-7). Set DIVIO_API_TOKEN, or mirrors:apiToken"
    )
    assert said.count("valid token") == said.count("Set ") == 1
    assert "use a valid access token" not in said


def test_any_other_error_is_reported_as_it_is_with_its_remedy() -> None:
    found = convert_error(NotFound("not there: Not found.", RequestInfo("GET", "/apps/v3/applications/x/", 404)))

    assert found.code == "not-on-platform"
    assert found.line.startswith("GET /apps/v3/applications/x/: 404: not there: Not found. Someone deleted it, or")


def test_who_works_on_a_sandbox_learns_how_to_start_it() -> None:
    stopped = ConnectionFailed("no connection to http://127.0.0.1:1, or it broke")

    assert "mirrors sandbox start" in convert_error(stopped, {"MIRRORS_SANDBOX_DIR": "/x/.state/sandbox"}).remedy
    assert "mirrors sandbox" not in convert_error(stopped, {"MIRRORS_SANDBOX_DIR": ""}).line
    assert "mirrors sandbox" not in convert_error(stopped).line
    assert (
        "mirrors sandbox" not in convert_error(NotFound("not there"), {"MIRRORS_SANDBOX_DIR": "/x/.state/sandbox"}).line
    )
