"""A mirror that has a DATABASE_URL which is not shown: whose database it runs with is looked up before a write."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire.declared import mirror
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused

OWN, THEIRS = "postgres://db.example:5432/acme", "postgres://db.example:5432/bolt"


@pytest.fixture
def own(site: Site) -> Iterator[Site]:
    """It runs with a database of its own, whose value a list does not show."""
    site.by_hand("DATABASE_URL", f"postgresql://u:{CANARY}@db.example/bolt", sensitive=True)
    site.deployed_by_hand()
    site.forget_requests()
    yield site
    assert site.writes() == [], "it was refused before the first write"


def declared(site: Site, *databases: str) -> dict[str, Any]:
    return mirror(site, {"DATABASE_URL": True}) | {"databases": list(databases)}


def test_a_mirror_that_was_never_deployed_proves_nothing(kept: Kept, site: Site) -> None:
    site.by_hand("DATABASE_URL", f"postgresql://u:{CANARY}@db.example/bolt", sensitive=True)
    assert kept.up(declared(site, OWN))


@pytest.mark.parametrize("mine", [OWN, "unreadable"])
def test_a_mirror_that_runs_with_another_database_is_refused_and_the_way_out_reported(
    kept: Kept, own: Site, mine: str
) -> None:
    with pytest.raises(Refused, match=f"{own.slug}: .* points at {THEIRS}, the original's at {mine}") as refused:
        kept.up(declared(own, mine))
    assert f"mirrors:confirmDatabase {THEIRS}" in str(refused.value)
    assert CANARY not in str(refused.value)
    assert (kept.id, refused.value.kept) == ("", None)


@pytest.mark.parametrize("databases", [(OWN, THEIRS), (THEIRS,)])
def test_it_is_taken_over_where_that_is_confirmed_or_the_same(
    kept: Kept, site: Site, databases: tuple[str, ...]
) -> None:
    site.by_hand("DATABASE_URL", f"postgresql://u:{CANARY}@db.example/bolt", sensitive=True)
    site.deployed_by_hand()
    assert kept.up(declared(site, *databases))
    assert kept.inputs["found"] == ["DATABASE_URL"]


def test_what_cannot_be_read_is_confirmed_by_its_place(kept: Kept, site: Site) -> None:
    site.by_hand("DATABASE_URL", f"postgresql://u:{CANARY}/7@db.example/bolt", sensitive=True)
    site.deployed_by_hand()
    named = f"unreadable:{site.slug}:DATABASE_URL"
    with pytest.raises(Refused, match=f"mirrors:confirmDatabase {named}") as refused:
        kept.up(declared(site, "unreadable", "unreadable"))
    assert CANARY not in str(refused.value)
    assert kept.up(declared(site, "unreadable", named))
