"""The release command as a platform runs it: in processes, on a real database that sites share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connections

from django_mirrors.errors import LockLostError
from django_mirrors.registry import Registry, utc_now
from django_mirrors.release import ReleaseCommand
from tests.databases import Database
from tests.servers import GUARDED, serving
from tests.site import Site, deploy_together, finish

if TYPE_CHECKING:
    from pathlib import Path

    from tests.released import Templates


def mirror(original: Site, site_id: int, application: str) -> Site:
    return Site(original.database, site_id, application, original.release)


def recorded(database: Database) -> list[str]:
    """Return the gallery's recorded migrations: one that was applied twice is there twice."""
    rows = database.query("SELECT name FROM django_migrations WHERE app = 'gallery' ORDER BY id")
    return [name for (name,) in rows]


@pytest.mark.each_version
def test_the_first_release_of_the_original_makes_the_tables_and_its_site(database: Database) -> None:
    output = Site(database).manage("mirrors_migrate", "--noinput")
    assert recorded(database) == ["0001_initial"]
    assert database.query("SELECT id, domain, name FROM django_site") == [(1, "site-1.example", "site-1.example")]
    assert "Site 1 (the original) is registered with release" in output


def test_a_second_release_with_nothing_new_changes_nothing(original: Site) -> None:
    output = original.manage("mirrors_migrate")
    assert "No migration is pending." in output
    assert "Site 1 is site-1.example, as before." in output


def test_a_mirror_refuses_an_empty_database_and_leaves_no_site(database: Database) -> None:
    output = Site(database, 2, "acme-de").refused("mirrors_migrate")
    assert "The database is empty, and acme-de is a mirror" in output
    with database.connected() as connection, connection.cursor() as cursor:
        assert set(connection.introspection.table_names(cursor)) <= {"django_mirrors_registry"}


def test_a_mirror_waits_for_the_end_of_the_originals_first_release(database: Database) -> None:
    Site(database).manage("migrate", "contenttypes")  # as if the release was killed after this migration
    output = mirror(Site(database), 2, "acme-de").refused("mirrors_migrate")
    assert "The database has no Site row yet, and acme-de is a mirror" in output
    Site(database).manage("mirrors_migrate")
    mirror(Site(database), 2, "acme-de").manage("mirrors_migrate")


def test_a_row_of_the_sites_admin_is_not_overwritten_until_it_is_taken_over(original: Site) -> None:
    database, before = original.database, [(1, "site-1.example"), (7, "later.example")]
    database.query("INSERT INTO django_site (id, domain, name) VALUES (7, 'later.example', 'Later')")
    new = mirror(original, 7, "acme-new")
    refused = new.at(2).refused("mirrors_migrate")
    assert "Site row 7 is later.example (not registered), and this process is acme-new" in refused
    assert "reservedSiteIds" in refused
    assert "manage.py mirrors_take_over 7" in refused
    assert recorded(database) == ["0001_initial"]
    assert database.query("SELECT id, domain FROM django_site ORDER BY id") == before
    taken = original.manage("mirrors_take_over", "7", "--name", "later.example")
    assert "Site 7 (later.example) may be taken over" in taken
    assert database.query("SELECT id, domain FROM django_site ORDER BY id") == before
    assert "Site 7 is site-7.example." in new.manage("mirrors_migrate")
    assert database.query("SELECT domain, name FROM django_site WHERE id = 7") == [("site-7.example", "Later")]


def test_a_row_that_someone_renames_after_it_was_given_is_not_taken_over(released: Site) -> None:
    released.database.query("INSERT INTO django_site (id, domain, name) VALUES (7, 'later.example', 'Later')")
    released.manage("mirrors_take_over", "7", "--name", "later.example")
    released.database.query("UPDATE django_site SET domain = 'other.example' WHERE id = 7")
    assert "Site row 7 is other.example" in mirror(released, 7, "acme-new").refused("mirrors_migrate")


