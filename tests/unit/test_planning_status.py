"""The state of a site, as ``mirrors status`` tells it."""

from dataclasses import replace

import pytest

from mirrors.planning.observed import ObservedSite, ObservedVariable
from mirrors.planning.reports.site_status import CONVERGED_CONDITIONS, SiteCondition, SiteStatus
from mirrors.planning.reports.status import list_retired_statuses, list_site_statuses
from tests.unit.fleets import DATABASE, converged, deployment, fresh, original, seen, settings

SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")


def status_of(mirror: ObservedSite | None, **changes: object) -> SiteStatus:
    sites = [mirror] if mirror else []
    return list_site_statuses(settings("acme-de"), seen(*sites, **changes), {"acme": 1, "acme-de": 2})[1]


GOOD = converged("acme-de", 2)
FAILED = deployment("x", 9, 10, success=False)
RUNNING_WITH_9 = replace(GOOD, deployed_variables={**GOOD.deployed_variables, "SITE_ID": "9"})
EDITED = replace(GOOD, variables={**GOOD.variables, "SITE_ID": ObservedVariable("9")})
WITHOUT_DATABASE = replace(GOOD, variables={k: v for k, v in GOOD.variables.items() if k != "DATABASE_URL"})

ROTATED = replace(
    GOOD, deployed_variables={**GOOD.deployed_variables, "DATABASE_URL": DATABASE.replace("hunter22", "before")}
)


@pytest.mark.parametrize(
    ("mirror", "state", "detail"),
    [
        (GOOD, SiteCondition.CONVERGED, ""),
        (None, SiteCondition.MISSING, "acme-de"),
        (fresh("acme-de"), SiteCondition.NOT_DEPLOYED, "never deployed"),
        (replace(GOOD, deployments=(*GOOD.deployments, deployment("x", 9))), SiteCondition.DEPLOYING, "running"),
        (replace(EDITED, deployments=(*GOOD.deployments, FAILED)), SiteCondition.FAILED, "x failed; the one before it"),
        (replace(fresh("acme-de"), deployments=(FAILED,)), SiteCondition.FAILED, "x failed; nothing serves"),
        (replace(GOOD, deployments=(*GOOD.deployments, FAILED)), SiteCondition.CONVERGED, ""),
        (EDITED, SiteCondition.VARIABLES_DIFFER, "not as declared: SITE_ID"),
        (WITHOUT_DATABASE, SiteCondition.VARIABLES_DIFFER, "not as declared: DATABASE_URL (missing)"),
        (RUNNING_WITH_9, SiteCondition.VARIABLES_DIFFER, "set, but not deployed: SITE_ID"),
        (ROTATED, SiteCondition.VARIABLES_DIFFER, "does not run with the declared value: DATABASE_URL"),
    ],
)
def test_the_state_of_a_mirror(mirror: ObservedSite | None, state: SiteCondition, detail: str) -> None:
    status = status_of(mirror)
    assert status.state == state
    assert detail in " ".join(status.details)


def test_of_a_value_that_is_not_shown_no_one_says_that_it_is_set() -> None:
    stale = replace(ROTATED, deployed_variables={**ROTATED.deployed_variables, "SITE_ID": "9"})
    assert status_of(stale).details == (
        "set, but not deployed: SITE_ID; does not run with the declared value: DATABASE_URL",
    )


def test_a_missing_variable_does_not_hide_a_stale_password_nor_an_older_release() -> None:
    without_owner = {name: item for name, item in ROTATED.variables.items() if name != "SITE_ID"}
    stale = replace(ROTATED, variables=without_owner)
    status = status_of(stale, releases=(deployment("r1", 0, 1), deployment("r2", 8, 9)))

    assert status.state is SiteCondition.VARIABLES_DIFFER
    assert status.details == (
        "not as declared: SITE_ID (missing); does not run with the declared value: DATABASE_URL",
        "runs release r1, the original has r2",
    )


def test_a_value_that_is_set_wrongly_is_not_said_to_be_set_and_undeployed() -> None:
    both = replace(RUNNING_WITH_9, variables=EDITED.variables)
    assert status_of(both).details == ("not as declared: SITE_ID",)


