"""The identity that a site shows through the companion app, compared with what is declared."""

import hashlib
from typing import Any

import pytest

from mirrors.planning.rollout.serving_identity import (
    ServingIdentity,
    compare_identity,
    digest_database,
    expect_identity,
)

ANSWER: dict[str, Any] = {"version": 1, "site_id": 2, "application": "acme-de", "database": "d", "anything": "more"}


def digest(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("dsn", "place"),
    [
        ("postgres://acme:secret@DB.example.com/acme-live?sslmode=require", "db.example.com:5432/acme-live"),
        ("postgresql://acme:other@db.example.com.:5433/acme-live", "db.example.com:5433/acme-live"),
        ("mysql://acme@db.example.com/acme", "db.example.com:3306/acme"),
        ("sqlite:////data/shared.db", "sqlite:/data/shared.db"),
        ("postgres://acme@/acme?host=/cloudsql/prj:eu:pg", "/cloudsql/prj:eu:pg:5432/acme"),
        ("postgres://acme@[0:0::1]/acme", "[::1]:5432/acme"),
        ("postgres://acme@h2,h1/acme?currentSchema=A", "h1:5432,h2:5432/acme?search_path=a"),
        ("mysql://acme@/acme?unix_socket=/run/mysql", "/run/mysql/acme"),
    ],
)
def test_a_database_is_known_by_its_place_as_the_companion_app_spells_it(dsn: str, place: str) -> None:
    assert digest_database(dsn) == digest(place)


@pytest.mark.parametrize(
    "dsn", ["", "no dsn", "sqlite:///beside-the-code.db", "postgres://acme@/acme?service=a", "oracle://h:1521/acme"]
)
def test_a_place_that_may_be_spelled_otherwise_is_not_compared(dsn: str) -> None:
    assert digest_database(dsn) is None


def test_an_original_is_declared_without_anything_of_its_own() -> None:
    assert expect_identity({}) == ServingIdentity(None, None, None)
    assert compare_identity(expect_identity({}), {**ANSWER, "application": None}) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, None),
        ({"site_id": 3}, "its SITE_ID is 3, and 2 is declared"),
        ({"application": "acme-fr"}, "it is 'acme-fr', and 'acme-de' is declared"),
        ({"database": "other"}, "it uses another database than the one that DATABASE_URL names"),
        (
            {"site_id": 1, "application": None},
            "its SITE_ID is 1, and 2 is declared; it is the original, and 'acme-de' is declared",
        ),
    ],
)
def test_each_difference_is_named(changed: dict[str, Any], words: str | None) -> None:
    assert compare_identity(ServingIdentity(2, "acme-de", "d"), ANSWER | changed) == words


def test_an_answer_is_quoted_no_further_than_a_name_is_long() -> None:
    """Whatever answers at the address is not always the site."""
    words = compare_identity(
        ServingIdentity(2, "acme-de", "d"), ANSWER | {"site_id": "9" * 5000, "application": ["x" * 5000]}
    )
    assert words is not None
    assert len(words) < 300
    assert "999…" in words


@pytest.mark.parametrize("shown", [None, [], "acme", {"site_id": 2}])
def test_an_answer_of_something_else_is_no_identity(shown: Any) -> None:
    assert (
        compare_identity(ServingIdentity(2, "acme-de", "d"), shown)
        == "the answer is not from the companion app django_mirrors"
    )
