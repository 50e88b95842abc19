"""The verdict on a schema that does not match the declaration."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from django_mirrors.schema_check import SchemaMismatch
from django_mirrors.schema_verdict import SchemaVerdict, judge_mismatches

SHORT = SchemaMismatch("shop", "shop_thing.note takes 10 characters, and the code declares 20.")
ALL = frozenset({SHORT.text})
NONE: Collection[str] = frozenset()


def found(before: Collection[str], of_migrations: Collection[str], ahead: Collection[str]) -> SchemaVerdict:
    return judge_mismatches([SHORT], before=before, of_migrations=of_migrations, ahead=ahead)


@pytest.mark.parametrize(
    ("before", "of_migrations", "ahead"),
    [(ALL, ALL, NONE), (NONE, NONE, NONE), (NONE, NONE, {"shop"}), (ALL, ALL, {"blog"})],
    ids=["it was before", "migrations lack nothing", "migrations lack nothing, ahead", "another app is ahead"],
)
def test_it_is_reported(before: Collection[str], of_migrations: Collection[str], ahead: Collection[str]) -> None:
    verification = found(before, of_migrations, ahead)
    assert verification.refused == ()
    assert SHORT.text in verification.report_text


@pytest.mark.parametrize(
    ("before", "ahead", "cause"),
    [(NONE, NONE, "was edited"), (NONE, {"shop"}, "rollback"), (ALL, {"shop"}, "rollback")],
    ids=["this release brings it about", "rollback", "rollback, and it was before"],
)
def test_it_is_refused_with_its_cause(before: Collection[str], ahead: Collection[str], cause: str) -> None:
    verification = found(before, ALL, ahead)
    assert verification.refused == (SHORT.text,)
    assert verification.report_text == ""
    (remedy,) = verification.remedies
    assert cause in remedy
    assert verification.refusal_text("Refused:") == f"Refused:\n  {SHORT.text}\n{remedy}"