def test_what_was_given_is_given_once(released: Site) -> None:
    released.database.query("INSERT INTO django_site (id, domain, name) VALUES (7, 'later.example', 'Later')")
    released.manage("mirrors_take_over", "7", "--name", "later.example")
    mirror(released, 7, "acme-new").manage("mirrors_migrate")
    refused = released.refused("mirrors_take_over", "7", "--name", "site-7.example")
    assert "Site 7 belongs to acme-new, which has registered it" in refused
    released.manage("mirrors_forget", "7", "--name", "acme-new")
    released.database.query("UPDATE django_site SET domain = 'later.example' WHERE id = 7")
    assert "Site row 7 is later.example (acme-new)" in mirror(released, 7, "acme-fr").refused("mirrors_migrate")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "There is no terminal to ask"),
        ("\n", "not ''"),
        ("acme-new\n", "not 'acme-new'"),
        ("7\n", "not '7'"),
        (" later.example\n", "not ' later.example'"),
        ("later.example \n", "not 'later.example '"),
        ("LATER.example\n", "not 'LATER.example'"),
    ],
)
def test_taking_over_wants_the_domain_typed(sqlite: Database, templates: Templates, answer: str, said: str) -> None:
    original = templates.release(sqlite)
    sqlite.query("INSERT INTO django_site (id, domain, name) VALUES (7, 'later.example', 'Later')")
    original.manage("mirrors_migrate")  # creates the registry of this copy
    before = everything(sqlite)
    code, output = original.answering(answer, "mirrors_take_over", "7")
    assert (code, "Traceback" in output) == (1, False), output
    assert said in output
    assert everything(sqlite) == before
    assert original.answering("later.example\n", "mirrors_take_over", "7")[0] == 0
    assert everything(sqlite) != before


@pytest.mark.parametrize("command", ["mirrors_forget", "mirrors_mark_external"])
def test_a_padded_name_marks_nothing(sqlite: Database, templates: Templates, command: str) -> None:
    original = templates.release(sqlite)
    mirror(original, 2, "acme-de").manage("mirrors_migrate")
    before = everything(sqlite)
    code, output = original.answering("acme-de \n", command, "2")
    assert (code, everything(sqlite)) == (1, before), output


def everything(database: Database) -> list[tuple[object, ...]]:
    """Return the rows of the companion and of the sites."""
    return [
        *database.query("SELECT * FROM django_mirrors_registry ORDER BY id"),
        *database.query("SELECT * FROM django_site ORDER BY id"),
    ]


def test_taking_over_what_is_not_there_is_an_error(released: Site) -> None:
    assert "There is no Site row 9; there are: 1." in released.refused("mirrors_take_over", "9", "--name", "x.example")
    assert "Site 1 belongs to the original" in released.refused("mirrors_take_over", "1", "--name", "site-1.example")


def test_a_row_that_has_the_mirrors_domain_already_is_taken_over_without_a_question(original: Site) -> None:
    database = original.database
    database.query("INSERT INTO django_site (id, domain, name) VALUES (2, 'Site-2.example', 'By hand')")
    database.query("INSERT INTO django_site (id, domain, name) VALUES (3, 'www.site-3.example', 'By hand')")
    mirror(original, 2, "acme-de").manage("mirrors_migrate")
    mirror(original, 3, "acme-fr").having(DOMAIN_ALIASES="a.example, www.site-3.example").manage("mirrors_migrate")
    rows = database.query("SELECT id, domain FROM django_site WHERE id > 1 ORDER BY id")
    assert rows == [(2, "site-2.example"), (3, "site-3.example")]


def test_a_row_that_the_sites_admin_makes_while_it_migrates_is_not_overwritten(sqlite: Database) -> None:
    """An editor saves it between the first check and the last migration: the admin takes no lock."""
    Site(sqlite).manage("mirrors_migrate")
    process = mirror(Site(sqlite), 7, "acme-new").start("-c", ADMIN_SAVES_MEANWHILE)
    code, output = finish(process)
    assert code == 1, output
    assert "Site row 7 is later.example (not registered)" in output.splitlines()[-1]
    assert sqlite.query("SELECT id, domain FROM django_site WHERE id = 7") == [(7, "later.example")]


