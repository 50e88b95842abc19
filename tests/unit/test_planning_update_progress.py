"""The progress of an update out of the engine's events."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mirrors.cli.progress.bars import render_bars
from mirrors.cli.progress.engine_events import apply_event
from mirrors.cli.progress.lines import LineView
from mirrors.cli.progress.result import print_result
from mirrors.planning.reports.update_progress import SitePhase, UpdateProgress, make_update_progress
from mirrors.planning.rollout.waves import RolloutPlan, Wave

PLAN = RolloutPlan((Wave(1, ("de",)), Wave(2, ("fr", "it"))), held=("es",))
KINDS = frozenset({"Mirror", "OriginalSite"})


def progress(original: str | None = "acme", chosen: set[str] | None = None) -> UpdateProgress:
    return make_update_progress(original, ["de", "fr", "it", "es"], PLAN, chosen)


def event(name: str, site: str, op: str = "update", at: int = 0, kind: str = "Mirror", **more: Any) -> str:
    urn = f"urn:pulumi:test::acme::mirrors:index:Fleet$pulumi-python:dynamic/mirrors:{kind}::{site}"
    return json.dumps({"timestamp": at, name: {"metadata": {"op": op, "urn": urn}, **more}})


def apply(found: UpdateProgress, *lines: str) -> None:
    for line in lines:
        apply_event(found, line, KINDS)


def test_the_sites_are_grouped_as_they_are_rolled_out() -> None:
    found = progress()
    assert [(wave.title, list(wave.sites)) for wave in found.waves] == [
        ("original", ["acme"]),
        ("wave 1", ["de"]),
        ("wave 2", ["fr", "it"]),
        ("in no wave", ["es"]),
    ]
    assert [wave.title for wave in progress(None, {"fr"}).waves] == ["wave 2"]


def test_a_site_begins_ends_and_its_time_is_known() -> None:
    found = progress()
    apply(found, event("resourcePreEvent", "de", at=10))
    assert found.phase_of("de") is SitePhase.RUNNING
    apply(found, event("resOutputsEvent", "de", at=14))
    assert (found.phase_of("de"), found.waves[1].times) == (SitePhase.DONE, {"de": 4})


def test_a_failure_stays_and_keeps_its_message_without_the_words_of_the_engine() -> None:
    found = progress()
    urn = json.loads(event("x", "de"))["x"]["metadata"]["urn"]
    text = "<{%reset%}>error: Exception calling application: de (test): it failed"
    message = {"urn": urn, "severity": "error", "message": text}
    apply(found, event("resourcePreEvent", "de"), event("resOpFailedEvent", "de"), event("resOutputsEvent", "de"))
    apply(found, json.dumps({"diagnosticEvent": message}), json.dumps({"diagnosticEvent": message}))
    assert (found.failed, found.messages) == (("de",), {"de": ["de (test): it failed"]})


def test_a_check_that_refuses_a_site_is_a_failure_although_no_step_fails() -> None:
    found = progress()
    urn = json.loads(event("x", "de"))["x"]["metadata"]["urn"]
    apply(found, json.dumps({"diagnosticEvent": {"urn": urn, "severity": "error", "message": "de: it is held"}}))
    assert (found.failed, found.messages) == (("de",), {"de": ["de: it is held"]})


def test_a_failure_that_a_rotation_keeps_for_its_end_is_one() -> None:
    found = progress()
    step = json.loads(event("resOutputsEvent", "de"))
    step["resOutputsEvent"]["metadata"]["new"] = {"outputs": {"failed": "deployment 7 failed"}}
    apply(found, json.dumps(step))
    assert found.failed == ("de",)


def test_a_rotation_reaches_all_mirrors_together() -> None:
    found = progress()
    found.begin("fr", 3)
    found.join_waves("")
    assert [(wave.title, list(wave.sites)) for wave in found.waves][1:] == [
        ("wave 1", ["de", "fr", "it"]),
        ("in no wave", ["es"]),
    ]
    found.end("fr", 5, changed=True)
    assert (found.phase_of("fr"), found.waves[1].times) == (SitePhase.DONE, {"fr": 2})


def test_a_rotation_joins_the_waves_of_its_fleet_whatever_the_names_of_the_others() -> None:
    plan = RolloutPlan((Wave(1, ("de",)), Wave(2, ("fr",))))
    other = RolloutPlan((Wave(1, ("at",)), Wave(2, ("ch",))))
    first = [replace(item, fleet="wave") for item in make_update_progress("acme", [], plan, None).waves]
    second = [replace(item, fleet="beta") for item in make_update_progress("beta", [], other, None).waves]
    found = UpdateProgress([*first, *second])
    found.join_waves("")
    found.join_waves("beta")
    assert [item.label for item in found.waves] == [
        "wave original",
        "wave wave 1",
        "wave wave 2",
        "beta original",
        "beta wave 1",
    ]
    assert list(found.waves[-1].sites) == ["at", "ch"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        '{"sequence": 1}',
        event("resOutputsEvent", "de", op="refresh"),
        event("resOutputsEvent", "de", op="delete"),
        event("resOutputsEvent", "de", kind="SiteIds"),
        event("resOutputsEvent", "de", planning=True),
        event("resOutputsEvent", "someone-else"),
        json.dumps({"diagnosticEvent": {"severity": "info", "message": "x"}}),
        json.dumps({"diagnosticEvent": {"severity": "error", "message": "update failed"}}),
    ],
)
def test_what_says_nothing_of_a_site_changes_nothing(line: str) -> None:
    found = progress()
    apply(found, line)
    assert {found.phase_of(site) for site in found.sites} == {SitePhase.WAITING}
    assert found.messages == {}


def failure(site: str, text: str) -> str:
    urn = json.loads(event("x", site))["x"]["metadata"]["urn"]
    return json.dumps({"diagnosticEvent": {"urn": urn, "severity": "error", "message": text}})


def test_a_refresh_is_counted_until_a_site_begins_and_anew_in_the_update() -> None:
    found = progress(None, {"de", "fr"})
    apply(found, *(event("resOutputsEvent", site, op="refresh", planning=True) for site in ("de", "fr")))
    assert (found.is_refreshing, found.refreshed) == (True, {"de", "fr"})
    apply(found, event("resourcePreEvent", "de", op="refresh"), event("resOutputsEvent", "de", op="refresh"))
    assert (found.is_refreshing, found.refreshed) == (True, {"de"})
    apply(found, event("resourcePreEvent", "de"))
    assert not found.is_refreshing


def test_a_refresh_and_one_message_of_many_sites_are_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    found, view = progress(None, {"de", "fr", "it"}), LineView()
    for site in ("de", "fr", "it"):
        apply(found, event("resOutputsEvent", site, op="refresh"))
        view.show(found)
    for site in ("de", "fr", "it"):
        apply(found, failure(site, f"{site} (test): the platform does not answer. Nothing was written"))
    apply(found, failure("it", "it (test): it is held"))
    view.show(found)
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("wave")]
    assert lines == [
        "refreshing: 1 of 3 sites",
        "refreshing: 3 of 3 sites",
        "de (test): the platform does not answer. Nothing was written",
        "fr: the same as de",
        "it: the same as de",
        "it (test): it is held",
    ]

    print_result(found)
    said = capsys.readouterr().out
    assert "3 sites: de, fr, it: the platform does not answer. Nothing was written\nit (test): it is held\n" in said


def test_the_time_that_is_left_counts_the_rounds_that_are_left() -> None:
    found = make_update_progress(None, [], RolloutPlan((Wave(1, tuple("abcde")),)), None)
    [wave] = found.waves
    assert wave.estimate_seconds_left() is None
    for site in "ab":
        found.begin(site, 0)
    found.end("a", 10, changed=True)
    found.begin("c", 10)
    assert wave.estimate_seconds_left() == 20, "four are open, two at once, ten seconds each"


def test_three_hundred_sites_in_many_waves_fit_on_a_small_terminal() -> None:
    waves = tuple(Wave(number, tuple(f"s{number}-{each}" for each in range(10))) for number in range(1, 31))
    found = make_update_progress("acme", [], RolloutPlan(waves), None)
    for number in range(20):
        found.note(f"s1-{number % 10}", f"line {number}\nmore of it")
    assert len(render_bars(found, 80).renderables) <= 1 + 6
    shown = render_bars(found, 80).renderables[0]
    assert getattr(shown, "row_count", 0) <= 12
