"""Applications that are no longer on the list, as far as the token may still look at them."""

from collections.abc import Iterator

import pytest

from mirrors.divio import RetryPolicy, ServerFailed
from mirrors.observation.retired import observe_retired_sites
from mirrors.problems import Note
from tests.unit.divio_support import application, connect, page
from tests.unit.http_script import Reply, Script, serve


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as script:
        script.on("GET", "/apps/v3/applications/", page(application("a1", "acme-it")))
        yield script


@pytest.mark.parametrize("status", [403, 404])
def test_one_that_the_token_may_not_read_any_more_is_left_out(script: Script, status: int) -> None:
    script.on("GET", "/apps/v3/environments/", Reply(status, {"detail": "no"}))
    said: list[Note] = []
    assert observe_retired_sites(connect(script), ["acme-it"], "test", said.append) == {}
    [note] = said
    assert note.line.startswith("acme-it: it left the list, and this token cannot read it, so Mirrors does not know")
    assert f"/apps/v3/environments/: {status}" in note.text


def test_a_platform_that_fails_is_no_site_that_is_gone(script: Script) -> None:
    script.on("GET", "/apps/v3/environments/", Reply(503, {}))
    with pytest.raises(ServerFailed):
        observe_retired_sites(connect(script, retry=RetryPolicy(attempts=1)), ["acme-it"], "test", print)