ADMIN_SAVES_MEANWHILE = """
import django
from django.core.management import call_command
from django.db.models.signals import post_migrate

django.setup()
from django.contrib.sites.models import Site


def save(**_):
    Site.objects.get_or_create(pk=7, domain="later.example", name="Later")


post_migrate.connect(save)
call_command("mirrors_migrate")
"""


def test_after_a_copy_a_site_renames_the_row_that_it_had_registered_there(released: Site) -> None:
    """In a copy of Live's database in Test, the rows have Live's domains. No confirmation is needed."""
    mirror(released, 2, "acme-de").manage("mirrors_migrate")
    there = {"STAGE": "live", "DOMAIN": "live.example"}
    mirror(released, 2, "acme-de").having(**there).manage("mirrors_migrate")
    assert released.database.query("SELECT domain FROM django_site WHERE id = 2") == [("live.example",)]
    assert "Site row 2 is live.example" in mirror(released, 2, "acme-fr").having(
        STAGE="stage", DOMAIN="stage.example"
    ).refused("mirrors_migrate")


def test_an_original_with_an_id_of_its_own_begins_on_an_empty_database(database: Database) -> None:
    """Django creates its row example.com under the SITE_ID of the first process that migrates."""
    Site(database, 5).manage("mirrors_migrate")
    assert database.query("SELECT id, domain FROM django_site") == [(5, "site-5.example")]


def test_an_original_takes_the_row_1_that_it_has_made_before_it_had_the_companion(database: Database) -> None:
    Site(database).manage("migrate")
    database.query("UPDATE django_site SET domain = 'www.acme.example', name = 'Acme'")
    Site(database).manage("mirrors_migrate")
    assert database.query("SELECT id, domain, name FROM django_site") == [(1, "site-1.example", "Acme")]


@pytest.mark.parametrize("site_id", ["0", "-1"])
def test_an_id_below_1_is_refused_and_makes_no_row(released: Site, site_id: str) -> None:
    refused = mirror(released, 2, "acme-de").having(SITE_ID=site_id).refused("mirrors_migrate")
    assert f"SITE_ID is {site_id}, and ids begin at 1" in refused
    assert released.database.query("SELECT id FROM django_site") == [(1,)]


def test_a_text_as_site_id_is_mentioned_and_djangos_own_check_decides(released: Site) -> None:
    german = mirror(released, 2, "acme-de").having(SITE_ID_AS="text", SITE_ID=" 02 ")
    said = german.manage("mirrors_migrate", "--check")
    assert "Warning: SITE_ID is the text ' 02 ' in the settings" in said
    assert "sites.E101" in german.refused("mirrors_migrate")


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("none", "The environment has SITE_ID 2, but the settings have none, so Django goes by the Host header"),
        ("1", "The environment has SITE_ID '2', but the settings have 1, and Django goes by that"),
    ],
)
def test_a_mirror_whose_settings_pass_over_the_environment_is_refused(released: Site, setting: str, why: str) -> None:
    refused = mirror(released, 2, "acme-de").having(SITE_ID_AS=setting).refused("mirrors_migrate")
    assert why in refused
    assert 'write SITE_ID = int(os.environ.get("SITE_ID", 1)) in the settings' in refused


def test_an_original_whose_settings_pass_over_the_environment_is_warned(released: Site) -> None:
    said = released.having(SITE_ID_AS="none").manage("mirrors_migrate")
    assert "Warning: The environment has SITE_ID 1, but the settings have none" in said


