"""What ``mirrors preview`` makes of the engine's own preview, in the shapes of ``pulumi preview --json`` 3.259."""

from typing import Any

import pytest

from mirrors.config import Settings
from mirrors.planning.preview import Cause, FleetPreview, first_deployments, preview_of
from mirrors.planning.preview_steps import PROPERTIES, Change
from mirrors.planning.taking_over import Judged
from mirrors.resources.deployment import DeploymentProvider
from mirrors.resources.environment_variables import EnvironmentVariablesProvider
from tests.unit.fleets import settings

TYPES = "pulumi-python:dynamic/mirrors:"
EARLIER, LATER = "2026-11-22T13:40:59Z", "2026-11-22T13:41:24Z"
Json = dict[str, Any]

DATABASE = {"value": "[secret]", "sensitive": True}
PLAIN = {"value": "de", "sensitive": False}
SECRETS = {"secrets": ["DATABASE_URL"]}


def step(
    op: str, kind: str, name: str, *, old: Any = None, new: Any = None, keys: Any = None, at: str = EARLIER
) -> Json:
    """``old`` and ``new`` are inputs, ``keys`` those that differ."""
    kind = f"{TYPES}{kind}" if ":" not in kind else kind
    found: Json = {"op": op, "urn": f"urn:pulumi:test::any::mirrors:index:Fleet${kind}::{name}", "detailedDiff": None}
    if old is not None:
        found["oldState"] = {"inputs": old, "modified": at}
    if new is not None:
        found["newState"] = {"inputs": new}
    if keys:
        found |= {"diffReasons": keys, "detailedDiff": {key: {"kind": "update", "inputDiff": True} for key in keys}}
    return found


def update(kind: str, name: str, old: Json, new: Json, *keys: str, at: str = EARLIER) -> Json:
    return step("update", kind, name, old=old, new=new, keys=list(keys), at=at)


def preview(*steps: Json, said: Any = (), declared: Settings | None = None) -> FleetPreview:
    diagnostics = [{"severity": severity, "message": message} for severity, message in said]
    return preview_of(
        {"steps": list(steps), "diagnostics": diagnostics}, declared or settings("de", "fr", "ch"), "test"
    )


def test_our_own_properties_are_no_variables() -> None:
    for provider in (EnvironmentVariablesProvider, DeploymentProvider):
        assert PROPERTIES.issuperset({*provider.inputs, *provider.outputs, *provider.hints})


def test_nothing_changes_where_all_is_the_same_or_only_refreshed() -> None:
    found = preview(step("same", "pulumi:pulumi:Stack", "s"), step("refresh", "Deployment", "de", old={}, new={}))

    assert (found.steps, found.sites, found.deployments, found.declared) == (0, (), 0, 4)


def test_a_new_release_deploys_a_site_in_its_wave() -> None:
    changed = update("Deployment", "fr", {"release": "r1"}, {"release": "r2"}, "release")

    found = preview(changed, declared=settings("de", "fr", "ch", rollout={"waves": [1, "100%"]}))

    [site] = found.sites
    assert (site.application, site.wave, site.deploys, site.causes) == ("fr", 2, True, (Cause.RELEASE,))


def test_a_declared_variable_that_changes_is_named_and_one_that_is_a_secret_is_marked() -> None:
    before, now = (
        {"OLD": PLAIN, "DATABASE_URL": DATABASE, **SECRETS},
        {"NEW": PLAIN, "DATABASE_URL": DATABASE, **SECRETS},
    )
    keys = ("OLD", "NEW", "DATABASE_URL", "secrets")

    found = preview(
        update("EnvironmentVariables", "de", before, now, *keys), update("Deployment", "de", before, now, *keys)
    )

    [site] = found.sites
    assert (site.deploys, site.causes) == (True, (Cause.VARIABLES,))
    assert set(site.variables) == {
        Change("OLD", "removed"),
        Change("NEW", "added"),
        Change("DATABASE_URL", "changed", secret=True),
    }


def test_what_the_platform_has_otherwise_than_the_state_is_drift_and_needs_no_deployment() -> None:
    stored, live = {"THEME": PLAIN, "SITE_ID": {"value": "2"}}, {"THEME": PLAIN, "SITE_ID": {"value": "9"}}
    now = {**stored, "THEME": {"value": "red"}}

    found = preview(
        step("refresh", "EnvironmentVariables", "de", old=stored, new=now),
        update("EnvironmentVariables", "de", live, now, "SITE_ID", "THEME", at=LATER),
    )

    [site] = found.sites
    assert (site.deploys, site.causes) == (False, (Cause.VARIABLES, Cause.DRIFT))
    assert site.variables == (Change("SITE_ID", "changed", by_hand=True), Change("THEME", "changed"))


