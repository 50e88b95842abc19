"""Which SITE_IDs of applications that are on no list are taken: what is set counts before it runs."""

import pytest

from mirrors.planning.adoption.account import ObservedApplication, ObservedStage
from mirrors.planning.adoption.account_ids import find_deployed_ids, find_undeclared_applications
from mirrors.planning.observed import ObservedVariable
from mirrors.planning.site_ids.facts import UndeclaredSite

SHARED = "postgres://acme:hunter22@db.example.com:5432/acme-test"
OWN = "postgres://other:hunter22@db.example.com:5432/other"
ORIGINAL = ObservedApplication("acme", stages={"test": ObservedStage({}, {"DATABASE_URL": SHARED}, deployed=True)})
HIDDEN = None
UNCLEAR = "postgres://acme:hunter22@/acme-test?service=shared"
STAGES = {"test": SHARED, "live": "postgres://acme:hunter22@db.example.com:5432/acme-live"}
IN_PART = "postgres://acme:hunter22@db.example.com,standby.example.com/acme-test"


@pytest.mark.parametrize(
    ("database", "site_id", "runs_with", "taken"),
    [
        (HIDDEN, "5", {"DATABASE_URL": OWN}, (5,)),
        (HIDDEN, "5", {"DATABASE_URL": OWN, "SITE_ID": "3"}, (3, 5)),
        (HIDDEN, "5", {"DATABASE_URL": OWN, "SITE_ID": "5"}, ()),
        (HIDDEN, "5", {"DATABASE_URL": SHARED, "SITE_ID": "3"}, (3, 5)),
        (HIDDEN, "5", {}, (5,)),
        (OWN, "5", {"DATABASE_URL": OWN}, ()),
        (OWN, "5", {"DATABASE_URL": SHARED, "SITE_ID": "5"}, (5,)),
        (SHARED, "5", {"DATABASE_URL": OWN}, (5,)),
        (UNCLEAR, "5", {"DATABASE_URL": UNCLEAR, "SITE_ID": "5"}, (5,)),
        (OWN, "5", {"DATABASE_URL": UNCLEAR, "SITE_ID": "5"}, (5,)),
        (IN_PART, "5", {"DATABASE_URL": IN_PART, "SITE_ID": "5"}, (5,)),
    ],
)
def test_an_id_that_is_set_and_one_that_runs_are_taken_unless_the_database_is_known_to_be_another(
    database: str | None, site_id: str, runs_with: dict[str, str | None], taken: tuple[int, ...]
) -> None:
    variables = {"DATABASE_URL": ObservedVariable(database), "SITE_ID": ObservedVariable(site_id)}
    other = ObservedApplication("other", stages={"test": ObservedStage(variables, runs_with, deployed=bool(runs_with))})
    assert find_undeclared_applications(ORIGINAL, [other]).get("other", UndeclaredSite()).site_ids == taken


def other(**stages: ObservedStage) -> ObservedApplication:
    return ObservedApplication("other", stages=stages)


def beside(application: ObservedApplication) -> UndeclaredSite:
    return find_undeclared_applications(ORIGINAL, [application]).get("other", UndeclaredSite())


def variables(**values: str | None) -> dict[str, ObservedVariable]:
    return {name: ObservedVariable(value, sensitive=value is None) for name, value in values.items()}


def test_a_site_whose_variables_were_removed_has_its_id_as_long_as_it_runs() -> None:
    running = ObservedStage({}, {"DATABASE_URL": SHARED, "SITE_ID": "4"}, deployed=True)
    assert beside(other(test=running)).site_ids == (4,)
    ended = ObservedStage({}, {"DATABASE_URL": OWN, "SITE_ID": "4"}, deployed=True)
    assert beside(other(test=ended)) == UndeclaredSite()


@pytest.mark.parametrize("value", ["2 ", "+2", "02", "\uff12"])
def test_an_id_is_read_as_a_site_reads_it(value: str) -> None:
    assert beside(other(test=ObservedStage(variables(DATABASE_URL=SHARED, SITE_ID=value)))) == UndeclaredSite((2,))


@pytest.mark.parametrize("value", [HIDDEN, "two", "0", ""])
@pytest.mark.parametrize("runs", [{}, {"DATABASE_URL": SHARED}, {"DATABASE_URL": None, "SITE_ID": None}])
@pytest.mark.parametrize("database", [SHARED, HIDDEN])
def test_an_id_that_no_one_can_read_is_reported_whether_it_is_deployed_or_not(
    value: str | None, runs: dict[str, str | None], database: str | None
) -> None:
    seen = ObservedStage(variables(DATABASE_URL=database, SITE_ID=value), runs, deployed=bool(runs))
    assert beside(other(test=seen)).has_hidden_id
    assert not beside(other(test=ObservedStage(variables(DATABASE_URL=OWN, SITE_ID=value)))).has_hidden_id


def test_who_manages_it_is_reported_only_where_the_database_is_known_to_be_the_same() -> None:
    mine = {"SITE_ID": "4", "MIRRORS_APPLICATION": "other"}
    assert beside(other(test=ObservedStage(variables(**mine, DATABASE_URL=SHARED)))) == UndeclaredSite(
        (4,), managed_as="other"
    )
    assert beside(other(test=ObservedStage({}, {**mine, "DATABASE_URL": SHARED}))) == UndeclaredSite(
        (4,), managed_as="other"
    )
    assert beside(other(test=ObservedStage(variables(**mine, DATABASE_URL=None)))) == UndeclaredSite((4,))


