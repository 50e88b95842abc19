"""Who may be which site."""

from __future__ import annotations

from dataclasses import replace

import pytest

from django_mirrors.conf import ORIGINAL, ThisSite
from django_mirrors.identity import problems
from django_mirrors.registry import FORGOTTEN, REGISTERED, Registered
from django_mirrors.site_table import SiteRow

ACME = ThisSite(1, ORIGINAL, "test", "db.example:5432/acme", "acme.example")
GERMANY = ThisSite(2, "acme-de", "test", "db.example:5432/acme", "acme-de.example")
REGISTRY = [
    Registered(1, ORIGINAL, "acme.example", REGISTERED),
    Registered(2, "acme-de", "acme-de.example", REGISTERED),
]
ROWS = [SiteRow(1, "acme.example"), SiteRow(2, "acme-de.example")]


@pytest.mark.parametrize("site", [ACME, GERMANY])
def test_the_owner_of_an_id_may_have_it(site: ThisSite) -> None:
    assert problems(site, REGISTRY, ROWS) == ()


def test_a_new_mirror_may_have_an_id_that_nobody_has() -> None:
    assert problems(ThisSite(3, "acme-fr", "test", "", "acme-fr.example"), REGISTRY, ROWS) == ()


def test_the_domain_of_an_application_may_change() -> None:
    assert problems(replace(GERMANY, domain="new.example"), REGISTRY, ROWS) == ()


def test_an_id_of_another_application_is_refused() -> None:
    [problem] = problems(replace(GERMANY, application="acme-fr", domain="acme-fr.example"), REGISTRY, ROWS)
    assert problem.startswith("SITE_ID is 2, which belongs to acme-de; this process is acme-fr")
    assert "mirrors_forget 2" in problem


def test_an_application_that_is_registered_under_another_id_is_refused() -> None:
    [problem] = problems(replace(GERMANY, site_id=3, domain=""), REGISTRY, ROWS)
    assert problem.startswith("acme-de is registered as site 2, but its SITE_ID is 3")


def test_a_mirror_that_falls_back_to_1_is_refused_before_the_original_has_registered() -> None:
    [problem] = problems(replace(GERMANY, site_id=1), [], [])
    assert problem.startswith("SITE_ID is 1, which is the original's")


def test_a_mirror_may_be_1_where_the_original_has_registered_another_id() -> None:
    assert problems(replace(GERMANY, site_id=1), [Registered(5, ORIGINAL, "", REGISTERED)], []) == ()


def test_a_domain_of_another_site_is_refused_however_it_is_written() -> None:
    [problem] = problems(replace(GERMANY, domain="acme.example"), REGISTRY, [SiteRow(1, "ACME.example")])
    assert problem.startswith(
        "DOMAIN acme.example belongs to site 1 (the original), so site 2 (acme-de) cannot have it"
    )


def test_a_forgotten_site_stands_in_nobodys_way() -> None:
    forgotten = [Registered(2, "", "acme-de.example", FORGOTTEN)]
    assert problems(replace(GERMANY, application="acme-fr"), forgotten, []) == ()
