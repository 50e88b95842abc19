"""``mirrors preview`` and ``mirrors deploy --behind`` with the real engine."""

from random import Random
from typing import Any

import pytest

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.project import Done
from tests.sandboxes import delete_variable, frozen_variables, set_variable

CANARY = "c4n4ry-of-a-preview"
LEFT = (
    "acme-ch has left the list; run 'pulumi up -s test', or put it back, before single sites are deployed"
    " [site-left-list]"
)
WAVES = {"health": False, "waves": [1, "100%"], "parallel": 5}


@pytest.fixture
def fleet(fleet: Fleet) -> Fleet:
    """Return it with two waves."""
    fleet.project.configure(lambda config: config.update({"mirrors:rollout": {"value": WAVES}}))
    return fleet


def preview(fleet: Fleet, *arguments: str) -> Done:
    return fleet.project.run("mirrors", "preview", "--stack", "test", *arguments)


def sites(data: dict[str, Any]) -> dict[str, tuple[int | None, bool, list[str]]]:
    return {item["application"]: (item["wave"], item["deploys"], item["causes"]) for item in data["sites"]}


@pytest.mark.oldest
def test_everything_that_an_up_would_do_or_refuse_is_reported_with_its_reason_and_without_a_value(fleet: Fleet) -> None:
    changed(fleet)
    refused(fleet)
    unreadable(fleet)


def changed(fleet: Fleet) -> None:
    """A new mirror, one that leaves, a new release, drift and a new secret."""
    fleet.new_mirror("acme-it")
    fleet.sandbox.deploy("acme", "live", report=silently)
    set_variable(fleet.sandbox, "acme-fr", "test", "MIRRORS_APPLICATION", CANARY)
    delete_variable(fleet.sandbox, "acme-fr", "test", "DATABASE_URL")
    fleet.test.pulumi("config set --secret --path", "mirrors:secrets.acme-fr.TOKEN", CANARY).succeeded()
    with fleet.with_mirrors("acme-de", "acme-fr", "acme-it"):
        done = preview(fleet, "--json")
        single = [preview(fleet, "acme-de"), fleet.project.run("mirrors", "deploy", "acme-de", "--stack", "test", "-y")]
    data = done.json()

    assert (done.code, data["problems"]) == (2, [])
    assert CANARY not in done.text
    assert {(refused.code, refused.stderr) for refused in single} == {(1, f"Error: {LEFT}\n")}
    assert sites(data) == {
        "acme-de": (1, True, ["new release"]),
        "acme-fr": (2, True, ["new release", "changed variables", "drift"]),
        "acme-it": (2, True, ["first deployment"]),
    }
    changed = {item["name"]: item for item in data["sites"][1]["variables"]}
    assert {name: (item["change"], item["secret"], item["byHand"]) for name, item in changed.items()} == {
        "MIRRORS_APPLICATION": ("changed", False, True),
        "DATABASE_URL": ("added", True, True),
        "TOKEN": ("added", True, False),
    }
    assert (data["given"], data["retired"], data["leaving"]) == ({"acme-it": 5}, {"4": "acme-ch"}, ["acme-ch"])
    assert any(note.startswith("acme-ch: off the list") for note in data["notes"])


def refused(fleet: Fleet) -> None:
    """Every problem is reported, and a name that is no one's is one."""
    with fleet.with_mirrors(*MIRRORS, "acme-xx"), fleet.project.with_environment(MIRRORS_ROLL_OUT="acme-de acme-du"):
        done = preview(fleet, "--json").failed()

    assert done.code == 1
    assert sorted((item["code"], item["site"], item["path"]) for item in done.json()["problems"]) == [
        ("application-not-found", "acme-xx", None),
        ("unknown-site", None, "MIRRORS_ROLL_OUT (environment variable)"),
    ]


def unreadable(fleet: Fleet) -> None:
    """The refresh reports one problem a site, and none of the engine's. So does a configuration of no use."""
    with fleet.project.with_environment(DIVIO_API_TOKEN="c4n4ry-wrong-token"):
        done = preview(fleet, "--json").failed()
    assert {item["code"] for item in done.json()["problems"]} == {"token-refused"}
    assert "c4n4ry" not in done.text

    with fleet.project.with_environment(DIVIO_API_TOKEN=""):
        done = preview(fleet, "--markdown").failed()
    assert done.code == 1
    assert "- :x: mirrors:apiToken: the key is missing. " in done.stdout


