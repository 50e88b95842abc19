"""Which slug was meant."""

import pytest

from mirrors.planning.adoption.suggestions import suggest_slug

FLEET = ("acme", "acme-de", "acme-fr")


@pytest.mark.parametrize("slug", ["acme-frr", "acmefr", "acme-f", "acme-rf", "acme-ft", "cme-fr", "acme-fr-"])
def test_one_slip_away_from_an_application_that_is_not_declared_it_is_that_one(slug: str) -> None:
    assert suggest_slug(slug, ("acme", slug), ("acme", "acme-fr", "acme-nb")) == "acme-fr"


@pytest.mark.parametrize(("slug", "found"), [("acme-frr", "acme-fr"), ("acmede", "acme-de"), ("acme-dk", None)])
def test_a_site_beside_a_declared_one_may_differ_in_one_character(slug: str, found: str | None) -> None:
    assert suggest_slug(slug, (*FLEET, slug), FLEET) == found


@pytest.mark.parametrize("slug", ["acme-it", "acme-xx", "bolt-fr", "acme-frankreich", "a"])
def test_what_is_further_away_is_no_ones_slip(slug: str) -> None:
    assert suggest_slug(slug, (*FLEET, slug), (*FLEET, "acme-nb")) is None


def test_what_the_token_does_not_see_is_no_remedy() -> None:
    assert suggest_slug("acme-frr", ("acme", "acme-frr", "acme-fr"), ("acme",)) is None
