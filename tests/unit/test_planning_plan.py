"""Problems that need no state are found before anything is written, all of them at once."""

import shlex
from dataclasses import replace

import pytest

from mirrors.planning.observed import ObservedVariable
from mirrors.planning.plan import find_hidden_databases, plan_fleet
from mirrors.planning.site_ids.allocate import allocate
from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.planning.variables.dsn import normalize_identity
from tests.unit.fleets import DATABASE, STORAGE, converged, deployment, fresh, original, seen, settings


def test_a_sound_fleet_is_planned_without_problems() -> None:
    planned = plan_fleet(settings("acme-de"), seen(fresh("acme-de")))
    assert planned.problems == ()
    assert planned.original is not None
    assert planned.original.release == "r1"
    assert planned.original.shared == {"DATABASE_URL": DATABASE, "DEFAULT_STORAGE_DSN": STORAGE}
    assert [(site.slug, site.environment) for site in planned.mirrors] == [("acme-de", "e-acme-de")]


def test_a_missing_mirror_names_the_way_to_make_it() -> None:
    [problem] = plan_fleet(settings("acme-de", "acme-xx"), seen(fresh("acme-de"))).problems
    assert (problem.code, problem.site) == ("application-not-found", "acme-xx")
    assert problem.line == (
        "acme-xx: this token sees no application of this name. Create it once in the Control Panel:"
        ' "acme" > Settings > Duplicate > Mirror, name "acme-xx". Or take it off the list [application-not-found]'
    )


def test_a_slip_in_a_slug_is_reported_before_the_way_to_make_a_mirror() -> None:
    there = seen(fresh("acme-de"), applications={slug: f"u-{slug}" for slug in ("acme", "acme-de", "acme-fr")})
    (problem,) = plan_fleet(settings("acme-de", "acme-frr"), there).problems
    assert problem.remedy.startswith("Did you mean acme-fr? Otherwise create it once in the Control Panel")
    (problem,) = plan_fleet(settings("acme-de", "acmee"), there).problems
    assert problem.remedy.startswith("Create it once"), "the original is no mirror"


def test_a_missing_original_is_said_together_with_the_mirrors_that_are_missing() -> None:
    problems = plan_fleet(settings("acme-de", "acme-xx"), seen(fresh("acme-de"), original=None)).problems
    assert [(problem.code, problem.site) for problem in problems] == [
        ("application-not-found", "acme"),
        ("application-not-found", "acme-xx"),
    ]
    assert problems[0].remedy.endswith("formerly: acme")


def test_an_original_never_deployed_is_said_for_both_environments() -> None:
    never = seen(original=original(deployments=(), deployed_variables={}), releases=())
    problems = plan_fleet(settings(), never).problems
    assert {(problem.code, problem.site) for problem in problems} == {("original-never-deployed", "acme")}
    assert [problem.message.partition(" ")[0] for problem in problems] == ["Test", "Live"]
    assert [problem.remedy for problem in problems] == ["Deploy acme in Test first", "Deploy acme in Live first"]


def test_a_failed_deployment_of_the_original_does_not_count() -> None:
    failed = seen(original=original(deployments=(deployment("d1", 0, 1, success=False),), deployed_variables={}))
    [problem] = plan_fleet(settings(), failed).problems
    assert (problem.code, problem.remedy) == ("original-never-deployed", "Deploy acme in Test first")


def test_a_matching_image_needs_no_live_deployment() -> None:
    planned = plan_fleet(
        settings(imageFrom="matching"), seen(image_environment="e-acme", releases=(deployment("d1", 0, 1),))
    )
    assert planned.problems == ()


def test_every_problem_is_found_at_once() -> None:
    fleet = seen(replace(fresh("acme-de"), environment=None), releases=())
    problems = plan_fleet(settings("acme-de", "acme-xx"), fleet).problems
    assert [(problem.code, problem.site) for problem in problems] == [
        ("application-not-found", "acme-xx"),
        ("environment-not-found", "acme-de"),
        ("original-never-deployed", "acme"),
    ]