def greeted(*names: str, running: tuple[str, ...] = ()) -> ObservedSite:
    """Return a mirror that has more variables than it is declared with."""
    more = {name: ObservedVariable("hello") for name in names}
    frozen = dict.fromkeys(running or names, "hello")
    return replace(GOOD, variables={**GOOD.variables, **more}, deployed_variables={**GOOD.deployed_variables, **frozen})


def withdrawn(site: ObservedSite, *created: str) -> SiteStatus:
    """Return a state that has created these at the mirror, beside what is declared still."""
    names = {*created, "SITE_ID", "MIRRORS_APPLICATION", "DATABASE_URL", "DEFAULT_STORAGE_DSN"}
    return list_site_statuses(
        settings("acme-de"), seen(site), {"acme-de": 2}, {"e-acme-de": names, "e-other": {"THEME"}}
    )[1]


@pytest.mark.parametrize(
    ("left_out", "state"), [(SHARED, SiteCondition.CONVERGED), (SHARED[1:], SiteCondition.VARIABLES_DIFFER)]
)
def test_a_platform_may_leave_all_sensitive_variables_out_of_what_a_site_runs_with(
    left_out: tuple[str, ...], state: SiteCondition
) -> None:
    mirror = converged("acme-de", 2)
    frozen = {name: value for name, value in mirror.deployed_variables.items() if name not in left_out}
    fleet = seen(replace(mirror, deployed_variables=frozen))
    [row] = list_site_statuses(settings("acme-de"), fleet, {"acme": 1, "acme-de": 2})[1:]
    assert row.state is state


def test_a_variable_of_mirrors_that_is_declared_no_more_is_reported_as_what_an_up_removes() -> None:
    row = withdrawn(greeted("GREETING", "THEME"), "GREETING")
    assert (row.state, row.foreign) == (SiteCondition.VARIABLES_DIFFER, ("THEME",))
    assert row.details == ("no longer declared, an up removes it: GREETING",)
    assert row.state not in CONVERGED_CONDITIONS


def test_what_is_wrong_and_what_is_declared_no_more_are_reported_together() -> None:
    site = greeted("GREETING", "THEME")
    variables = {**site.variables, "SITE_ID": ObservedVariable("9")}
    row = withdrawn(replace(site, variables=variables), "GREETING", "THEME")
    assert row.details == ("not as declared: SITE_ID; no longer declared, an up removes them: THEME, GREETING",)


def test_one_that_someone_deleted_meanwhile_counts_as_long_as_the_instances_run_with_it() -> None:
    assert withdrawn(greeted(running=("GREETING",)), "GREETING").state is SiteCondition.VARIABLES_DIFFER
    assert withdrawn(GOOD, "GREETING").state is SiteCondition.CONVERGED


@pytest.mark.parametrize(("declared", "stored", "settled"), [(33, 2, False), (2, 2, True), (2, None, True)])
def test_a_declared_id_that_is_not_the_stacks_is_reported(declared: int, stored: int | None, settled: bool) -> None:
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de", "siteId": declared}]}
    row = list_site_statuses(settings(fleet=fleet), seen(GOOD), {"acme-de": stored} if stored else {})[1]
    assert (row.state in CONVERGED_CONDITIONS) is settled
    assert row.details == (
        () if settled else ("siteId 33 is declared, and the stack has 2: mirrors preview shows the change",)
    )


def test_a_declared_id_that_a_site_does_not_have_is_reported_before_the_stack_has_any() -> None:
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de", "siteId": 33}]}
    assert list_site_statuses(settings(fleet=fleet), seen(GOOD), {})[1].details == ("not as declared: SITE_ID",)


def flagged(name: str, *, sensitive: bool) -> ObservedSite:
    return replace(GOOD, variables={**GOOD.variables, name: ObservedVariable(GOOD.variables[name].value, sensitive)})


def test_a_changed_flag_is_reported_and_not_taken_for_a_changed_value() -> None:
    status = status_of(flagged("SITE_ID", sensitive=True))
    assert (status.state, status.details) == (
        SiteCondition.VARIABLES_DIFFER,
        ("not as declared: SITE_ID (flagged as sensitive)",),
    )


