"""The sites that a process may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from django_mirrors.conf import ORIGINAL, CurrentSite
from django_mirrors.registry import EXTERNAL, FORGOTTEN, REGISTERED, RegisteredSite, RegistrySnapshot
from django_mirrors.site_identity import identity_problems
from django_mirrors.site_table import SiteRow

ACME = CurrentSite(1, ORIGINAL, "test", "db.example:5432/acme", "acme.example")
GERMANY = CurrentSite(2, "acme-de", "test", "db.example:5432/acme", "acme-de.example")
REGISTRY = RegistrySnapshot(
    [
        RegisteredSite(1, ORIGINAL, "acme.example", REGISTERED),
        RegisteredSite(2, "acme-de", "acme-de.example", REGISTERED),
    ]
)
ROWS = [SiteRow(1, "acme.example"), SiteRow(2, "acme-de.example")]


@pytest.mark.parametrize("site", [ACME, GERMANY])
def test_the_owner_of_an_id_may_have_it(site: CurrentSite) -> None:
    assert identity_problems(site, REGISTRY, ROWS) == ()


def test_a_new_mirror_may_have_a_free_id() -> None:
    assert identity_problems(CurrentSite(3, "acme-fr", "test", "", "acme-fr.example"), REGISTRY, ROWS) == ()


def test_the_domain_of_an_application_may_change() -> None:
    assert identity_problems(replace(GERMANY, domain="new.example"), REGISTRY, ROWS) == ()


def test_an_id_of_another_application_is_refused() -> None:
    [problem] = identity_problems(replace(GERMANY, application="acme-fr", domain="acme-fr.example"), REGISTRY, ROWS)
    assert problem.startswith("SITE_ID is 2, which belongs to acme-de; this process is acme-fr")
    assert "mirrors_forget 2" in problem


def test_an_application_that_is_registered_under_another_id_is_refused() -> None:
    [problem] = identity_problems(replace(GERMANY, site_id=3, domain=""), REGISTRY, ROWS)
    assert problem.startswith("acme-de is registered as site 2, but its SITE_ID is 3")


def test_a_mirror_that_falls_back_to_1_is_refused_before_the_original_has_registered() -> None:
    [problem] = identity_problems(replace(GERMANY, site_id=1), RegistrySnapshot(), [])
    assert problem.startswith("SITE_ID is 1, which is the original's")


def test_a_mirror_may_be_1_where_the_original_has_registered_another_id() -> None:
    assert (
        identity_problems(
            replace(GERMANY, site_id=1), RegistrySnapshot([RegisteredSite(5, ORIGINAL, "", REGISTERED)]), []
        )
        == ()
    )


def test_a_domain_of_another_site_is_refused_however_it_is_written() -> None:
    [problem] = identity_problems(replace(GERMANY, domain="acme.example"), REGISTRY, [SiteRow(1, "ACME.example")])
    assert problem.startswith(
        "DOMAIN acme.example belongs to site 1 (the original), so site 2 (acme-de) cannot have it"
    )


def test_a_forgotten_site_blocks_no_other_site() -> None:
    forgotten = RegistrySnapshot([RegisteredSite(2, "", "acme-de.example", FORGOTTEN)])
    assert identity_problems(replace(GERMANY, application="acme-fr"), forgotten, []) == ()


LATER = SiteRow(7, "later.example")
NEW = CurrentSite(7, "acme-new", "test", "db.example:5432/acme", "new.example")


@pytest.mark.parametrize(
    ("known", "who"),
    [
        (RegistrySnapshot(), "not registered"),
        (RegistrySnapshot([RegisteredSite(7, "acme-old", "later.example", FORGOTTEN)]), "acme-old"),
        (RegistrySnapshot([RegisteredSite(7, "", "later.example", EXTERNAL)]), "not registered"),
        (RegistrySnapshot(before=frozenset({(7, "acme-old"), (2, "acme-new")})), "not registered"),
        (RegistrySnapshot(given={7: "earlier.example", 2: "later.example"}), "not registered"),
    ],
    ids=[
        "without an owner",
        "a forgotten site's",
        "an external site's",
        "another's before a copy",
        "given with another domain",
    ],
)
def test_a_row_under_another_domain_that_is_not_the_sites_is_refused(known: RegistrySnapshot, who: str) -> None:
    [problem] = identity_problems(NEW, known, [LATER])
    named = f"Site row 7 is later.example ({who}), and this process is acme-new with DOMAIN new.example"
    assert problem.startswith(named)
    assert "list 7 under reservedSiteIds of the fleet, and acme-new gets the next id" in problem
    assert "manage.py mirrors_take_over 7, then deploy again" in problem


@pytest.mark.parametrize(
    ("site", "known", "row"),
    [
        (NEW, RegistrySnapshot(), SiteRow(7, "New.example")),
        (replace(NEW, further_domains=frozenset({"later.example"})), RegistrySnapshot(), LATER),
        (NEW, RegistrySnapshot(), SiteRow(7, "example.com")),
        (replace(NEW, domain=""), RegistrySnapshot(), LATER),
        (ACME, RegistrySnapshot(), SiteRow(1, "www.acme.example")),
        (NEW, RegistrySnapshot([RegisteredSite(7, "acme-new", "later.example", REGISTERED)]), LATER),
        (NEW, RegistrySnapshot(before=frozenset({(7, "acme-new")})), LATER),
        (NEW, RegistrySnapshot(given={7: "later.example"}), LATER),
    ],
    ids=[
        "its domain",
        "its alias",
        "Django's default row",
        "no DOMAIN to write",
        "the original's row 1",
        "registered",
        "registered before a copy",
        "taken over",
    ],
)
def test_a_row_that_is_the_sites_own_is_taken_without_a_question(
    site: CurrentSite, known: RegistrySnapshot, row: SiteRow
) -> None:
    assert identity_problems(site, known, [row]) == ()


def test_an_original_of_another_id_is_asked_like_a_mirror() -> None:
    [problem] = identity_problems(replace(ACME, site_id=7), RegistrySnapshot(), [LATER])
    assert "this process is the original with DOMAIN acme.example" in problem