def test_a_shared_value_that_is_not_shown_needs_a_stand_in() -> None:
    hidden = seen(original=original(deployed_variables={"DATABASE_URL": None, "DEFAULT_STORAGE_DSN": STORAGE}))
    [problem] = plan_fleet(settings(), hidden).problems
    assert (problem.code, problem.site) == ("shared-value-unknown", "acme")
    assert "DATABASE_URL is hidden by the platform" in problem.line
    assert "mirrors:sharedValues.DATABASE_URL" in problem.remedy
    planned = plan_fleet(settings(sharedValues={"DATABASE_URL": DATABASE}), hidden)
    assert planned.problems == ()
    assert planned.original is not None
    assert planned.original.shared["DATABASE_URL"] == DATABASE


def test_a_shared_value_that_is_empty_is_said_to_be_empty() -> None:
    empty = seen(original=original(deployed_variables={"DATABASE_URL": "", "DEFAULT_STORAGE_DSN": STORAGE}))
    [problem] = plan_fleet(settings(), empty).problems
    assert (problem.code, problem.site) == ("shared-value-unknown", "acme")
    assert "DATABASE_URL is empty. Set it" in problem.line


def test_a_stand_in_that_differs_from_what_is_shown_is_a_problem_without_either_value() -> None:
    [problem] = plan_fleet(settings(sharedValues={"DATABASE_URL": "postgres://u:other99@h/d"}), seen()).problems
    assert (problem.code, problem.site) == ("shared-value-differs", "acme")
    assert problem.path == "mirrors:sharedValues.DATABASE_URL"
    assert "other99" not in problem.line
    assert "hunter22" not in problem.line


def test_an_observed_site_id_counts_only_beside_the_shared_database() -> None:
    mirror = converged("acme-de", 7)
    own_database = {**mirror.variables, "DATABASE_URL": ObservedVariable("postgres://a:b@elsewhere/own")}
    for variables, expected in (
        (mirror.variables, 7),
        (own_database, None),
        ({"SITE_ID": ObservedVariable("7")}, None),
    ):
        facts = plan_fleet(settings("acme-de"), seen(replace(mirror, variables=variables))).site_facts
        assert [item.observed for item in facts] == [1, expected]


def test_what_a_mirror_shows_of_its_database_is_compared_unless_someone_confirms_it() -> None:
    mirror = converged("acme-de", 7)
    own = {**mirror.variables, "DATABASE_URL": ObservedVariable("postgresql://a:hunter33@Elsewhere/own")}
    fleet = seen(replace(mirror, variables=own))
    acme, hint = plan_fleet(settings("acme-de"), fleet).site_facts
    assert (acme.database, hint.database) == (
        "postgres://db.example.com:5432/acme-test",
        "postgres://elsewhere:5432/own",
    )
    assert hint.observed is None
    confirmed = plan_fleet(settings("acme-de", confirmDatabase="psql://elsewhere/own, x"), fleet).site_facts[1]
    assert (confirmed.database, confirmed.observed) == (None, 7), "the id of a copy with an old address stays its own"
    assert plan_fleet(settings("acme-de"), seen(mirror)).site_facts[1].database is None


def test_a_service_that_test_and_live_have_in_common_is_a_problem_without_its_password() -> None:
    same = {
        "DATABASE_URL": DATABASE.replace("hunter22", "other-password"),
        "DEFAULT_STORAGE_DSN": "s3://k:s@live.s3.amazonaws.com/",
    }
    [problem] = plan_fleet(settings(), seen(other_environment_variables=same)).problems
    assert (problem.code, problem.site) == ("environments-share-service", "acme")
    assert "DATABASE_URL is the same in Test and in Live, postgres://db.example.com:5432/acme-test" in problem.line
    assert "hunter22" not in problem.line