def test_a_declared_secret_that_is_not_flagged_is_reported() -> None:
    declared = settings("acme-de", secrets={"all": {"KEY": "k-1"}})
    site = replace(
        GOOD,
        variables={**GOOD.variables, "KEY": ObservedVariable("k-1")},
        deployed_variables={**GOOD.deployed_variables, "KEY": "k-1"},
    )
    (_, status) = list_site_statuses(declared, seen(site), {"acme-de": 2})
    assert status.details == ("not as declared: KEY (not flagged as sensitive)",)


def test_a_shared_variable_may_have_any_flag_since_an_adopted_one_keeps_its_own() -> None:
    assert status_of(flagged("DATABASE_URL", sensitive=False)).state is SiteCondition.CONVERGED


def test_sites_that_run_with_one_id_are_not_converged_whichever_of_them_was_changed() -> None:
    taken = original(deployed_variables={**original().deployed_variables, "SITE_ID": "2"})
    (first, second) = list_site_statuses(settings("acme-de"), seen(GOOD, original=taken), {"acme": 1, "acme-de": 2})
    assert (first.state, second.state) == (SiteCondition.VARIABLES_DIFFER, SiteCondition.VARIABLES_DIFFER)
    assert "runs with SITE_ID 2, and so does acme-de: they overwrite the same site" in first.details
    assert "runs with SITE_ID 2, and the stack has 1 for it" in first.details
    assert second.details == ("runs with SITE_ID 2, and so does acme: they overwrite the same site",)


def test_two_mirrors_with_one_id_are_reported_and_one_with_a_database_of_its_own_is_no_ones_twin() -> None:
    copied = replace(converged("acme-fr", 2), deployments=(*GOOD.deployments, FAILED))
    rows = list_site_statuses(
        settings("acme-de", "acme-fr"), seen(GOOD, copied), {"acme": 1, "acme-de": 2, "acme-fr": 3}
    )
    assert [row.state for row in rows] == [
        SiteCondition.CONVERGED,
        SiteCondition.VARIABLES_DIFFER,
        SiteCondition.FAILED,
    ]
    assert "so does acme-de" in rows[2].details[0]
    apart = replace(
        copied, deployed_variables={**copied.deployed_variables, "DATABASE_URL": "postgres://u:p@elsewhere/own"}
    )
    rows = list_site_statuses(
        settings("acme-de", "acme-fr"), seen(GOOD, apart), {"acme": 1, "acme-de": 2, "acme-fr": 3}
    )
    assert rows[1].state is SiteCondition.CONVERGED


def test_an_original_whose_id_is_not_shown_has_none_in_the_table() -> None:
    hidden = original(deployed_variables={**original().deployed_variables, "SITE_ID": None})
    row = list_site_statuses(settings(), seen(original=hidden), {"acme": 1})[0]
    assert (row.site_id, row.state) == (None, SiteCondition.CONVERGED)


def original_row(**more: object) -> SiteStatus:
    variables = {"THEME": ObservedVariable("dark"), "KEY": ObservedVariable(None, sensitive=True), **more}
    frozen = {**original().deployed_variables, "THEME": "dark"}
    return list_site_statuses(settings(), seen(original=original(variables=variables, deployed_variables=frozen)), {})[
        0
    ]


def test_what_someone_set_at_the_original_and_no_one_deployed_is_said_at_its_row() -> None:
    assert original_row().notes == ()
    changed = original_row(THEME=ObservedVariable("light"), DATABASE_URL=ObservedVariable(f"{DATABASE}-2"))
    assert changed.state is SiteCondition.CONVERGED, "Mirrors does not deploy it"
    assert changed.notes == (
        "set by hand since its deployment, and not deployed: THEME, DATABASE_URL; mirrors get the new value once it is",
    )