def test_a_long_name_is_cut_as_one_that_is_made_of_the_domain_is(original: Site) -> None:
    long = "Acme " * 12
    german = mirror(original, 2, "acme-de").having(SITE_NAME=long)
    assert "SITE_NAME has 59 characters: a Site row has its first 50." in german.manage("mirrors_migrate")
    [(name,)] = original.database.query("SELECT name FROM django_site WHERE id = 2")
    assert name == long[:50].strip()
    assert "Site 2 is site-2.example, as before." in german.manage("mirrors_migrate")


@pytest.mark.parametrize("domain", ["https://www.example.com/", "a.example, b.example"])
def test_a_domain_that_is_more_than_a_host_is_refused_before_anything_is_migrated(released: Site, domain: str) -> None:
    refused = released.at(2).having(DOMAIN=domain).refused("mirrors_migrate")
    assert f"DOMAIN is {domain!r}, and takes one host name" in refused
    assert recorded(released.database) == ["0001_initial"]
    warned = released.having(DOMAIN=domain, MIRRORS_ENFORCE="no").manage("mirrors_migrate")
    assert f"Warning: DOMAIN is {domain!r}" in warned
    assert released.database.query("SELECT domain FROM django_site") == [("site-1.example",)]


def test_a_mirror_registers_its_own_site_beside_the_original(original: Site) -> None:
    mirror(original, 2, "acme-de").having(SITE_NAME="Acme Germany").manage("mirrors_migrate")
    rows = original.database.query("SELECT id, domain, name FROM django_site ORDER BY id")
    assert rows == [(1, "site-1.example", "site-1.example"), (2, "site-2.example", "Acme Germany")]


def test_the_next_site_that_someone_adds_gets_an_id_above_all_others(original: Site) -> None:
    mirror(original, 7, "acme-de").manage("mirrors_migrate")
    database = original.database
    [(added,)] = database.query("INSERT INTO django_site (domain, name) VALUES ('new.example', '') RETURNING id")
    assert added == 8
    mirror(original, 3, "acme-fr").manage("mirrors_migrate")
    [(added,)] = database.query("INSERT INTO django_site (domain, name) VALUES ('newer.example', '') RETURNING id")
    assert added == 9


def test_a_release_without_a_domain_moves_the_sequence_all_the_same(original: Site) -> None:
    database = original.database
    database.query("INSERT INTO django_site (id, domain, name) VALUES (2, 'site-2.example', '')")
    mirror(original, 2, "acme-de").having(DOMAIN="").manage("mirrors_migrate")
    [(added,)] = database.query("INSERT INTO django_site (domain, name) VALUES ('new.example', '') RETURNING id")
    assert added == 3


def test_a_changed_domain_is_written_and_a_name_that_someone_chose_is_kept(original: Site) -> None:
    database = original.database
    database.query("UPDATE django_site SET name = 'Acme'")
    original.having(DOMAIN="www.example").manage("mirrors_migrate")
    assert database.query("SELECT domain, name FROM django_site") == [("www.example", "Acme")]


def test_an_id_of_another_application_is_refused_before_anything_is_written(released: Site) -> None:
    mirror(released, 2, "acme-de").manage("mirrors_migrate")
    before = released.database.query("SELECT * FROM django_site ORDER BY id")
    output = mirror(released, 2, "acme-fr").at(2).having(DOMAIN="fr.example").refused("mirrors_migrate")
    assert "SITE_ID is 2, which belongs to acme-de" in output
    assert released.database.query("SELECT * FROM django_site ORDER BY id") == before
    assert recorded(released.database) == ["0001_initial"]


def test_a_mirror_without_a_site_id_is_refused(released: Site) -> None:
    output = Site(released.database, None, "acme-de").refused("mirrors_migrate")
    assert "MIRRORS_APPLICATION is acme-de, so this is a mirror, but there is no SITE_ID" in output


def test_an_original_without_a_site_id_is_site_1(sqlite: Database) -> None:
    Site(sqlite, None).having(DOMAIN="acme.example").manage("mirrors_migrate")
    assert sqlite.query("SELECT id, domain FROM django_site") == [(1, "acme.example")]


