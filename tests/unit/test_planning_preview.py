"""The report of ``mirrors preview`` on the engine's own preview, in the shapes of ``pulumi preview --json`` 3.259."""

from dataclasses import replace
from typing import Any

import pytest

from mirrors.config import Settings
from mirrors.planning.adoption.forecast import FirstDeploymentForecast
from mirrors.planning.divio_words import DIVIO_WORDS
from mirrors.planning.reports.fleet_preview import ChangeCause, FleetPreview
from mirrors.planning.reports.preview import find_unclear_deployments, summarize_preview
from mirrors.planning.reports.pulumi_steps import VariableChange
from mirrors.problems import Note, Problem
from mirrors.problems.reported import NOTHING_REPORTED, ReportedEvents
from tests.unit.fleets import settings

TYPES = "pulumi-python:dynamic/mirrors:"
Json = dict[str, Any]

DATABASE = {"fingerprint": "shared"}
ROTATED = {"fingerprint": "rotated"}
IN_CLEAR = Problem("secret-in-clear", "it is set in clear.", "Set it anew", path="mirrors:apiToken")
FAILED = Problem("deployment-failed", "deployment d-1 failed.", "Correct the cause", "de", details="Its log ends:\nno")
AT_A_SITE = Problem("token-refused", "the token was refused.", "Set it", "de (test)")
RUNS = {"deployment": "d-1", "url": "https://example.com/"}


def step(
    op: str, kind: str, name: str, *, old: Any = None, new: Any = None, keys: Any = None, outputs: Any = None
) -> Json:
    """``old`` and ``new`` are inputs, ``keys`` those that differ; ``outputs`` are those of the old state."""
    kind = f"{TYPES}{kind}" if ":" not in kind else kind
    found: Json = {"op": op, "urn": f"urn:pulumi:test::any::mirrors:index:Fleet${kind}::{name}", "detailedDiff": None}
    if old is not None:
        found["oldState"] = {"inputs": old, "outputs": old | (RUNS if outputs is None else outputs)}
    if new is not None:
        found["newState"] = {"inputs": new}
    if keys:
        found |= {"diffReasons": keys, "detailedDiff": {key: {"kind": "update", "inputDiff": True} for key in keys}}
    return found


def update(kind: str, name: str, old: Json, new: Json, *keys: str, outputs: Any = None) -> Json:
    return step("update", kind, name, old=old, new=new, keys=list(keys), outputs=outputs)


def changed(old: Json, new: Json, name: str = "de") -> Json:
    """Return the step of a mirror, with the keys that the engine finds different."""
    return update("Mirror", name, old, new, *sorted(key for key in {*old, *new} if old.get(key) != new.get(key)))


def refreshed(known: Json, now: Json) -> Json:
    """``known``: what the last update has reached; ``now``: what the platform shows."""
    return step("refresh", "Mirror", "de", old=known, new=now)


def preview(
    *steps: Json, said: Any = (), declared: Settings | None = None, reported: ReportedEvents = NOTHING_REPORTED
) -> FleetPreview:
    diagnostics = [{"severity": severity, "message": message} for severity, message in said]
    engine = {"steps": list(steps), "diagnostics": diagnostics}
    return summarize_preview(engine, declared or settings("de", "fr", "ch"), "test", reported)


def test_nothing_changes_where_all_is_the_same_or_only_refreshed() -> None:
    found = preview(step("same", "pulumi:pulumi:Stack", "s"), step("refresh", "Mirror", "de", old={}, new={}))

    assert (found.changed_resources, found.sites, found.deployments, found.declared) == (0, (), 0, 4)


def test_a_new_release_deploys_a_site_in_its_wave() -> None:
    released = changed({"release": "r1"}, {"release": "r2"}, "fr")

    found = preview(released, declared=settings("de", "fr", "ch", rollout={"waves": [1, "100%"]}))

    [site] = found.sites
    assert (site.application, site.wave, site.deploys, site.causes) == ("fr", 2, True, (ChangeCause.RELEASE,))
    assert site.variables == ()


