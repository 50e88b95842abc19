"""``Mirror`` on a real platform: which variables are written in which order, and what is left alone.

A deployment ends at once here; when there is one, and what comes of it, is in ``test_site_deployment``.
"""

from typing import Any

import pytest

from mirrors.planning.site_properties import make_property_key
from mirrors.resources.site import SiteProvider
from tests.wire.conftest import Drive
from tests.wire.declared import DATABASE, ORDER, POSTED, START, STORAGE, mirror, observed, plain, secret
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused


def before_deployment(site: Site) -> list[str]:
    """Return the requests until it was deployed, which it was once."""
    requests = site.requests()
    assert requests.count(START) == 1
    return requests[: requests.index(START)]


def test_site_id_is_written_first_and_the_database_last_directly_after_a_look_at_site_id(
    kept: Kept, site: Site
) -> None:
    kept.up(mirror(site))
    written = [*POSTED[:-1], "GET variables", POSTED[-1], "GET variables"]
    assert before_deployment(site)[: len(written)] == written
    assert site.writes() == [*POSTED, START]
    assert site.stored() == {
        "SITE_ID": ("2", False),
        "MIRRORS_APPLICATION": (site.slug, False),
        "DATABASE_URL": (DATABASE, True),
        "DEFAULT_STORAGE_DSN": (STORAGE, True),
    }


def test_what_is_as_declared_is_not_written_again(kept: Kept, site: Site) -> None:
    kept.up(mirror(site))
    before = kept.outputs
    site.forget_requests()
    assert not kept.up(mirror(site))
    assert site.requests() == []
    kept.update(mirror(site))
    assert site.requests() == ["GET variables"]
    assert kept.outputs == before


def test_a_create_that_was_interrupted_is_completed(kept: Kept, site: Site) -> None:
    site.by_hand("SITE_ID", "2")
    site.by_hand("MIRRORS_APPLICATION", site.slug)
    site.forget_requests()
    kept.up(mirror(site))
    assert site.writes() == ["POST DEFAULT_STORAGE_DSN", "POST DATABASE_URL", START]


def test_what_someone_sets_before_the_first_write_is_taken_over(kept: Kept, site: Site) -> None:
    """Not found, so there is no look before it; the platform refuses a second one."""
    site.by_hand("DEFAULT_STORAGE_DSN", "s3://theirs", sensitive=False)
    kept.up(mirror(site))
    assert site.stored()["DEFAULT_STORAGE_DSN"] == (STORAGE, True)


def test_only_what_changed_is_updated_and_only_what_mirrors_declared_is_removed(kept: Kept, site: Site) -> None:
    kept.up(mirror(site, LANGUAGE=plain("de"), OLD=plain("x")))
    site.by_hand("FOREIGN", "theirs")
    site.forget_requests()
    rotated = DATABASE.replace("password", "rotated")
    declared = mirror(site, LANGUAGE=plain("fr"), DATABASE_URL=secret(rotated))
    assert kept.preview(declared) == ["-OLD", "~DATABASE_URL", "~LANGUAGE"]
    kept.up(declared)
    assert site.writes() == ["DELETE OLD", "PATCH LANGUAGE", "PATCH DATABASE_URL", START]
    now = site.stored()
    assert (now["DATABASE_URL"], now["LANGUAGE"]) == ((rotated, True), ("fr", False))
    assert now["FOREIGN"] == ("theirs", False)


def test_a_changed_site_id_is_read_back_before_anything_else_is_written(kept: Kept, site: Site) -> None:
    kept.up(mirror(site))
    site.forget_requests()
    kept.up(mirror(site, SITE_ID=plain("9"), NEW=plain("x")))
    written = ["GET variables", "PATCH SITE_ID", "GET variables", "POST NEW", "GET variables"]
    assert before_deployment(site)[: len(written)] == written
    assert site.writes() == ["PATCH SITE_ID", "POST NEW", START]


def test_a_flag_that_changes_is_written_and_needs_no_deployment(kept: Kept, site: Site) -> None:
    kept.up(mirror(site, TOKEN=secret(CANARY, sensitive=False)))
    site.forget_requests()
    assert kept.preview(mirror(site, TOKEN=secret(CANARY))) == ["~TOKEN"]
    kept.up(mirror(site, TOKEN=secret(CANARY)))
    assert site.writes() == ["PATCH TOKEN"]
    assert site.stored()["TOKEN"] == (CANARY, True)


def test_on_the_way_out_the_database_goes_first_and_site_id_last(kept: Kept, later: Kept, site: Site) -> None:
    site.by_hand("FOREIGN", "theirs")
    kept.up(mirror(site))
    outputs = kept.outputs
    site.forget_requests()
    kept.then(later).destroy()
    assert site.writes() == [f"DELETE {name}" for name in reversed(ORDER)]
    assert site.stored() == {"FOREIGN": ("theirs", False)}
    site.forget_requests()
    later.wire.delete(outputs)
    assert site.writes() == []