def test_a_domain_of_another_site_is_refused(released: Site) -> None:
    output = mirror(released, 2, "acme-de").having(DOMAIN="site-1.example").refused("mirrors_migrate")
    assert "DOMAIN site-1.example belongs to site 1 (the original)" in output


def test_a_site_without_a_domain_would_be_example_com_and_is_refused(sqlite: Database) -> None:
    assert "DOMAIN is not set, so site 1 would be example.com" in Site(sqlite).having(DOMAIN="").refused(
        "mirrors_migrate"
    )


def test_a_domain_that_is_too_long_is_refused_without_a_traceback(sqlite: Database) -> None:
    output = Site(sqlite).having(DOMAIN=f"{'long.' * 20}example").refused("mirrors_migrate")
    assert "DOMAIN or SITE_NAME cannot be stored" in output


def test_a_database_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    nowhere = Site(Database(f"sqlite:///{tmp_path / 'nowhere' / 'shared.db'}"))
    for command in (["mirrors_migrate"], ["mirrors_forget", "2"]):
        assert f"The database sqlite:{tmp_path}/nowhere/shared.db cannot be reached" in nowhere.refused(*command)


def test_on_a_developers_machine_it_is_said_and_done(released: Site) -> None:
    mirror(released, 2, "acme-de").having(STAGE="local").manage("mirrors_migrate")
    output = mirror(released, 2, "acme-fr").having(STAGE="local").manage("mirrors_migrate")
    assert "Warning: SITE_ID is 2, which belongs to acme-de" in output
    rows = released.database.query("SELECT domain FROM django_site WHERE id = 2")
    assert rows == [("site-2.example",)]


def test_a_column_is_added_while_older_code_runs(original: Site) -> None:
    mirror(original, 2, "acme-de").manage("mirrors_migrate")
    output = original.at(2).manage("mirrors_migrate")
    assert "Pending: gallery.0002_picture_caption." in output
    assert "1 of 1 pending migrations applied." in output


@pytest.mark.each_version
def test_a_column_that_a_mirror_still_needs_is_not_dropped(original: Site) -> None:
    mirror(original, 2, "acme-de").manage("mirrors_migrate")
    output = original.at(3).refused("mirrors_migrate")
    assert "gallery.0003_remove_picture_note" in output
    assert "gallery_picture.note" in output
    assert "acme-de" in output
    assert recorded(original.database) == ["0001_initial"]


def test_a_site_that_no_one_registered_refuses_the_drop_until_it_is_marked(released: Site) -> None:
    released.database.query("INSERT INTO django_site (id, domain, name) VALUES (4, 'old.example', 'Old')")
    assert "old.example" in released.at(3).refused("mirrors_migrate")
    released.manage("mirrors_mark_external", "4", "--name", "old.example")
    released.at(3).manage("mirrors_migrate")
    assert recorded(released.database)[-1] == "0003_remove_picture_note"


def test_a_site_that_claimed_its_id_and_never_answered_is_unknown_code(released: Site) -> None:
    """Its first deployment with the companion loaded and failed its health check. Earlier containers go on serving."""
    released.database.query("INSERT INTO django_site (id, domain, name) VALUES (4, 'old.example', 'Old')")
    fourth = mirror(released, 4, "acme-old").having(DOMAIN="old.example")
    with serving(fourth, GUARDED["gunicorn"]) as server:
        assert server.get("/unhealthy/")[0] == 503
    refused = released.at(3).refused("mirrors_migrate")
    assert "Unknown code: site 4 (old.example)" in refused
    assert recorded(released.database) == ["0001_initial"]
    with serving(fourth, GUARDED["gunicorn"]) as server:
        assert server.get()[0] == 200
    assert "site 4 (acme-old, running)" in released.at(3).refused("mirrors_migrate")