@pytest.mark.parametrize(
    ("more", "noted"),
    [({}, True), ({"imageFrom": "matching"}, False), ({"environment": "live"}, False)],
)
def test_in_test_it_is_said_that_mirrors_run_the_releases_of_live(more: dict[str, str], noted: bool) -> None:
    row = list_site_statuses(settings("acme-de", **more), seen(GOOD), {"acme-de": 2})[0]
    said = "runs its own release of Test; the mirrors' releases are those of Live (imageFrom: live)"
    assert row.notes == ((said,) if noted else ())


def test_a_mirror_of_an_older_release_is_behind_the_original() -> None:
    status = status_of(GOOD, releases=(deployment("r1", 0, 1), deployment("r2", 8, 9)))
    assert status.state == SiteCondition.OUTDATED
    assert status.release == "r1"


def test_foreign_variables_are_listed_and_change_no_state() -> None:
    status = status_of(replace(GOOD, variables={**GOOD.variables, "EXTRA": ObservedVariable("x")}))
    assert (status.state, status.foreign) == (SiteCondition.CONVERGED, ("EXTRA",))


def test_the_original_serves_site_1_unless_it_says_otherwise() -> None:
    original = list_site_statuses(settings(), seen(), {})[0]
    assert (original.role, original.site_id, original.state) == ("original", 1, SiteCondition.CONVERGED)
    assert original.url == "https://www.example.com/"


def off_the_list(database: str | None = DATABASE, site_id: str = "5") -> ObservedSite:
    frozen = {"DATABASE_URL": database, "SITE_ID": site_id, "DOMAIN": "it.example.com"}
    return ObservedSite("acme-it", "u-acme-it", "e-acme-it", {}, (deployment("d-it", 5, 6),), frozen)


def test_a_removed_site_that_goes_on_with_the_shared_database_is_listed_and_not_settled() -> None:
    (row,) = list_retired_statuses(
        settings("acme-de"), seen(), {5: "acme-it", 6: "acme-gone"}, {"acme-it": off_the_list()}
    )

    assert (row.application, row.role, row.site_id, row.state) == ("acme-it", "retired", 5, SiteCondition.REMOVED)
    assert row.state == "removed, still running"
    assert row.state not in CONVERGED_CONDITIONS
    assert row.url == "https://it.example.com/"
    assert "its SITE_ID 5 is retired" in row.details[0]


def test_the_variables_that_are_still_set_on_a_removed_site_are_named_in_the_order_of_their_removal() -> None:
    names = ("SITE_ID", "DATABASE_URL", "THEME", "MIRRORS_APPLICATION")
    kept = replace(off_the_list(), variables={name: ObservedVariable("x") for name in names})
    rows = [
        list_retired_statuses(settings(), seen(), {5: "acme-it"}, {"acme-it": site})[0]
        for site in (kept, off_the_list())
    ]

    still, gone = (row.details[0].rpartition("shared database: ")[2] for row in rows)
    assert still == (
        "remove its variables DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, in this order, and deploy it again,"
        " or delete the application"
    )
    assert gone == "deploy it again, or delete the application"
    assert rows[0].foreign == ()


def test_a_removed_site_with_a_database_of_its_own_is_not_listed() -> None:
    own = off_the_list("postgres://it:x@db.example.com:5432/it-test")

    assert list_retired_statuses(settings("acme-de"), seen(), {5: "acme-it"}, {"acme-it": own}) == ()


@pytest.mark.parametrize(("site_id", "listed"), [("5", 1), ("9", 0)])
def test_where_the_database_is_not_shown_the_retired_id_tells(site_id: str, listed: int) -> None:
    hidden = off_the_list(None, site_id)

    assert len(list_retired_statuses(settings("acme-de"), seen(), {5: "acme-it"}, {"acme-it": hidden})) == listed


def test_a_site_made_by_hand_is_converged_without_the_name_that_only_mirrors_writes() -> None:
    site = converged("acme-de", 2)
    by_hand = {name: value for name, value in site.deployed_variables.items() if name != "MIRRORS_APPLICATION"}

    (_, row) = list_site_statuses(settings("acme-de"), seen(replace(site, deployed_variables=by_hand)), {"acme-de": 2})

    assert row.state is SiteCondition.CONVERGED