@pytest.mark.parametrize(
    ("here", "there", "confirmed"),
    [
        ("postgres://u:hunter/22@db/acme", "postgres://u:hunter/22@db/acme", "unreadable:acme:DATABASE_URL"),
        ("postgres://u:hunter/22@db/acme", "postgres://u:hunter/33@db/acme", "unreadable:acme:DATABASE_URL"),
        ("postgres://u:p@db/acme", "postgres://u:p@db/acme?service=live", "postgres://db/acme"),
        ("postgres://u:p@/acme?service=test", "postgres://u:p@/acme?service=live", "postgres:///acme?service=test"),
        ("postgres://u:p@db/acme?currentSchema=a", "postgres://u:p@db/acme", "postgres://db/acme?currentSchema=a"),
        ("gs://u:p@test/media", "gs://u:p@live/media", "gs://test/media"),
    ],
)
def test_where_mirrors_cannot_tell_test_and_live_apart_someone_has_to_confirm_that_they_are_two(
    here: str, there: str, confirmed: str
) -> None:
    odd = {"DATABASE_URL": here, "DEFAULT_STORAGE_DSN": STORAGE}
    fleet = seen(original=original(deployed_variables=odd), other_environment_variables={"DATABASE_URL": there})
    [problem] = plan_fleet(settings(), fleet).problems
    assert (problem.code, problem.site) == ("service-not-comparable", "acme")
    assert "hunter" not in problem.line
    for other in (
        "postgres://another/one",
        "unreadable",
        "unreadable:acme:DEFAULT_STORAGE_DSN",
        "unreadable:acme-de:x",
    ):
        assert plan_fleet(settings(confirmDatabase=other), fleet).problems == (problem,)
    assert normalize_identity(confirmed) == shlex.split(problem.remedy[problem.remedy.rindex("'pulumi") + 1 : -1])[4]
    assert plan_fleet(settings(confirmDatabase=confirmed), fleet).problems == ()


@pytest.mark.parametrize(
    ("test", "live"),
    [
        ("az://acmetest:KEY@blob.core.windows.net/media/", "az://acmelive:KEY@blob.core.windows.net/media/"),
        ("az://acme:KEY@blob.core.windows.net/test/", "az://acme:KEY@blob.core.windows.net/live/"),
    ],
)
def test_two_storages_of_azure_are_two(test: str, live: str) -> None:
    mine = {**original().deployed_variables, "DEFAULT_STORAGE_DSN": test}
    assert (
        plan_fleet(
            settings(),
            seen(original=original(deployed_variables=mine), other_environment_variables={"DEFAULT_STORAGE_DSN": live}),
        ).problems
        == ()
    )


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("timescale://u:p@db/acme", "postgres://w:q@db/acme"),
        ("mysql2://u:p@db/acme", "mysql://w:q@db/acme"),
        ("postgres://u:p@/acme?host=/cloudsql/a:b:c", "postgres:////cloudsql/a:b:c/acme"),
        ("postgres://u:p@h1,h2/acme", "postgres://u:p@h2,h1:5432/acme"),
    ],
)
def test_one_service_is_one_in_each_spelling(here: str, there: str) -> None:
    mine = {**original().deployed_variables, "DATABASE_URL": here}
    [problem] = plan_fleet(
        settings(),
        seen(original=original(deployed_variables=mine), other_environment_variables={"DATABASE_URL": there}),
    ).problems
    assert (problem.code, problem.site) == ("environments-share-service", "acme")
    assert problem.message.startswith("DATABASE_URL ")


def test_a_mirror_whose_database_cannot_be_compared_is_not_taken_over_unconfirmed() -> None:
    mirror = converged("acme-de", 7)
    own = {**mirror.variables, "DATABASE_URL": ObservedVariable("postgres://a:b@/own?service=x")}
    fleet = seen(replace(mirror, variables=own))
    hint = plan_fleet(settings("acme-de"), fleet).site_facts[1]
    assert (hint.database, hint.observed) == ("postgres:///own?service=x", None)
    confirmed = plan_fleet(settings("acme-de", confirmDatabase=hint.database), fleet).site_facts[1]
    assert (confirmed.database, confirmed.observed) == (None, 7)