def test_those_behind_are_deployed_and_then_no_one_is(fleet: Fleet) -> None:
    """One is held, one is rolled out before: only the third is left."""
    fleet.sandbox.deploy("acme", "live", report=silently)
    rollout = {"mirrors:rollout": {"value": {**WAVES, "follow": "manual"}}}
    mirrors = ("acme-de", {"application": "acme-fr", "hold": True}, "acme-ch")
    with fleet.project.configured(lambda config: config.update(rollout)), fleet.with_mirrors(*mirrors):
        ahead = preview(fleet, "acme-de", "--json").json()
        fleet.project.run("mirrors", "deploy", "acme-de", "--stack", "test", "--yes").succeeded()
        fleet.sandbox.clear_requests_log()
        done = fleet.project.run("mirrors", "deploy", "--behind", "--stack", "test", "--yes").succeeded()
        nothing = fleet.project.run("mirrors", "deploy", "--behind", "--stack", "test", "--yes").succeeded()

    assert sites(ahead) == {"acme-de": (1, True, ["new release"])}
    assert "MIRRORS_ROLL_OUT=acme-ch pulumi up --stack test" in done.stderr
    assert fleet.written() == [("POST", "acme-ch", "")]
    assert "Note: held, no new release: 1 site: acme-fr" in done.stderr
    assert "Nothing to deploy: the sites of test that are behind the original are held or paused." in nothing.stderr


def by_hand(fleet: Fleet, seed: int) -> list[str]:
    """Mirrors that people have made: some right, others deployed before they were, never, or with a mistake."""
    rng, original = Random(seed), frozen_variables(fleet.sandbox, "acme", "test")  # noqa: S311 - no secret
    slugs = [f"by-hand-{seed}{letter}" for letter in "abcde"]
    kinds = [*rng.sample(("right", "bare", "without an id", "set afterwards", "another storage", "older"), 5)]
    for number, (slug, kind) in enumerate(zip(slugs, kinds, strict=True), start=seed * 10):
        fleet.new_mirror(slug)
        values = {"SITE_ID": str(number), **{name: original[name] for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN")}}
        if kind == "another storage":
            values["DEFAULT_STORAGE_DSN"] = "s3://key:word@other.s3.amazonaws.com/"
        if kind == "set afterwards":
            fleet.sandbox.deploy(slug, "test", report=silently)
        left_out = {"bare": set(values), "without an id": {"SITE_ID"}}.get(kind, set())
        for name in values.keys() - left_out:
            set_variable(fleet.sandbox, slug, "test", name, values[name], is_sensitive=rng.random() < 0.3)
        if kind not in ("bare", "set afterwards"):
            fleet.sandbox.deploy(slug, "test", report=silently)
        if kind == "older":
            fleet.sandbox.deploy("acme", "live", report=silently)
    return slugs


@pytest.mark.parametrize("seed", [2, 5])
def test_a_preview_of_what_people_have_made_says_what_the_next_up_does(fleet: Fleet, seed: int) -> None:
    slugs = by_hand(fleet, seed)
    with fleet.with_mirrors(*MIRRORS, *slugs):
        ahead = preview(fleet, "--json").json()
        fleet.sandbox.clear_requests_log()
        done = fleet.test.up()
        deployed = {application for method, application, name in fleet.written() if (method, name) == ("POST", "")}
        if ahead["problems"]:
            assert done.code in {1, 255}, "the ledger's check refuses with the one, the program with the other"
            assert fleet.writes() == []
            return
        done.succeeded()
        assert {item["application"] for item in ahead["sites"] if item["deploys"]} == deployed
        assert {slug: ahead["given"][slug] for slug in slugs} == {
            slug: fleet.test.outputs()["siteIds"][slug] for slug in slugs
        }
        assert all(item["why"] for item in ahead["sites"] if item["causes"] == ["adopted"])
        assert ahead["takenOver"] == sum(item["causes"] == ["runs as declared"] for item in ahead["sites"])
        assert fleet.test.has_no_changes()