def test_a_claimed_id_without_a_site_row_is_unknown_code_too(released: Site) -> None:
    with serving(mirror(released, 5, "acme-new"), GUARDED["gunicorn"]) as server:
        assert server.get("/unhealthy/")[0] == 503
    assert "Unknown code: site 5 (site-5.example)" in released.at(3).refused("mirrors_migrate")


def test_a_forgotten_mirror_no_longer_is_in_the_way(released: Site) -> None:
    mirror(released, 2, "acme-de").manage("mirrors_migrate")
    released.manage("mirrors_forget", "2", "--name", "acme-de")
    released.at(3).manage("mirrors_migrate")
    assert recorded(released.database)[-1] == "0003_remove_picture_note"


def test_forgetting_wants_the_name_typed(released: Site) -> None:
    mirror(released, 2, "acme-de").manage("mirrors_migrate")
    assert "Site 2 is acme-de, not 'acme-fr'. Nothing was changed." in released.refused(
        "mirrors_forget", "2", "--name", "acme-fr"
    )
    assert "There is no site 3; there are: 1, 2." in released.refused("mirrors_forget", "3", "--name", "acme-fr")
    assert "acme-de" in released.at(3).refused("mirrors_migrate")


def test_alone_on_the_database_a_site_may_do_what_it_likes(released: Site) -> None:
    released.at(3).manage("mirrors_migrate")
    assert recorded(released.database)[-1] == "0003_remove_picture_note"


def test_an_error_of_the_guard_stops_a_release_only_where_it_is_enforced(
    sqlite: Database, templates: Templates
) -> None:
    original = templates.release(sqlite)
    mirror(original, 2, "acme-de").manage("mirrors_migrate")
    error = "gallery.0002_strange: the guard failed at AddField with ZeroDivisionError: no collation"
    assert error in original.at(7).refused("mirrors_migrate")
    said = original.at(7).having(MIRRORS_ENFORCE="no").manage("mirrors_migrate")
    assert f"Warning only, as MIRRORS_ENFORCE is off: {error}" in said
    assert recorded(sqlite)[-1] == "0002_strange"


def test_alone_on_the_database_a_site_is_not_judged_at_all(sqlite: Database, templates: Templates) -> None:
    """The guard takes time and memory, on an empty database most of all."""
    assert "1 of 1 pending migrations applied." in templates.release(sqlite).at(7).manage("mirrors_migrate")


def test_code_that_the_schema_no_longer_serves_is_not_released(original: Site) -> None:
    original.at(3).manage("mirrors_migrate")
    output = original.at(1).refused("mirrors_migrate")
    assert "The schema is not what this code needs, so it must not start" in output
    assert "note" in output


def test_a_renamed_model_needs_a_word_since_its_content_type_is_renamed_too(released: Site) -> None:
    mirror(released, 2, "acme-de").manage("mirrors_migrate")
    types = "SELECT model FROM django_content_type WHERE app_label = 'gallery'"
    output = released.at(5).refused("mirrors_migrate")
    assert "gallery.0002_photo: RenameModel renames the content type gallery.picture" in output
    assert '"gallery.0002_photo": {"reason"' in output
    assert released.database.query(types) == [("picture",)]
    released.at(5).having(MIRRORS_ENFORCE="no").manage("mirrors_migrate")
    assert released.database.query(types) == [("photo",)], "what the older code looks for is gone"


def test_check_looks_at_the_schema_too(released: Site) -> None:
    released.at(3).manage("mirrors_migrate")
    assert "gallery_picture.note does not exist" in released.at(1).refused("mirrors_migrate", "--check")


def test_a_model_that_is_ahead_of_its_migrations_is_released_with_a_warning(database: Database) -> None:
    output = Site(database).having(TITLE_LENGTH="255").manage("mirrors_migrate")
    assert "gallery_picture.title takes 100 characters, and the code declares 255." in output
    assert "is registered with release" in output


