"""Which SITE_IDs of applications that are on no list are taken: what is set counts before it runs."""

import pytest

from mirrors.planning.account import ApplicationSeen, StageSeen, neighbours
from mirrors.planning.observed import VariableSeen

SHARED = "postgres://acme:hunter22@db.example.com:5432/acme-test"
OWN = "postgres://other:hunter22@db.example.com:5432/other"
ORIGINAL = ApplicationSeen("acme", stages={"test": StageSeen({}, {"DATABASE_URL": SHARED}, deployed=True)})
HIDDEN = None
UNCLEAR = "postgres://acme:hunter22@/acme-test?service=shared"
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
    variables = {"DATABASE_URL": VariableSeen(database), "SITE_ID": VariableSeen(site_id)}
    other = ApplicationSeen("other", stages={"test": StageSeen(variables, runs_with, deployed=bool(runs_with))})
    assert neighbours(ORIGINAL, [other]).get("other", ()) == taken