def test_a_declared_variable_that_changes_is_named_and_one_that_is_a_secret_is_marked() -> None:
    before, now = ({"OLD": "de", "THEME": "x", "DATABASE_URL": DATABASE}, {"NEW": "de", "DATABASE_URL": ROTATED})

    [site] = preview(refreshed(before, before), changed(before, now | {"THEME": "x"})).sites

    assert (site.deploys, site.causes) == (True, (ChangeCause.VARIABLES,))
    assert set(site.variables) == {
        VariableChange("OLD", "removed"),
        VariableChange("NEW", "added"),
        VariableChange("DATABASE_URL", "changed", secret=True),
    }


def test_a_variable_that_becomes_a_secret_is_written_and_deployed() -> None:
    [site] = preview(changed({"THEME": "x"}, {"THEME": {"fingerprint": "of x"}})).sites

    assert (site.deploys, site.variables) == (True, (VariableChange("THEME", "changed", secret=True),))


def test_a_flag_is_written_and_needs_no_deployment() -> None:
    [site] = preview(changed({"DATABASE_URL": DATABASE}, {"DATABASE_URL": DATABASE | {"sensitive": False}})).sites

    assert (site.deploys, site.causes) == (False, (ChangeCause.VARIABLES,))
    assert site.variables == (VariableChange("DATABASE_URL", "changed", secret=True),)


def test_what_the_platform_has_set_otherwise_than_the_state_is_drift_and_needs_no_deployment() -> None:
    known = {"THEME": "de", "SITE_ID": "2"}
    now = {"THEME": "de", "SITE_ID": "9", "SITE_ID (running)": "2"}

    [site] = preview(refreshed(known, now), changed(now, known)).sites

    assert (site.deploys, site.causes) == (False, (ChangeCause.DRIFT,))
    assert site.variables == (VariableChange("SITE_ID", "changed", by_hand=True),)


def test_a_variable_that_someone_has_removed_is_drift_and_added_again() -> None:
    known, now = {"THEME": "de", "SITE_ID": "2"}, {"SITE_ID": "2", "THEME (running)": "de"}

    [site] = preview(refreshed(known, now), changed(now, known)).sites

    assert (site.deploys, site.causes) == (False, (ChangeCause.DRIFT,))
    assert site.variables == (VariableChange("THEME", "added", by_hand=True),)


def test_what_was_declared_anew_and_what_someone_has_set_are_distinguished() -> None:
    known, now = {"THEME": "de", "SITE_ID": "2"}, {"THEME": "de", "SITE_ID": "9", "SITE_ID (running)": "2"}

    [site] = preview(refreshed(known, now), changed(now, {"THEME": "red", "SITE_ID": "2"})).sites

    assert (site.deploys, site.causes) == (True, (ChangeCause.VARIABLES, ChangeCause.DRIFT))
    assert site.variables == (VariableChange("SITE_ID", "changed", by_hand=True), VariableChange("THEME", "changed"))


@pytest.mark.parametrize(
    ("stored", "by_hand", "secret"),
    [("green", "red", False), (DATABASE, ROTATED, True), ("green", {"absent": True}, False)],
    ids=["another value", "another secret", "not at all"],
)
def test_what_runs_otherwise_than_it_was_deployed_is_drift_and_deployed(
    stored: Any, by_hand: Any, *, secret: bool
) -> None:
    known = {"THEME": stored}
    now = known | {"THEME (running)": by_hand}

    [site] = preview(refreshed(known, now), changed(now, known)).sites

    assert (site.deploys, site.causes) == (True, (ChangeCause.DRIFT,))
    [change] = site.variables
    assert (change.name, change.secret, change.by_hand) == ("THEME", secret, True)


def test_what_a_failed_update_has_set_and_not_deployed_is_a_change_of_mirrors_and_deployed() -> None:
    known = {"DATABASE_URL": ROTATED, "DATABASE_URL (running)": DATABASE}

    [site] = preview(refreshed(known, known), changed(known, {"DATABASE_URL": ROTATED})).sites

    assert (site.deploys, site.causes) == (True, (ChangeCause.VARIABLES,))
    assert site.variables == (VariableChange("DATABASE_URL", "changed", secret=True),)