def test_a_secret_that_differs_is_drift_where_the_refresh_found_something_and_shows_nothing_else() -> None:
    inputs = {"DATABASE_URL": DATABASE, **SECRETS}
    refresh = step("refresh", "Deployment", "de", old=inputs, new=inputs)

    [by_hand] = preview(refresh, update("Deployment", "de", inputs, inputs, "DATABASE_URL", at=LATER)).sites
    [declared] = preview(refresh, update("Deployment", "de", inputs, inputs, "DATABASE_URL")).sites

    assert by_hand.variables == (Change("DATABASE_URL", "changed", secret=True, by_hand=True),)
    assert declared.variables == (Change("DATABASE_URL", "changed", secret=True),)


def test_a_deployment_by_hand_does_not_make_a_secret_that_was_declared_anew_drift() -> None:
    inputs = {"DATABASE_URL": DATABASE, "release": "r1", **SECRETS}
    refreshed = [step("refresh", kind, "de", old=inputs, new=inputs) for kind in ("EnvironmentVariables", "Deployment")]

    [site] = preview(
        *refreshed,
        update("EnvironmentVariables", "de", inputs, inputs, "DATABASE_URL"),
        update("Deployment", "de", {**inputs, "release": "r2"}, inputs, "DATABASE_URL", at=LATER),
    ).sites

    assert site.variables == (Change("DATABASE_URL", "changed", secret=True),)


def test_a_variable_with_the_name_of_a_property_is_one_all_the_same() -> None:
    [site] = preview(update("Deployment", "de", {}, {"=release": "x"}, "=release")).sites

    assert (site.causes, site.variables) == ((Cause.VARIABLES,), (Change("release", "added"),))


@pytest.mark.parametrize(
    ("op", "found", "cause"),
    [
        ("create", {}, Cause.FIRST),
        ("create", {"THEME": {}}, Cause.FIRST),
        ("create", {"SITE_ID": {}}, Cause.ADOPTED),
        ("create-replacement", {"SITE_ID": {}}, Cause.MOVED),
        ("replace", {"SITE_ID": {}}, Cause.MOVED),
    ],
)
def test_a_site_that_is_new_here_gets_all_variables_and_none_is_listed(op: str, found: Json, cause: Cause) -> None:
    kinds = ("EnvironmentVariables", "Deployment")
    mirror = step("create", "Mirror", "de", new={"found": found})

    [site] = preview(mirror, *(step(op, kind, "de", new={"SITE_ID": "2"}) for kind in kinds)).sites

    assert (site.deploys, site.causes, site.variables) == (True, (cause,), ())


NEW = ("Mirror", "EnvironmentVariables", "Deployment")


@pytest.mark.parametrize(
    ("kinds", "judgement", "cause", "why"),
    [
        (NEW, Judged(taken_over=True), Cause.TAKEN_OVER, ""),
        (NEW, Judged(taken_over=False, why="it runs without SITE_ID"), Cause.ADOPTED, "it runs without SITE_ID"),
        (NEW[2:], Judged(taken_over=True), Cause.UNVERIFIED, ""),
        (
            NEW[2:],
            Judged(taken_over=False, why="it runs with another THEME"),
            Cause.FAILED,
            "it runs with another THEME",
        ),
        (NEW[2:], Judged(taken_over=False, why="never", ran_before=False), Cause.FIRST, ""),
    ],
    ids=["runs as declared", "runs otherwise", "was never healthy", "was never deployed as declared", "never deployed"],
)
def test_what_the_platform_shows_decides_whether_a_new_deployment_is_one(
    kinds: tuple[str, ...], judgement: Judged, cause: Cause, why: str
) -> None:
    steps = [step("create", kind, "de", new={"found": {"DATABASE_URL": {}}}) for kind in kinds]
    engine = {"steps": steps}
    assert first_deployments(engine) == ["de"]
    [site] = preview_of(engine, settings("de"), "test", judgements={"de": judgement}).sites
    assert (site.causes, site.deploys, site.why) == ((cause,), not judgement.taken_over, why)


@pytest.mark.parametrize(
    ("keys", "cause", "deploys"),
    [(["verified"], Cause.UNVERIFIED, False), ([], Cause.FAILED, True), (["site"], Cause.RECORD, False)],
)
def test_other_reasons_for_an_update_of_a_deployment(keys: list[str], cause: Cause, deploys: bool) -> None:
    [site] = preview(update("Deployment", "de", {}, {}, *keys)).sites

    assert (site.causes, site.deploys) == ((cause,), deploys)


def test_sites_to_which_the_same_happens_are_one_group_of_their_wave() -> None:
    slugs = [f"m{number:03}" for number in range(300)]
    declared = settings(*slugs, rollout={"waves": [1, "10%", "100%"]})
    released = [update("Deployment", slug, {"release": "1"}, {"release": "2"}, "release") for slug in reversed(slugs)]
    original = update("Deployment", "acme", {}, {"THEME": "x"}, "THEME")
    other = update("Deployment", "m299", {}, {}, "verified")

    found = preview(*released[1:], original, other, declared=declared)

    assert [(group.example.wave, len(group.sites)) for group in found.groups] == [
        (0, 1),
        (1, 1),
        (2, 29),
        (3, 269),
        (3, 1),
    ]
    assert found.groups[2].sites[:2] == ("m001", "m002")
    assert found.deployments == 300