def test_what_the_schema_was_before_is_no_reason_to_refuse(original: Site) -> None:
    """A package may edit a migration that was applied long ago. No later release could repair that."""
    original.database.query("ALTER TABLE gallery_picture DROP COLUMN note")
    for arguments in (["mirrors_migrate", "--check"], ["mirrors_migrate"]):
        output = original.manage(*arguments)
        assert "Warning: the schema is not what this code declares, and was not before" in output
        assert "gallery_picture.note does not exist" in output


def test_what_this_release_would_be_the_first_to_lack_is_refused_however_often_it_comes(released: Site) -> None:
    later = released.at(2)
    later.manage("migrate", "gallery", "--fake")
    for _ in range(2):
        output = later.refused("mirrors_migrate")
        assert "gallery_picture.caption does not exist" in output
        assert "rollback" not in output
        assert "No migration of this image explains it" in output
    later.having(MIRRORS_ENFORCE="no").manage("mirrors_migrate")
    assert "is registered with release" in later.manage("mirrors_migrate"), "code has run with it"


def test_where_nothing_is_enforced_a_schema_that_does_not_fit_is_a_warning(released: Site) -> None:
    released.at(3).manage("mirrors_migrate")
    output = released.at(1).having(MIRRORS_ENFORCE="no").manage("mirrors_migrate")
    assert "Warning only, as MIRRORS_ENFORCE is off: the schema is not what this code needs:" in output
    assert "gallery_picture.note does not exist" in output


def test_the_tables_of_an_app_without_migrations_are_not_demanded(released: Site) -> None:
    output = released.having(LEGACY="1").manage("mirrors_migrate")
    assert "is registered with release" in output