def test_what_was_there_before_mirrors_is_not_removed_and_nothing_is_deployed_for_it() -> None:
    known = {"THEME": "de", "TOKEN": DATABASE, "OWN": "x", "found": ["THEME", "TOKEN"]}

    [site] = preview(changed(known, {"OWN": "x", "found": known["found"]})).sites
    assert (site.deploys, site.causes) == (False, (ChangeCause.KEPT,))
    assert site.variables == (VariableChange("THEME", "kept"), VariableChange("TOKEN", "kept", secret=True))

    [site] = preview(changed(known | {"THEME (running)": "red"}, {"found": known["found"]})).sites
    assert (site.deploys, site.causes) == (True, (ChangeCause.VARIABLES, ChangeCause.KEPT))
    assert VariableChange("OWN", "removed") in site.variables


def test_what_only_the_outputs_know_as_found_is_not_removed_either() -> None:
    """An attempt has found it, and no refresh has come since."""
    known = {"THEME": "de", "OWN": "x"}
    step = update("Mirror", "de", known, {"OWN": "x"}, "THEME", outputs=RUNS | {"found": ["THEME"]})
    assert preview(step).sites[0].causes == (ChangeCause.KEPT,)


def test_what_a_killed_update_has_set_is_as_declared_and_no_drift() -> None:
    """The state does not know of it; what is declared shows that Mirrors wrote it."""
    known = {"THEME": "green", "LANGUAGE": "de"}
    now = known | {"THEME": "red", "THEME (running)": "green"}

    [site] = preview(refreshed(known, now), changed(now, {"THEME": "red", "LANGUAGE": "fr"})).sites

    assert (site.deploys, site.causes) == (True, (ChangeCause.VARIABLES,))
    assert site.variables == (VariableChange("LANGUAGE", "changed"), VariableChange("THEME", "changed"))


def test_a_deployment_by_hand_does_not_make_a_secret_that_was_declared_anew_drift() -> None:
    known = {"DATABASE_URL": DATABASE, "release": "r1"}
    now = known | {"release": "r2"}

    [site] = preview(refreshed(known, now), changed(now, {"DATABASE_URL": ROTATED, "release": "r2"})).sites

    assert site.causes == (ChangeCause.VARIABLES,)
    assert site.variables == (VariableChange("DATABASE_URL", "changed", secret=True),)


def test_without_a_refresh_nothing_is_taken_for_drift() -> None:
    [site] = preview(changed({"THEME": "red", "THEME (running)": "green"}, {"THEME": "blue"})).sites

    assert (site.deploys, site.causes, site.variables) == (
        True,
        (ChangeCause.VARIABLES,),
        (VariableChange("THEME", "changed"),),
    )


def test_a_variable_with_the_name_of_a_property_is_one_all_the_same() -> None:
    [site] = preview(changed({}, {"=release": "x"})).sites

    assert (site.causes, site.variables) == ((ChangeCause.VARIABLES,), (VariableChange("release", "added"),))


@pytest.mark.parametrize(
    ("op", "found", "cause"),
    [
        ("create", [], ChangeCause.FIRST),
        ("create", ["THEME"], ChangeCause.FIRST),
        ("create", ["SITE_ID"], ChangeCause.ADOPTED),
        ("create-replacement", ["SITE_ID"], ChangeCause.OTHER_ENVIRONMENT),
        ("replace", ["SITE_ID"], ChangeCause.OTHER_ENVIRONMENT),
    ],
)
@pytest.mark.parametrize("kind", ["Mirror", "OriginalSite"])
def test_a_site_that_is_new_here_gets_all_variables_and_none_is_listed(
    kind: str, op: str, found: list[str], cause: ChangeCause
) -> None:
    [site] = preview(step(op, kind, "de", new={"SITE_ID": "2", "found": found})).sites

    assert (site.deploys, site.causes, site.variables) == (True, (cause,), ())