def test_a_held_site_is_in_no_wave_and_comes_last() -> None:
    declared = settings("de", "fr", overrides={"mirrors": {"de": {"hold": True}}})

    found = preview(
        update("Deployment", "de", {}, {}, "site"), update("Deployment", "fr", {}, {}, "site"), declared=declared
    )

    assert [group.example.wave for group in found.groups] == [1, None]
    assert found.rollout.held == ("de",)


def test_all_are_one_wave_where_the_engines_program_says_so() -> None:
    declared = settings("de", "fr", rollout={"waves": [1, "100%"]})
    line = "rollout: shared credentials have changed, so all mirrors are one wave\n"

    found = preview(update("Deployment", "fr", {}, {}, "DATABASE_URL"), said=[("info", line)], declared=declared)

    assert (found.rollout.repairing, found.sites[0].wave, found.notes) == (True, 1, ())


def test_ids_that_are_given_retired_and_freed_are_told() -> None:
    old = {
        "assignments": {"u1": {"name": "acme", "id": 1}, "u2": {"name": "gone", "id": 2}},
        "retired": {"7": {"name": "back", "application": "u7"}},
    }
    new = {
        "assignments": {
            "u1": {"name": "acme", "id": 1},
            "u7": {"name": "back", "id": 7.0},
            "u9": {"name": "it", "id": 3},
        },
        "retired": {"2": {"name": "gone", "application": "u2"}},
    }

    found = preview(update("SiteIds", "acme", old, new, "assignments", "retired"))

    assert (found.given, found.retired, found.freed) == ({"it": 3, "back": 7}, {2: "gone"}, {7: "back"})
    assert (found.steps, found.others) == (1, ())


def test_a_mirror_off_the_list_leaves_with_all_that_belongs_to_it() -> None:
    gone = [step("delete", kind, "it", old={}) for kind in ("Deployment", "EnvironmentVariables", "Mirror")]

    found = preview(*gone)

    assert (found.leaving, found.sites, found.others, found.keeps) == (("it",), (), (), False)


def test_shared_values_that_point_elsewhere_are_told_with_both_places() -> None:
    old, new = ({"identities": {"DATABASE_URL": place}} for place in ("postgres://a/b", "postgres://a/c"))

    found = preview(update("Original", "acme", old, new, "identities", "variables"))

    assert found.moved == {"DATABASE_URL": ("postgres://a/b", "postgres://a/c")}


def test_what_has_no_place_of_its_own_is_named() -> None:
    found = preview(
        step("update", "random:index:RandomId", "theirs", old={}, new={}),
        step("delete", "Deployment", "acme", old={}),
        step("delete-replaced", "Deployment", "de", old={}),
    )

    assert found.others == (
        "Deployment acme: delete",
        "random:index:RandomId theirs: update",
    )


def test_problems_and_notes_are_told_once_without_what_the_engine_puts_before_them() -> None:
    found = preview(
        said=[
            ("error", "error: mirrors:fleet.mirors: unknown key\n"),
            ("error", f"error: {TYPES}SiteIds resource 'acme' has a problem: de: its SITE_ID differs\n"),
            ("error", f"error: {TYPES}SiteIds resource 'acme' has a problem: de: its SITE_ID differs\n"),
            ("error", "error: Exception calling application: acme-de: GET /apps/v3/: 500\n"),
            ("info", "rollout: wave 1: 1 site: de\n"),
            ("info", "rollout: held: 1 site: de\n"),
            ("info", "rollout: every site with its wave and its reason, in short: mirrors preview\n"),
            ("info", "rollout: new, and not reached before the pause: it\n"),
            ("warning", "warning: one\n\ntwo\n"),
            ("debug", "not for anybody"),
        ]
    )

    assert found.problems == (
        "mirrors:fleet.mirors: unknown key",
        "de: its SITE_ID differs",
        "acme-de: GET /apps/v3/: 500",
    )
    assert found.notes == ("new, and not reached before the pause: it", "one", "two")


def test_nobody_is_told_to_take_the_protection_off_the_ids() -> None:
    urn = f"urn:pulumi:test::acme::mirrors:index:Fleet${TYPES}SiteIds::site-ids"
    advice = f"resource {urn!r} cannot be deleted\nbecause it is protected. To unprotect the resource, remove the"
    found = preview(said=[("error", f"error: {advice} `protect` flag, or use: `pulumi state unprotect '{urn}'`\n")])

    [problem] = found.problems
    assert "unprotect" not in problem
    assert "Do not take the protection off" in problem


def test_what_is_said_of_many_sites_in_the_same_words_is_said_once() -> None:
    lines = ["de: not known yet", "fr: not known yet", "de: not known yet", "ch: odd", "other: not known yet"]

    found = preview(said=[("warning", f"warning: {line}\n") for line in lines])

    assert found.notes == ("2 sites: de, fr: not known yet", "ch: odd", "other: not known yet")


def test_an_engine_that_did_nothing_is_no_error() -> None:
    assert preview_of({}, settings("de"), "test").steps == 0