class LostInTheEnd:
    """A lock that another process takes before the release has registered."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def verify(self) -> None:
        if self.registry.entries(utc_now()):
            raise LockLostError("lost")


def test_a_lock_that_is_lost_after_the_last_migration_is_noticed(sqlite: Database) -> None:
    said: list[str] = []
    with sqlite.connected() as connection:
        connections["default"], former = connection, connections["default"]
        try:
            release = ReleaseCommand(connection, said.append)
            with pytest.raises(LockLostError):
                release.run(LostInTheEnd(release.registry), verbosity=0)
        finally:
            connections["default"] = former
    assert any("is registered with release" in line for line in said)


def test_older_code_does_not_remove_content_types_that_newer_code_may_know(released: Site) -> None:
    released.manage("remove_stale_contenttypes", "--noinput")
    mirror(released, 2, "acme-de").at(2).manage("mirrors_migrate")
    assert "acme-de" in released.refused("remove_stale_contenttypes", "--noinput")


def test_migrations_are_not_forgotten_while_a_site_still_has_their_files(released: Site) -> None:
    released.at(3).manage("mirrors_migrate")
    mirror(released.at(3), 2, "acme-de").manage("mirrors_migrate")
    # Like the release that had the squashed migration beside the migrations that it replaces.
    released.database.query(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('gallery', '0001_squashed_0003', CURRENT_TIMESTAMP)"
    )
    squashed = released.at(4)
    refused = squashed.refused("mirrors_migrate", "--prune", "gallery")
    assert "gallery.0001_initial: migrate --prune removes django_migrations: the database forgets" in refused
    assert "site 2 (acme-de, pending)" in refused
    assert (
        "Missing: step 1. Deploy every site with a release that has the squashed migration and not this one." in refused
    )
    assert len(recorded(released.database)) == 4
    squashed.manage("mirrors_forget", "2", "--name", "acme-de")
    squashed.manage("mirrors_migrate", "--prune", "gallery")
    assert recorded(released.database) == ["0001_squashed_0003"]


def test_an_app_that_does_not_exist_is_not_pruned(released: Site) -> None:
    refused = released.refused("mirrors_migrate", "--prune", "galery")
    assert "There is no app galery to prune. Nothing was changed." in refused


def test_a_check_decides_and_changes_nothing(released: Site) -> None:
    assert "Pending: gallery.0002_picture_caption." in released.at(2).manage("mirrors_migrate", "--check")
    assert recorded(released.database) == ["0001_initial"]
    mirror(released, 2, "acme-de").manage("mirrors_migrate")
    assert "gallery_picture.note" in released.at(3).refused("mirrors_migrate", "--check")


def test_a_check_always_names_the_code_that_no_one_knows(released: Site) -> None:
    unknown = "Unknown code: site 4 (old.example)."
    assert "Unknown code" not in released.manage("mirrors_migrate", "--check")
    released.database.query("INSERT INTO django_site (id, domain, name) VALUES (4, 'old.example', 'Old')")
    nothing_pending = released.manage("mirrors_migrate", "--check")
    assert "No migration is pending." in nothing_pending
    assert unknown in nothing_pending
    assert unknown in released.at(2).manage("mirrors_migrate", "--check"), "a column is added, and nothing refused"


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"STAGE": "local"}, "STAGE is local"),
        ({"STAGE": ""}, "STAGE is not set"),
        ({"MIRRORS_ENFORCE": "no"}, "MIRRORS_ENFORCE is off"),
    ],
)
def test_what_is_not_enforced_is_not_called_refused(sqlite: Database, variables: dict[str, str], why: str) -> None:
    alone = Site(sqlite).having(**variables)
    alone.manage("mirrors_migrate")
    mirror(alone, 2, "acme-de").having(**variables).manage("mirrors_migrate")
    output = alone.at(3).manage("mirrors_migrate")
    assert f"Not refused, as {why}: these migrations would break code that sites run or may still run." in output
    assert "Still needed by: site 1 (the original, pending); site 2 (acme-de, pending)" in output
    assert "Refused" not in output
    assert "Nothing was migrated" not in output
    assert recorded(sqlite)[-1] == "0003_remove_picture_note"


def test_a_copy_of_the_database_starts_with_an_empty_registry_and_says_so(original: Site) -> None:
    mirror(original, 2, "acme-de").manage("mirrors_migrate")
    output = mirror(original, 2, "acme-fr").having(STAGE="live").manage("mirrors_migrate")
    assert "entries of STAGE test" in output
    assert "Site 2 (acme-fr) is registered" in output


def test_after_a_copy_a_restart_registers_what_a_site_runs_for_its_own_next_deployment_too(released: Site) -> None:
    german = mirror(released, 2, "acme-de")
    german.manage("mirrors_migrate")
    there = [site.having(STAGE="live") for site in (released, german)]
    refused = there[0].at(3).refused("mirrors_migrate")
    assert "Unknown code: site 1 (site-1.example); site 2 (site-2.example)" in refused
    assert "the code that site 1, this one, runs now is not registered here. Restart the site" in refused
    for site in there:
        with serving(site, GUARDED["gunicorn"]) as server:
            assert server.get()[0] == 200
    refused = there[0].at(3).refused("mirrors_migrate")
    assert "Still needed by: site 1 (the original, running); site 2 (acme-de, running)" in refused
    assert "Unknown code" not in refused


@pytest.mark.once  # the database makes them wait for each other
def test_of_20_deployments_at_once_exactly_one_migrates_and_all_succeed(original: Site) -> None:
    sites = [original, *(mirror(original, number, f"acme-{number}") for number in range(2, 21))]
    results = deploy_together([site.at(2) for site in sites])
    assert [code for code, _ in results] == [0] * 20, [output for code, output in results if code]
    assert sorted("1 of 1 pending" in output for _, output in results) == [False] * 19 + [True]
    assert recorded(original.database) == ["0001_initial", "0002_picture_caption"]
    assert original.database.query("SELECT count(*), max(id) FROM django_site") == [(20, 20)]


@pytest.mark.once
def test_of_6_first_deployments_of_the_original_exactly_one_makes_the_tables(database: Database) -> None:
    results = deploy_together([Site(database)] * 6)
    assert [code for code, _ in results] == [0] * 6, [output for code, output in results if code]
    assert recorded(database) == ["0001_initial"]