NEW = step("create", "Mirror", "de", new={"found": ["DATABASE_URL"]})
NOT_DEPLOYED = update("Mirror", "de", {"SITE_ID": "2"}, {"SITE_ID": "2", "release": "r1"}, "release", outputs={})
"""After a first attempt that failed the state has the variables, and no deployment."""


@pytest.mark.parametrize(
    ("new", "judgement", "cause", "why"),
    [
        (NEW, FirstDeploymentForecast(runs_as_declared=True), ChangeCause.RUNS_AS_DECLARED, ""),
        (
            NEW,
            FirstDeploymentForecast(runs_as_declared=False, why="it runs without SITE_ID"),
            ChangeCause.ADOPTED,
            "it runs without SITE_ID",
        ),
        (NOT_DEPLOYED, FirstDeploymentForecast(runs_as_declared=True), ChangeCause.UNVERIFIED, ""),
        (
            NOT_DEPLOYED,
            FirstDeploymentForecast(runs_as_declared=False, why="it runs with another THEME"),
            ChangeCause.FAILED,
            "it runs with another THEME",
        ),
        (
            NOT_DEPLOYED,
            FirstDeploymentForecast(runs_as_declared=False, why="never", ran_before=False),
            ChangeCause.FIRST,
            "",
        ),
    ],
    ids=["runs as declared", "runs otherwise", "was never healthy", "was never deployed as declared", "never deployed"],
)
def test_what_the_platform_shows_decides_whether_a_new_deployment_is_one(
    new: Json, judgement: FirstDeploymentForecast, cause: ChangeCause, why: str
) -> None:
    engine = {"steps": [new]}
    assert find_unclear_deployments(engine) == ["de"]
    [site] = summarize_preview(engine, settings("de"), "test", judgements={"de": judgement}).sites
    assert (site.causes, site.deploys, site.why) == ((cause,), not judgement.runs_as_declared, why)


def test_a_variable_that_becomes_a_secret_with_the_value_that_it_has_is_no_deployment() -> None:
    engine = {"steps": [changed({"THEME": "x"}, {"THEME": {"fingerprint": "of x"}})]}
    also = {"steps": [changed({"THEME": "x", "COLOUR": "a"}, {"THEME": {"fingerprint": "of x"}, "COLOUR": "b"})]}
    assert (find_unclear_deployments(engine), find_unclear_deployments(also)) == (["de"], [])

    adopted = FirstDeploymentForecast(runs_as_declared=True)
    [site] = summarize_preview(engine, settings("de"), "test", judgements={"de": adopted}).sites
    assert (site.deploys, site.variables) == (False, (VariableChange("THEME", "changed", secret=True),))


def test_an_attempt_that_stopped_half_way_deploys_nothing_once_no_site_follows_releases() -> None:
    """The inputs have the attempt's release, and the outputs the one that the site runs."""
    new = {"release": "r2", "THEME": "b"}
    step_ = update("Mirror", "de", {"release": "r2", "THEME": "a"}, new, "THEME", outputs=RUNS | {"release": "r1"})
    step_["oldState"]["outputs"]["THEME"] = "b"
    manual = settings("de", rollout={"follow": "manual"})
    [kept], [named] = (
        summarize_preview({"steps": [step_]}, manual, "test", manual_release_sites=sites).sites
        for sites in ((), ("de",))
    )
    assert (kept.deploys, named.deploys) == (False, True)


def test_a_first_deployment_that_failed_is_tried_again_and_its_variables_are_not_listed() -> None:
    [site] = preview(NOT_DEPLOYED).sites

    assert (site.causes, site.deploys, site.variables) == ((ChangeCause.FAILED,), True, ())