@pytest.mark.parametrize(
    ("own", "asked"),
    [("postgres://a:b/c@h/one", False), ("postgres://a:b/c@h/two", True), ("postgres://a:b/d@h/one", True)],
)
def test_two_databases_that_mirrors_cannot_read_are_one_only_to_the_letter(own: str, asked: bool) -> None:
    shared = {**original().deployed_variables, "DATABASE_URL": "postgres://a:b/c@h/one"}
    mirror = converged("acme-de", 7)
    variables = {**mirror.variables, "DATABASE_URL": ObservedVariable(own), "MIRRORS_APPLICATION": ObservedVariable("")}
    there = seen(replace(mirror, variables=variables), original=original(deployed_variables=shared))
    problems = allocate(Ledger(), AllocationRequest(plan_fleet(settings("acme-de"), there).site_facts)).problems
    assert ("mirror-has-another-database" in [problem.code for problem in problems]) is asked


@pytest.mark.parametrize(
    ("confirmed", "asked"),
    [
        ("unreadable", True),
        ("unreadable:acme:DATABASE_URL", True),
        ("unreadable:acme-fr:DATABASE_URL", True),
        ("unreadable:acme-de:DEFAULT_STORAGE_DSN", True),
        ("unreadable:acme-de:DATABASE_URL", False),
    ],
)
def test_a_confirmation_of_what_cannot_be_read_counts_for_the_value_that_it_names_alone(
    confirmed: str, asked: bool
) -> None:
    mirror = converged("acme-de", 7)
    variables = {**mirror.variables, "DATABASE_URL": ObservedVariable("postgres://a:b/c@h/one")}
    variables.pop("MIRRORS_APPLICATION")
    facts = plan_fleet(
        settings("acme-de", confirmDatabase=confirmed), seen(replace(mirror, variables=variables))
    ).site_facts
    problems = allocate(Ledger(), AllocationRequest(facts, stack="test")).problems
    found = [(problem.code, problem.site) for problem in problems]
    assert found == [("mirror-has-another-database", "acme-de")] * asked
    if asked:
        assert problems[0].remedy.endswith("mirrors:confirmDatabase unreadable:acme-de:DATABASE_URL -s test'")


def test_a_question_of_the_plan_names_the_stack() -> None:
    fleet = seen(
        original=original(deployed_variables={**original().deployed_variables, "DATABASE_URL": "gs://u:p@one/a"})
    )
    fleet = replace(fleet, other_environment_variables={"DATABASE_URL": "gs://u:p@two/a"})
    [problem] = plan_fleet(settings().with_stack("acme-test"), fleet).problems
    assert problem.remedy.endswith("'pulumi config set mirrors:confirmDatabase gs://one/a -s acme-test'")


@pytest.mark.parametrize(("slug", "said"), [("acme-odl", "Did you mean acme-old?"), ("italia", "Check the slug")])
def test_an_id_that_is_reserved_for_an_application_which_is_not_there_is_a_problem(slug: str, said: str) -> None:
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]}
    there = seen(fresh("acme-de"), applications={"acme": "u-acme", "acme-de": "u-acme-de", "acme-old": "u-old"})
    [problem] = plan_fleet(settings(fleet={**fleet, "reservedFor": {slug: 9}}), there).problems
    assert (problem.code, problem.site, problem.path) == (
        "reserved-for-unknown",
        slug,
        f"mirrors:fleet.reservedFor.{slug}",
    )
    assert problem.remedy.startswith(said)
    assert problem.remedy.endswith("mirrors:fleet.reservedSiteIds: [9]")
    for known in ("acme-old", "acme-de"):
        assert plan_fleet(settings(fleet={**fleet, "reservedFor": {known: 9}}), there).problems == ()