def test_what_was_found_is_never_deleted(kept: Kept, later: Kept, site: Site) -> None:
    site.by_hand("LANGUAGE", "en")
    site.by_hand("SITE_ID", "2")
    found = {"LANGUAGE": False, "SITE_ID": False}
    kept.up(mirror(site, found, LANGUAGE=plain("de")))
    assert kept.outputs["found"] == kept.inputs["found"] == ["LANGUAGE", "SITE_ID"]
    kept.up(mirror(site, found))
    assert site.stored()["LANGUAGE"] == ("de", False)
    kept.then(later).destroy()
    assert site.stored() == {"LANGUAGE": ("de", False), "SITE_ID": ("2", False)}


def test_what_was_set_by_hand_before_mirrors_declared_it_is_never_deleted(kept: Kept, later: Kept, site: Site) -> None:
    kept.up(mirror(site) | observed(site))
    site.by_hand("LANGUAGE", "en")
    seen = observed(site)
    declared = mirror(site, LANGUAGE=plain("de"), OWN=plain("x"))
    kept.up(declared | seen)
    assert kept.outputs["found"] == kept.inputs["found"] == ["LANGUAGE"]
    assert kept.preview(declared | observed(site)) == []
    kept.up(mirror(site) | seen)
    assert "OWN" not in site.stored()
    kept.then(later).destroy()
    assert site.stored() == {"LANGUAGE": ("de", False)}


def test_what_someone_sets_after_the_ledger_was_written_and_before_mirrors_writes_is_never_deleted(
    kept: Kept, later: Kept, site: Site
) -> None:
    site.by_hand("LANGUAGE", "en")
    declared = mirror(site, LANGUAGE=plain("de"), OWN=plain("x"))
    assert kept.checked(declared | observed(site))["found"] == ["LANGUAGE"]
    interrupted: dict[str, Any] = {"SITE_ID": {"sensitive": False}, "OWN": {"sensitive": False}}
    for left in (interrupted | {"MIRRORS_APPLICATION": {"sensitive": False}}, {"SITE_ID": {"sensitive": False}}):
        assert "found" not in kept.checked(declared | {"observed": left})
    kept.up(declared | observed(site))
    kept.then(later).destroy()
    assert site.stored() == {"LANGUAGE": ("de", False)}


def test_what_the_program_declares_stays_though_a_resource_of_the_same_environment_goes(
    kept: Kept, drive: Drive, site: Site
) -> None:
    """Replaced on request, or moved to another parent: the new one was made, and the old one is deleted."""
    kept.up(mirror(site, OLD=plain("x")))
    Kept(drive(SiteProvider())).up(mirror(site))
    site.forget_requests()
    kept.destroy()
    assert site.writes() == ["DELETE OLD"]
    assert set(site.stored()) == set(ORDER)


def test_site_id_stays_as_long_as_a_database_that_was_found_does(kept: Kept, later: Kept, site: Site) -> None:
    site.by_hand("DATABASE_URL", DATABASE)
    kept.up(mirror(site, {"DATABASE_URL": False}, DATABASE_URL=secret(DATABASE, sensitive=False)))
    outputs = kept.outputs
    kept.then(later).destroy()
    own = {"SITE_ID": ("2", False), "MIRRORS_APPLICATION": (site.slug, False)}
    assert site.stored() == {"DATABASE_URL": (DATABASE, False), **own}
    site.deleted_by_hand("DATABASE_URL")
    later.wire.delete(outputs)
    assert site.stored() == {}


def test_a_variable_called_like_a_property_of_mirrors_is_written_under_its_own_name(
    kept: Kept, later: Kept, site: Site
) -> None:
    names = ("site", "found", "hmac_key", "variables", "environment", "release", "url", "id", "_x", "__provider")
    declared = mirror(site, **{name: plain(f"value of {name}") for name in names})
    kept.up(declared)
    assert {name: site.stored()[name][0] for name in names} == {name: f"value of {name}" for name in names}
    kept.refresh()
    assert kept.preview(declared) == []
    assert kept.outputs["site"] == site.name
    assert [kept.inputs[make_property_key(name)] for name in names] == [f"value of {name}" for name in names]
    kept.then(later).destroy()
    assert site.stored() == {}


OWN, THEIRS = "postgres://db.example.com:5432/acme", "postgres://db.example.com:5432/bolt"