def test_a_failure_that_was_collected_is_deployed_again_with_what_else_changes() -> None:
    failed = RUNS | {"failed": "acme-de (test): it failed", "attempt": "a-1"}
    known = {"DATABASE_URL": ROTATED, "DATABASE_URL (running)": DATABASE}

    release = {"release": "r-2"}
    [again] = preview(update("Mirror", "de", release, release, outputs=failed | {"release": "r-1"})).sites
    [taken_back] = preview(update("Mirror", "de", {}, {}, outputs=failed)).sites
    keys = ("DATABASE_URL (running)",)
    [site] = preview(update("Mirror", "de", known, {"DATABASE_URL": ROTATED}, *keys, outputs=failed)).sites

    assert (again.causes, again.deploys, again.variables) == ((ChangeCause.FAILED,), True, ())
    assert (taken_back.causes, taken_back.deploys) == ((ChangeCause.FAILED,), False), "it runs what is declared"
    assert (site.causes, site.deploys) == ((ChangeCause.VARIABLES, ChangeCause.FAILED), True)


def test_a_site_that_was_not_healthy_where_failures_are_collected_is_asked_again_and_not_deployed() -> None:
    declared = {"release": "r-1", "verified": True}
    reached = RUNS | {"verified": False, "failed": "acme-de (test): it was not healthy", "attempt": "a-1"}

    [site] = preview(update("Mirror", "de", declared, declared, outputs=reached)).sites

    assert (site.causes, site.deploys) == ((ChangeCause.FAILED, ChangeCause.UNVERIFIED), False)


def test_what_a_failed_update_left_undone_is_deployed_where_the_inputs_are_still_its_own() -> None:
    reached = {"deployment": "d-1", "THEME (running)": "de", "release": "r-1"}
    inputs = {"THEME": "fr", "release": "r-2"}

    [site] = preview(update("Mirror", "de", inputs, inputs, outputs=reached)).sites

    assert (site.causes, site.deploys) == ((ChangeCause.VARIABLES, ChangeCause.FAILED), True)
    assert site.variables == (VariableChange("THEME", "changed"),)


@pytest.mark.parametrize(
    ("keys", "cause", "deploys"),
    [([], ChangeCause.FAILED, False), (["site"], ChangeCause.RECORD, False), (["verified"], ChangeCause.RECORD, False)],
)
def test_other_reasons_for_an_update_of_a_site(keys: list[str], cause: ChangeCause, *, deploys: bool) -> None:
    [site] = preview(update("Mirror", "de", {}, {}, *keys)).sites

    assert (site.causes, site.deploys) == ((cause,), deploys)


def test_a_site_is_asked_for_its_health_where_that_is_wanted_now() -> None:
    [asked] = preview(update("Mirror", "de", {}, {"verified": True}, "verified")).sites
    [no_more] = preview(update("Mirror", "de", {"verified": True}, {}, "verified")).sites

    assert (asked.causes, asked.deploys) == ((ChangeCause.UNVERIFIED,), False)
    assert (no_more.causes, no_more.deploys) == ((ChangeCause.RECORD,), False)


def test_sites_to_which_the_same_happens_are_one_group_of_their_wave() -> None:
    slugs = [f"m{number:03}" for number in range(300)]
    declared = settings(*slugs, rollout={"waves": [1, "10%", "100%"]})
    released = [changed({"release": "1"}, {"release": "2"}, slug) for slug in reversed(slugs)]
    original = update("OriginalSite", "acme", {}, {"THEME": "x"}, "THEME")
    other = update("Mirror", "m299", {}, {}, "verified")

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

    found = preview(update("Mirror", "de", {}, {}, "site"), update("Mirror", "fr", {}, {}, "site"), declared=declared)

    assert [group.example.wave for group in found.groups] == [1, None]
    assert found.rollout.held == ("de",)


def test_all_are_one_wave_where_the_program_reports_a_repair() -> None:
    declared = settings("de", "fr", rollout={"waves": [1, "100%"]})

    found = preview(
        changed({}, {"DATABASE_URL": DATABASE}, "fr"),
        said=[("info", "a line for readers\n")],
        declared=declared,
        reported=ReportedEvents(rotates_credentials=True, lines=frozenset({"a line for readers"})),
    )

    assert (found.rollout.rotates_credentials, found.sites[0].wave, found.notes) == (True, 1, ())