def test_what_an_application_has_run_with_counts_both_environments_and_is_unknown_where_one_is() -> None:
    seven, two = (ObservedStage({}, {"SITE_ID": text}, deployed=True) for text in ("7", "2"))
    assert find_deployed_ids(other(test=ObservedStage(variables(SITE_ID="7")))) == ()
    assert find_deployed_ids(other(test=ObservedStage({}, {}, deployed=True))) == ()
    assert find_deployed_ids(other(test=two, live=seven)) == (2, 7)
    unknown = (
        ObservedStage({}, {"SITE_ID": None}, deployed=True),
        ObservedStage({}, {"SITE_ID": "two"}, deployed=True),
        ObservedStage(variables(SITE_ID=None), {}, deployed=True),
        ObservedStage(deploying=True),
    )
    assert [find_deployed_ids(other(test=two, live=stage)) for stage in unknown] == [None] * 4
    assert find_deployed_ids(ObservedApplication("other", visible=False)) is None


def test_an_id_beside_another_database_is_not_what_it_has_run_with_here() -> None:
    two = ObservedStage({}, {"SITE_ID": "2", "DATABASE_URL": "postgres://a:b@own/db"}, deployed=True)
    assert find_deployed_ids(other(test=two), {"test": {"DATABASE_URL": "postgres://a:b@shared/db"}}) == ()
    assert find_deployed_ids(other(test=two), {"test": {"DATABASE_URL": "postgres://c:d@own/db"}}) == (2,)
    assert find_deployed_ids(other(test=two), {"live": {"DATABASE_URL": "postgres://a:b@shared/db"}}) == (2,)


def test_a_copy_in_the_wrong_environment_has_its_id_in_the_database_that_it_serves() -> None:
    lives = "postgres://acme:hunter22@db.example.com:5432/acme-live"
    stages = {"test": ORIGINAL.stages["test"], "live": ObservedStage({}, {"DATABASE_URL": lives}, deployed=True)}
    both = ObservedApplication("acme", stages=stages)
    wrong = other(test=ObservedStage({}, {"DATABASE_URL": lives, "SITE_ID": "7"}, deployed=True))
    assert find_undeclared_applications(both, [wrong]) == {"other": UndeclaredSite((7,))}


def test_a_copy_of_what_cannot_be_compared_is_one_to_the_letter() -> None:
    odd = {"DATABASE_URL": "postgres://acme@/acme?service=shared"}
    source = ObservedApplication("acme", stages={"test": ObservedStage({}, odd, deployed=True)})
    running = other(test=ObservedStage({}, {**odd, "SITE_ID": "7"}, deployed=True))
    assert find_undeclared_applications(source, [running]) == {"other": UndeclaredSite((7,))}
    another = other(test=ObservedStage({}, {"DATABASE_URL": OWN, "SITE_ID": "7"}, deployed=True))
    assert find_undeclared_applications(source, [another]) == {}


def besides(seen: ObservedStage) -> ObservedApplication:
    return ObservedApplication("other", other_stages={"staging": seen})


@pytest.mark.parametrize("database", [*STAGES.values(), UNCLEAR, HIDDEN])
def test_an_environment_besides_test_and_live_has_its_id_in_the_database_that_it_serves(database: str | None) -> None:
    both = ObservedApplication(
        "acme",
        stages={name: ObservedStage({}, {"DATABASE_URL": dsn}, deployed=True) for name, dsn in STAGES.items()},
    )
    was_set = ObservedStage(variables(DATABASE_URL=database, SITE_ID="7"))
    assert find_undeclared_applications(both, [besides(was_set)]) == {"other": UndeclaredSite((7,))}
    runs = ObservedStage({}, {"DATABASE_URL": database, "SITE_ID": "7"}, deployed=True)
    known = database in STAGES.values()
    assert find_undeclared_applications(both, [besides(runs)]) == ({"other": UndeclaredSite((7,))} if known else {})
    assert find_deployed_ids(besides(runs), {name: {"DATABASE_URL": dsn} for name, dsn in STAGES.items()}) == (7,)


def test_an_environment_besides_test_and_live_with_a_database_of_its_own_says_nothing() -> None:
    own = {"DATABASE_URL": OWN, "SITE_ID": "7"}
    for seen in (ObservedStage(variables(**own)), ObservedStage({}, own, deployed=True)):
        assert beside(besides(seen)) == UndeclaredSite()
    assert (
        find_deployed_ids(
            besides(ObservedStage({}, own, deployed=True, deploying=True)), {"test": {"DATABASE_URL": SHARED}}
        )
        == ()
    )


def test_an_environment_besides_test_and_live_may_hide_what_it_runs_with() -> None:
    assert beside(besides(ObservedStage(variables(DATABASE_URL=SHARED, SITE_ID=HIDDEN)))).has_hidden_id
    assert find_deployed_ids(besides(ObservedStage(deploying=True)), {"test": {"DATABASE_URL": SHARED}}) is None