def test_a_mirror_that_runs_with_another_database_is_not_adopted_unless_that_is_confirmed(
    drive: Drive, site: Site
) -> None:
    wire = drive(SiteProvider())
    assert Kept(wire).up(mirror(site) | {"databases": [OWN]}), "it was never deployed"
    site.by_hand("DATABASE_URL", f"postgresql://u:{CANARY}@db.example.com/bolt", sensitive=True)
    site.deployed_by_hand()
    site.forget_requests()
    with pytest.raises(Refused, match=f" points at {THEIRS}, the original's at {OWN}") as refused:
        Kept(wire).up(mirror(site) | {"databases": [OWN]})
    assert f"{site.slug}: " in str(refused.value)
    assert f"mirrors:confirmDatabase {THEIRS}" in str(refused.value)
    assert CANARY not in str(refused.value)
    assert refused.value.kept is None
    with pytest.raises(Refused, match="points at"):
        Kept(wire).up(mirror(site) | {"databases": ["unreadable"]})
    assert site.writes() == []
    for databases in ([OWN, THEIRS], [THEIRS]):
        confirmed = Kept(wire)
        confirmed.up(mirror(site) | {"databases": databases})
        assert "databases" not in {**confirmed.inputs, **confirmed.outputs}
        site.by_hand("DATABASE_URL", f"postgresql://u:{CANARY}@db.example.com/bolt", sensitive=True)
        site.deployed_by_hand()


def test_a_database_that_cannot_be_read_is_given_up_by_its_place(drive: Drive, site: Site) -> None:
    wire, named = drive(SiteProvider()), f"unreadable:{site.slug}:DATABASE_URL"
    site.by_hand("DATABASE_URL", f"postgresql://u:{CANARY}/7@db.example.com/bolt", sensitive=True)
    site.deployed_by_hand()
    site.forget_requests()
    with pytest.raises(Refused, match=f"mirrors:confirmDatabase {named}") as refused:
        Kept(wire).up(mirror(site) | {"databases": ["unreadable", "unreadable"]})
    assert CANARY not in str(refused.value)
    assert site.writes() == []
    assert Kept(wire).up(mirror(site) | {"databases": ["unreadable", named]})


@pytest.mark.parametrize("after", ORDER[:-1])
@pytest.mark.parametrize("written", [True, False], ids=["written", "deleted"])
def test_a_site_id_that_another_user_changes_in_between_keeps_the_database_away(
    kept: Kept, site: Site, after: str, written: bool
) -> None:
    if written:
        site.somebody_writes("SITE_ID", "7", after=after)
    else:
        site.somebody_deletes("SITE_ID", after=after)
    with pytest.raises(Refused) as refused:
        kept.up(mirror(site))
    assert str(refused.value).endswith(
        f"{site.name}: the platform does not have as declared: SITE_ID. Nothing was deployed; DATABASE_URL was not"
        " written. Someone else may be writing at the same time; run the command again [variables-not-as-written]"
    )
    assert site.writes() == POSTED[:-1]
    assert site.deployments() == []


def test_a_site_id_that_another_user_deletes_beside_the_database_is_put_back(kept: Kept, site: Site) -> None:
    site.somebody_deletes("SITE_ID", after="DATABASE_URL")
    with pytest.raises(Refused, match=r"as declared: SITE_ID\. Nothing was deployed; SITE_ID was put back\."):
        kept.up(mirror(site))
    assert site.stored()["SITE_ID"] == ("2", False)
    assert site.deployments() == []


def test_where_the_site_id_does_not_stay_the_database_goes_again(kept: Kept, site: Site) -> None:
    site.by_hand("SITE_ID", "2")
    for name in ("DATABASE_URL", "SITE_ID"):
        site.somebody_deletes("SITE_ID", after=name)
    with pytest.raises(Refused, match=r"deployed; DATABASE_URL, which Mirrors had made, was removed again\."):
        kept.up(mirror(site))
    assert set(site.stored()) == {"MIRRORS_APPLICATION", "DEFAULT_STORAGE_DSN"}


def test_where_the_site_id_does_not_stay_a_database_that_was_there_before_stays_and_that_is_reported(
    kept: Kept, site: Site
) -> None:
    site.by_hand("SITE_ID", "2")
    site.by_hand("DATABASE_URL", DATABASE)
    for name in ("DEFAULT_STORAGE_DSN", "SITE_ID"):
        site.somebody_deletes("SITE_ID", after=name)
    found = {"SITE_ID": False, "DATABASE_URL": False}
    with pytest.raises(Refused, match="DATABASE_URL is set there without its SITE_ID: set SITE_ID=2 there") as refused:
        kept.up(mirror(site, found, DATABASE_URL=secret(DATABASE, sensitive=False)))
    assert CANARY not in str(refused.value)
    assert "DATABASE_URL" in site.stored()


def test_what_another_user_writes_before_the_last_look_is_reported_without_values(kept: Kept, site: Site) -> None:
    site.somebody_writes("LANGUAGE", f"{CANARY}-other", after="DATABASE_URL")
    with pytest.raises(Refused, match="as declared: LANGUAGE") as refused:
        kept.up(mirror(site, LANGUAGE=plain("de")))
    assert CANARY not in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert site.deployments() == []