def test_ids_that_are_given_retired_and_freed_are_reported() -> None:
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

    assert (found.assigned_ids, found.retired_ids, found.unretired_ids) == (
        {"it": 3, "back": 7},
        {2: "gone"},
        {7: "back"},
    )
    assert (found.changed_resources, found.other_changes) == (1, ())


def test_a_mirror_off_the_list_leaves() -> None:
    found = preview(step("delete", "Mirror", "it", old={"SITE_ID": "5"}))

    assert (found.removed_sites, found.sites, found.other_changes) == (("it",), (), ())
    assert found.removal_effect == DIVIO_WORDS.removed


def test_shared_values_that_point_elsewhere_are_reported_with_both_places() -> None:
    old, new = ({"identities": {"DATABASE_URL": place}} for place in ("postgres://a/b", "postgres://a/c"))

    found = preview(update("Original", "acme", old, new, "identities", "variables"))

    assert found.changed_services == {"DATABASE_URL": ("postgres://a/b", "postgres://a/c")}


def test_what_has_no_place_of_its_own_is_named() -> None:
    found = preview(
        step("update", "random:index:RandomId", "theirs", old={}, new={}),
        step("delete", "OriginalSite", "acme", old={}),
        step("delete-replaced", "Mirror", "de", old={}),
    )

    assert found.other_changes == (
        "OriginalSite acme: delete",
        "random:index:RandomId theirs: update",
    )


def test_problems_and_notes_are_reported_once_without_what_the_engine_puts_before_them() -> None:
    found = preview(
        said=[
            ("error", f"error: {IN_CLEAR.line}\n"),
            ("error", f"error: {TYPES}SiteIds resource 'acme' has a problem: {FAILED.line}\n"),
            ("error", f"error: {TYPES}SiteIds resource 'acme' has a problem: {FAILED.line}\n"),
            ("error", "error: Exception calling application: no such plugin\n"),
            ("error", f"error: Preview failed: Exception calling application: {AT_A_SITE.line}\n"),
            ("error", "error: preview failed\n"),
            ("info", "rollout: wave 1: 1 site: de\n"),
            ("info", "rollout: new, and not reached before the pause: it\n"),
            ("warning", "warning: one\n\ntwo\n"),
            ("debug", "not for anybody"),
        ],
        reported=ReportedEvents(
            (IN_CLEAR, FAILED, AT_A_SITE),
            (Note("new, and not reached before the pause: it"),),
            lines=frozenset({"rollout: wave 1: 1 site: de", "rollout: new, and not reached before the pause: it"}),
        ),
    )

    assert found.problems == (IN_CLEAR, FAILED, replace(AT_A_SITE, site="de"), Problem("engine", "no such plugin"))
    assert found.notes == ("new, and not reached before the pause: it", "one", "two")


def test_no_one_is_asked_to_take_the_protection_off_the_ids() -> None:
    urn = f"urn:pulumi:test::acme::mirrors:index:Fleet${TYPES}SiteIds::site-ids"
    advice = f"resource {urn!r} cannot be deleted\nbecause it is protected. To unprotect the resource, remove the"
    found = preview(said=[("error", f"error: {advice} `protect` flag, or use: `pulumi state unprotect '{urn}'`\n")])

    [problem] = found.problems
    assert problem.code == "ledger-would-be-deleted"
    assert "unprotect" not in problem.line


def test_what_is_said_of_many_sites_in_the_same_words_is_said_once() -> None:
    notes = (
        *(Note("not known yet", site) for site in ("de", "fr", "de")),
        *(Note("odd", "ch"), Note("not known yet")),
    )

    found = preview(
        said=[("warning", f"warning: {note.line}\n") for note in notes] + [("info", "de: of another program\n")],
        reported=ReportedEvents(notes=notes),
    )

    assert found.notes == ("2 sites: de, fr: not known yet", "ch: odd", "not known yet", "de: of another program")


def test_an_engine_that_did_nothing_is_no_error() -> None:
    assert summarize_preview({}, settings("de"), "test").changed_resources == 0
