"""The owner of a variable: what others set before it was declared is never removed, and what Mirrors made is."""

from typing import Any

import pytest

from mirrors.resources.site_ids import record_found
from tests.wire.declared import DATABASE, STORAGE, mirror, observed, plain, secret
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused, in_clear


def replaced(kept: Kept, declared: dict[str, Any], *, again: bool = False) -> None:
    """``--target-replace`` (CLI 3.259): a check without old inputs, then the old one goes, then there is a new one.

    ``again``: the engine was killed before the new one was there. The next update checks with the old inputs, and then
    once more without.
    """
    if again:
        kept.wire.check(kept.inputs, declared)
    inputs, failures = kept.wire.check({}, declared)
    assert failures == []
    if not again:
        kept.wire.delete(kept.outputs)
    _, outputs = kept.wire.create(in_clear(inputs))
    kept.inputs, kept.outputs = in_clear(inputs), in_clear(outputs)


@pytest.mark.parametrize("again", [False, True], ids=["whole", "killed in between"])
def test_what_was_found_stays_theirs_where_the_site_is_replaced(
    kept: Kept, later: Kept, site: Site, again: bool
) -> None:
    """The list of SITE_IDs was written before it was set, so it does not know."""
    kept.up(mirror(site, OWN=plain("x")))
    site.by_hand("THEME", "theirs")
    wanted = mirror(site, OWN=plain("x"), THEME=plain("own"))
    kept.up(wanted | observed(site))
    assert kept.outputs["found"] == ["THEME"]

    site.by_hand("LATER", "theirs")
    wanted = mirror(site, OWN=plain("x"), THEME=plain("own"), LATER=plain("own"))
    replaced(kept.then(later), wanted | observed(site), again=again)

    assert later.outputs["found"] == ["LATER", "THEME"]
    later.up(mirror(site))
    assert "OWN" not in site.stored()
    assert site.stored()["THEME"] == site.stored()["LATER"] == ("own", False)


def test_what_is_set_between_the_programs_look_and_the_first_write_is_theirs(
    kept: Kept, later: Kept, site: Site
) -> None:
    site.by_hand("DEFAULT_STORAGE_DSN", "s3://theirs", sensitive=True)
    site.by_hand("LANGUAGE", "de")
    site.forget_requests()
    kept.up(mirror(site, LANGUAGE=plain("de"), OWN=plain("x")))
    assert site.writes()[2:4] == ["POST DEFAULT_STORAGE_DSN", "PATCH DEFAULT_STORAGE_DSN"]
    assert kept.outputs["found"] == ["DEFAULT_STORAGE_DSN", "LANGUAGE"]
    kept.then(later).refresh()
    assert later.preview(mirror(site, LANGUAGE=plain("de"), OWN=plain("x"))) == []
    later.destroy()
    assert "OWN" in site.stored(), "this process has checked it as declared"
    assert site.stored().items() >= {"DEFAULT_STORAGE_DSN": (STORAGE, True), "LANGUAGE": ("de", False)}.items()


def test_what_is_set_since_the_programs_look_is_theirs_and_what_an_interrupted_first_write_has_left_is_not(
    kept: Kept, later: Kept, site: Site
) -> None:
    site.by_hand("SITE_ID", "2")
    site.by_hand("MIRRORS_APPLICATION", site.slug)
    seen = observed(site)
    site.by_hand("THEME", "theirs")
    kept.up(mirror(site, THEME=plain("own")) | seen)
    assert kept.outputs["found"] == ["THEME"]
    kept.then(later).destroy()
    assert site.stored() == {"THEME": ("own", False)}


DELETES = """
CREATE TRIGGER deletes_the_id AFTER UPDATE ON sandbox_environmentvariable
WHEN NEW.environment_id = '{0}' AND NEW.name = 'DATABASE_URL' BEGIN
    DELETE FROM sandbox_environmentvariable WHERE environment_id = '{0}' AND name = 'SITE_ID';
    INSERT INTO another_writer VALUES ('{0}', 'SITE_ID', 'SITE_ID', NULL);
END
"""
"""Once the database is written that was there, the SITE_ID goes, and goes again when it is put back."""


def test_a_database_that_was_taken_over_is_not_removed_where_the_site_id_does_not_stay(kept: Kept, site: Site) -> None:
    site.by_hand("DATABASE_URL", "postgres://theirs", sensitive=False)
    site.platform.change(DELETES.format(site.environment))
    try:
        with pytest.raises(Refused, match="DATABASE_URL is set there without its SITE_ID: set SITE_ID=2") as refused:
            kept.up(mirror(site))
    finally:
        site.platform.change("DROP TRIGGER deletes_the_id")
    assert "DATABASE_URL" in site.stored()
    assert CANARY not in str(refused.value)


def test_what_a_failed_attempt_has_taken_over_stays_theirs(kept: Kept, later: Kept, site: Site) -> None:
    site.by_hand("SITE_ID", "1")
    bad = {"my-var": plain("x")}
    with pytest.raises(Refused, match="the platform refuses my-var: ") as refused:
        kept.up({**mirror(site), "variables": {"SITE_ID": plain("2"), **bad}, "found": {}})
    assert refused.value.kept is not None
    assert refused.value.kept["found"] == ["SITE_ID"]
    kept.up(mirror(site) | observed(site))
    kept.then(later).destroy()
    assert site.stored() == {"SITE_ID": ("2", False)}


@pytest.mark.parametrize("refreshed", [True, False])
def test_what_was_found_and_is_declared_no_more_stays_and_nothing_is_deployed(
    kept: Kept, later: Kept, site: Site, refreshed: bool
) -> None:
    site.by_hand("THEME", "theirs")
    site.by_hand("TOKEN", f"{CANARY}-theirs", sensitive=True)
    found = {"THEME": False, "TOKEN": True}
    kept.up(mirror(site, found, THEME=plain("own"), TOKEN=secret(CANARY)))
    site.forget_requests()
    kept.then(later)
    if refreshed:
        later.refresh()
    later.up(mirror(site, found))
    assert site.writes() == []
    assert site.stored().items() >= {"THEME": ("own", False), "TOKEN": (CANARY, True)}.items()
    later.refresh()
    assert later.preview(mirror(site, found)) == []
    assert not [key for key in later.outputs if key.startswith(("THEME", "TOKEN"))]
    later.up(mirror(site, found, THEME=plain("again")) | observed(site))
    later.up(mirror(site, found))
    assert site.stored()["THEME"] == ("again", False)


def test_what_stays_when_a_mirror_leaves_is_its_owners_when_it_returns(kept: Kept, later: Kept, site: Site) -> None:
    """``onRemoval: keep``: the engine forgets the site and asks nothing of it; so does the list of SITE_IDs."""
    kept.up(mirror(site, THEME=plain("own")))
    kept.forget()
    of_fleet = record_found({site.environment: {}}, {})
    [found] = record_found(
        of_fleet, {site.environment: {name: flag for name, (_, flag) in site.stored().items()}}
    ).values()

    kept.then(later).up(mirror(site, found, THEME=plain("own")) | observed(site))
    assert later.outputs["found"] == sorted(site.stored())
    later.up(mirror(site, found))
    assert site.stored()["THEME"] == ("own", False)
    later.destroy()
    assert site.stored()["DATABASE_URL"] == (DATABASE, True)