def test_a_shared_variable_that_names_no_service_may_be_the_same_in_test_and_live() -> None:
    sentry = {"SENTRY_DSN": "https://key@sentry.example.com/1"}
    shared = seen(
        original=original(deployed_variables={**original().deployed_variables, **sentry}),
        other_environment_variables=sentry,
    )
    fleet = {"original": {"application": "acme"}, "shared": ["DATABASE_URL", "DEFAULT_STORAGE_DSN", "SENTRY_DSN"]}
    assert plan_fleet(settings(fleet=fleet), shared).problems == ()


def test_a_site_id_beside_the_shared_database_that_cannot_be_read_is_marked() -> None:
    mirror = converged("acme-de", 7)
    for value in (None, "seven", "0", "9" * 20):
        odd = replace(
            mirror, variables={**mirror.variables, "SITE_ID": ObservedVariable(value, sensitive=value is None)}
        )
        hint = plan_fleet(settings("acme-de"), seen(odd)).site_facts[1]
        assert (hint.observed, hint.has_unreadable_id) == (None, True)


@pytest.mark.parametrize(
    ("running", "own", "observed", "unreadable"),
    [
        ({}, {}, 1, False),
        ({"SITE_ID": "7"}, {}, 7, False),
        ({"SITE_ID": None}, {}, None, True),
        ({"SITE_ID": "seven"}, {}, None, True),
        ({}, {"SITE_ID": ObservedVariable(None, sensitive=True)}, None, True),
        ({}, {"SITE_ID": ObservedVariable("7")}, 1, False),
    ],
)
def test_an_original_without_a_site_id_runs_with_1_and_one_that_is_not_shown_is_not_guessed(
    running: dict[str, str | None], own: dict[str, ObservedVariable], observed: int | None, unreadable: bool
) -> None:
    fleet = seen(original=original(deployed_variables={**original().deployed_variables, **running}, variables=own))
    hint = plan_fleet(settings(), fleet).site_facts[0]
    assert (hint.observed, hint.has_unreadable_id) == (observed, unreadable)


def test_of_an_original_that_was_never_deployed_no_site_id_is_known() -> None:
    hint = plan_fleet(settings(), seen(original=original(deployments=(), deployed_variables={}))).site_facts[0]
    assert (hint.observed, hint.has_unreadable_id) == (None, False)


def test_a_copy_from_the_other_environment_is_called_one_unless_it_is_managed_or_given_up() -> None:
    live = "postgres://acme:secret@db.example.com:5432/acme-live"
    wrong = replace(
        fresh("acme-de"), variables={"DATABASE_URL": ObservedVariable(live), "SITE_ID": ObservedVariable("2")}
    )
    fleet = seen(wrong, other_environment_variables={"DATABASE_URL": live})
    identity = "postgres://db.example.com:5432/acme-live"
    [problem] = plan_fleet(settings("acme-de"), fleet).problems
    assert (problem.code, problem.site) == ("database-of-other-environment", "acme-de")
    assert identity in problem.message
    assert "secret" not in problem.line
    assert plan_fleet(settings("acme-de", confirmDatabase=identity), fleet).problems == ()
    managed = replace(wrong, variables={**wrong.variables, "MIRRORS_APPLICATION": ObservedVariable("acme-de")})
    assert plan_fleet(settings("acme-de"), replace(fleet, mirrors={"acme-de": managed})).problems == ()


def test_a_database_that_is_set_and_not_shown_is_to_be_looked_up_and_no_other() -> None:
    shown = replace(fresh("acme-fr"), variables={"DATABASE_URL": ObservedVariable(DATABASE)})
    planned = plan_fleet(
        settings("acme-de", "acme-fr", "acme-ch"), seen(converged("acme-de", 2), shown, fresh("acme-ch"))
    )
    assert find_hidden_databases(planned.mirrors) == {"u-acme-de": "e-acme-de"}
