"""The reasons against a deployment of single sites: read from the exported state, reported in the words of a fleet."""

import json
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from mirrors.cli.single_sites import refuse_single_sites, undeclared_mirrors, undeployed_original
from mirrors.errors import MirrorsError
from tests.unit.fleets import settings

SITE = "urn:pulumi:test::acme::mirrors:index:Fleet$pulumi-python:dynamic/mirrors:"


def resource(kind: str, name: str, **outputs: str) -> dict[str, Any]:
    return {"type": f"pulumi-python:dynamic/mirrors:{kind}", "urn": f"{SITE}{kind}::{name}", "outputs": outputs}


def state(*mirrors: str) -> list[dict[str, Any]]:
    """Return a fleet's: the original and its mirrors."""
    return [resource("Original", "acme"), *(resource("Mirror", name) for name in mirrors)]


def exporting(directory: Path, resources: list[dict[str, Any]]) -> None:
    """Put a command in the place of ``pulumi``, which exports this state."""
    script = f"""\
        #!{sys.executable}
        print({json.dumps({"deployment": {"resources": resources}})!r})
        """
    (directory / "pulumi").write_text(dedent(script))
    (directory / "pulumi").chmod(0o755)


def test_a_mirror_of_the_state_that_is_not_declared_has_left_the_list() -> None:
    assert undeclared_mirrors(state("acme-de", "acme-it"), settings("acme-de", "acme-fr").fleet) == ("acme-it",)
    assert undeclared_mirrors(state("acme-de"), settings("acme-de", "acme-fr").fleet) == ()


def test_a_renamed_mirror_has_not_left_the_list() -> None:
    mirror = {"application": "acme-italia", "formerly": "acme-it"}
    fleet = settings(fleet={"original": {"application": "acme"}, "mirrors": [mirror]}).fleet

    assert undeclared_mirrors(state("acme-it"), fleet) == undeclared_mirrors(state("acme-italia"), fleet) == ()


@pytest.mark.parametrize(
    ("deploy", "image_from", "stored", "missing"),
    [
        (True, "matching", [], "acme"),
        (True, "live", [], None),
        (False, "matching", [], None),
        (True, "matching", [resource("OriginalSite", "acme", deployment="d-1")], None),
        (True, "matching", [resource("OriginalSite", "acme", failed="it failed")], "acme"),
        (True, "matching", [resource("Original", "acme"), resource("Mirror", "de", deployment="d-2")], "acme"),
    ],
)
def test_an_original_whose_deployment_is_not_in_the_state_yet_is_named(
    deploy: bool, image_from: str, stored: list[dict[str, Any]], missing: str | None
) -> None:
    fleet = {"original": {"application": "acme", "deploy": deploy}, "mirrors": []}
    declared = settings(fleet=fleet, imageFrom=image_from)

    assert undeployed_original(stored, declared) == missing


@pytest.mark.parametrize(
    ("left", "said", "back"),
    [
        (["acme-it"], "acme-it has left the list", "put it back"),
        (["acme-at", "acme-it"], "acme-at, acme-it have left the list", "put them back"),
    ],
)
def test_single_sites_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: list[str], said: str, back: str
) -> None:
    exporting(tmp_path, state("acme-de", *left))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MirrorsError) as caught:
        refuse_single_sites(settings("acme-de"), "test", tmp_path)

    [problem] = caught.value.problems
    assert (problem.code, problem.message) == ("site-left-list", said)
    assert problem.remedy == f"run 'pulumi up -s test', or {back}, before single sites are deployed"


def test_an_original_that_is_not_deployed_yet_is_refused_with_its_slug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporting(tmp_path, state())
    monkeypatch.setenv("PATH", str(tmp_path))
    fleet = {"original": {"application": "acme", "deploy": True}, "mirrors": []}

    with pytest.raises(MirrorsError) as caught:
        refuse_single_sites(settings(fleet=fleet, imageFrom="matching"), "test", tmp_path)

    assert [(problem.code, problem.site) for problem in caught.value.problems] == [
        ("original-not-deployed-yet", "acme")
    ]


def test_a_state_that_has_what_is_declared_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exporting(tmp_path, state("acme-de"))
    monkeypatch.setenv("PATH", str(tmp_path))

    refuse_single_sites(settings("acme-de", "acme-fr"), "test", tmp_path)
