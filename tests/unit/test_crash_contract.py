"""The crash tests find what they look for: otherwise none of them could fail."""

import pytest

from tests.engine.crash.store import Contract, Store, Variables

DATABASE = "postgres://acme:secret@db.example.com/acme"
DECLARED = {"SITE_ID": "2", "LANGUAGE": "de", "DATABASE_URL": DATABASE}
BEFORE: Variables = {"FOREIGN": ("theirs", False), "LANGUAGE": ("fr", False)}
READY: Variables = {**BEFORE, "SITE_ID": ("2", False), "LANGUAGE": ("de", False), "DATABASE_URL": (DATABASE, True)}
CONTRACT = Contract("2", DECLARED, Store(BEFORE, {"old": BEFORE}), frozenset({"FOREIGN", "LANGUAGE"}))


def without(name: str, variables: Variables = READY) -> Variables:
    return {key: item for key, item in variables.items() if key != name}


@pytest.mark.parametrize("variables", [BEFORE, READY, without("DATABASE_URL")])
def test_every_step_of_the_safe_order_is_in_order(variables: Variables) -> None:
    assert CONTRACT.violations(Store(variables, {"old": BEFORE})) == []
    assert CONTRACT.violations(Store(variables, {"old": BEFORE, "own": READY})) == []


@pytest.mark.parametrize(
    ("variables", "deployments", "found"),
    [
        (without("SITE_ID"), {}, "1: the shared database with SITE_ID None"),
        (
            {**without("SITE_ID"), "DATABASE_URL": (DATABASE.replace("secret", "rotated"), True)},
            {},
            "1: the shared database with SITE_ID None",
        ),
        ({**BEFORE, "SITE_ID": ("1", False)}, {}, "3: SITE_ID 1 is not this mirror's"),
        (READY, {"own": without("SITE_ID")}, "2: a deployment was started without SITE_ID as declared"),
        (READY, {"own": BEFORE}, "2: a deployment was started without SITE_ID, LANGUAGE, DATABASE_URL as declared"),
        ({**READY, "FOREIGN": ("own", False)}, {}, "4: FOREIGN is not declared, and was changed"),
        (without("LANGUAGE"), {}, "4: LANGUAGE was there before us, and was deleted"),
    ],
)
def test_every_violation_is_found(variables: Variables, deployments: dict[str, Variables], found: str) -> None:
    assert CONTRACT.violations(Store(variables, {"old": BEFORE, **deployments})) == [found]
