"""The policy pack's rules on plain data. That a preview applies them is shown by a test with the real engine."""

import importlib.util
import re
from types import ModuleType
from typing import Any

import pytest

from tests.engine.project import ROOT
from tests.engine.test_policy import SAID

TYPES = "pulumi-python:dynamic/mirrors:"
DSN = {"fingerprint": "abc"}


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    spec = importlib.util.spec_from_file_location("policy_rules", ROOT / "policy" / "rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def site(name: str, kind: str = "Mirror", **variables: Any) -> tuple[str, str, dict[str, Any]]:
    return f"{TYPES}{kind}", name, {"environment": f"environment-of-{name}", **variables}


def ledger(**site_ids: int) -> tuple[str, str, dict[str, Any]]:
    assignments = {f"uuid-of-{name}": {"name": name.replace("_", "-"), "id": n} for name, n in site_ids.items()}
    return f"{TYPES}SiteIds", "acme", {"assignments": assignments, "retired": {}, "highest": max(site_ids.values())}


FLEET = (
    ledger(acme=1, acme_de=2, acme_fr=3),
    site("acme", "OriginalSite", SITE_ID="1"),
    site("acme-de", DATABASE_URL=DSN, SITE_ID="2"),
    site("acme-fr", DATABASE_URL=DSN, SITE_ID="3"),
)


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (FLEET, []),
        (FLEET[1:], []),
        (
            (
                site("acme-de", DATABASE_URL=DSN, SITE_ID="2"),
                site("acme-fr", DATABASE_URL=DSN, SITE_ID="2"),
                site("acme-ch", DATABASE_URL=DSN, SITE_ID="1"),
            ),
            ["SITE_ID 2 would belong to acme-de and acme-fr", "SITE_ID 1 would belong to acme-ch and the original"],
        ),
        (
            (
                ledger(acme=1, acme_de=2, acme_it=2, acme_fr=3),
                site("acme-de", DATABASE_URL=DSN, SITE_ID="2"),
                site("acme-fr", DATABASE_URL=DSN, SITE_ID="1"),
            ),
            [
                "SITE_ID 2 would belong to acme-de and acme-it",
                "SITE_ID 1 would belong to acme and acme-fr",
                "acme-fr: its variables say SITE_ID 1, the ledger of SITE_IDs says 3",
            ],
        ),
    ],
    ids=["a fleet", "a fleet whose original has its own", "no ledger", "a ledger"],
)
def test_no_two_sites_have_one_id_and_none_has_another_than_the_ledger_says(
    rules: ModuleType, resources: tuple[Any, ...], said: list[str]
) -> None:
    found = list(dict.fromkeys(rules.not_its_own(resources)))

    assert len(found) == len(said)
    assert [line for line in said if not any(line in problem for problem in found)] == []


@pytest.mark.parametrize(
    ("variables", "refused"),
    [
        ({"DATABASE_URL": DSN}, True),
        ({"DATABASE_URL": DSN, "SITE_ID": "one"}, True),
        ({"DATABASE_URL": DSN, "SITE_ID": "2"}, False),
        ({"DATABASE_URL": DSN, "SITE_ID": {"fingerprint": "abc"}}, False),
        ({"THEME": "dark"}, False),
    ],
)
def test_the_shared_database_needs_an_id_of_ones_own(
    rules: ModuleType, variables: dict[str, Any], *, refused: bool
) -> None:
    kind, _, properties = site("acme-de", **variables)

    problem = rules.without_own_site_id(rules.values_in(kind, properties))

    assert (problem is not None) is refused


@pytest.mark.parametrize(
    ("environment", "on_removal", "protected", "said"),
    [
        ("live", None, True, []),
        ("live", "keep", True, []),
        ("test", "clean", False, []),
        ("live", "clean", True, ["mirrors:onRemoval is clean"]),
        ("live", None, False, ["the ledger of Live's SITE_IDs is not protected"]),
    ],
)
def test_live_keeps_its_ledger_and_the_variables_of_a_site_that_leaves(
    rules: ModuleType, environment: str, on_removal: str | None, protected: bool, said: list[str]
) -> None:
    found = list(rules.live_not_protected(environment, on_removal, ledger_protected=protected))

    assert [problem.startswith(line) for problem, line in zip(found, said, strict=True)] == [True] * len(said)


def test_the_pack_has_these_rules_and_no_others() -> None:
    """The test with the real engine breaks each."""
    pack = (ROOT / "policy" / "__main__.py").read_text(encoding="utf-8")

    assert sorted(re.findall(r'name="([\w-]+)",\n +description', pack)) == sorted(SAID)
    assert pack.count("validate=") == len(SAID)
