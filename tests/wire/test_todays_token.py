"""The real provider process where the platform refuses the token that the engine gave it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mirrors.resources.original import OriginalProvider
from tests.wire.platform import CANARY, Platform, Site
from tests.wire.provider import Refused, Wire, provider_process

URN = "urn:pulumi:test::acme::mirrors:index:Fleet$pulumi-python:dynamic/mirrors:Original::acme"
OLD = f"{CANARY}-of-the-last-up"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: Platform) -> Path:
    """Return a ``pulumi`` that knows today's configuration; the file has the arguments of each call."""
    today = {"apiUrl": platform.sandbox.url, "apiToken": platform.sandbox.token}
    entries = json.dumps({f"mirrors:{key}": {"value": value} for key, value in today.items()})
    folder, calls = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    (folder / "pulumi").write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(calls)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        f"sys.stdout.write({entries!r})\n"
    )
    (folder / "pulumi").chmod(0o700)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return calls


@pytest.fixture
def stored(original: Site) -> dict[str, Any]:
    where = {"application": original.application, "environment": original.environment}
    return {**where, "image_environment": original.environment, "release": "of-old", "variables": {}, "identities": {}}


@pytest.mark.parametrize("given", [{"mirrors:apiToken": OLD}, {}])
def test_todays_token_replaces_one_that_is_refused_or_that_the_engine_does_not_have(
    platform: Platform, command: Path, stored: dict[str, Any], tmp_path: Path, given: dict[str, str]
) -> None:
    said = tmp_path / "said"
    with provider_process({"mirrors:apiUrl": platform.sandbox.url, **given}, said) as stub:
        _, outs, _ = Wire(stub, OriginalProvider()).read(stored, urn=URN)

    assert outs["release"] not in ("", "of-old"), "nothing was read"
    [call] = command.read_text().splitlines()
    assert "--stack test " in call
    assert said.read_text() == ""


def test_where_the_engine_does_not_say_whose_call_it_is_the_old_token_is_refused_and_nothing_asked(
    platform: Platform, command: Path, stored: dict[str, Any], tmp_path: Path
) -> None:
    said, config = tmp_path / "said", {"mirrors:apiUrl": platform.sandbox.url, "mirrors:apiToken": OLD}
    with (
        provider_process(config, said) as stub,
        pytest.raises(Refused, match=r"401: the token was refused.*Set DIVIO_API_TOKEN") as refused,
    ):
        Wire(stub, OriginalProvider()).read(stored)

    assert not command.exists()
    assert "the configuration gave no other one" in said.read_text()
    assert CANARY not in said.read_text() + str(refused.value)
