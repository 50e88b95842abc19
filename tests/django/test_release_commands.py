"""The commands that run at each deployment, also when several sites are deployed at the same time."""

import json
import re
from contextlib import nullcontext
from typing import LiteralString

from tests.django.acme import Acme, finish
from tests.django.conftest import NewFleet
from tests.django.postgres import held_until

RELEASE = "python manage.py mirrors_migrate"
LOCK_MARKERS = "LOCK TABLE identity_marker IN ACCESS EXCLUSIVE MODE"
LOCK_MARKER_ROW = "SELECT id FROM identity_marker FOR UPDATE"
SITES = "from django.contrib.sites.models import Site"


def rows(site: Acme) -> dict[int, str]:
    show = "print(json.dumps(dict(Site.objects.values_list('id', 'domain'))))"
    shown = json.loads(site.manage("shell", "-v0", "-c", f"import json; {SITES}; {show}"))
    return {int(site_id): domain for site_id, domain in shown.items()}


def add(site: Acme) -> int:
    """Add a site as the admin does: its id comes from the database."""
    create = "print(Site.objects.create(domain='added.example', name='Added').pk)"
    return int(site.manage("shell", "-v0", "-c", f"{SITES}; {create}"))


def together(sites: list[Acme], command: str, lock: LiteralString = "") -> list[tuple[int, str]]:
    """Run a command for all sites at once, and return their exit codes and outputs.

    With a statement that locks what the command needs they really are at once: on PostgreSQL each waits for the last.
    """
    url = sites[0].database_url
    barrier = held_until(url, lock, len(sites)) if lock and url.startswith("postgres") else nullcontext()
    with barrier:
        processes = [site.start(command) for site in sites]
    return [finish(process) for process in processes]


def ask(question: str) -> str:
    """Return the command that prints the marker of the database or the storage."""
    program = f"from identity import questions; print(questions.{question}()['marker'])"
    return f'python manage.py shell -v0 -c "{program}"'


def agree(results: list[tuple[int, str]]) -> bool:
    """Return whether all processes ended well and printed one and the same marker."""
    code, output = results[0]
    return code == 0 and re.fullmatch(r"[0-9a-f]{32}\n", output) is not None and len(set(results)) == 1


def test_six_sites_are_released_at_once(new_fleet: NewFleet) -> None:
    site = new_fleet()
    sites = [site(site_id) for site_id in range(1, 7)]
    results = together(sites, RELEASE)
    assert [code for code, _ in results] == [0] * 6, results
    assert rows(sites[0]) == {site.site_id: site.domain for site in sites}
    assert add(sites[3]) == 7


def test_no_other_sites_row_is_touched(new_fleet: NewFleet) -> None:
    site = new_fleet()
    for site_id in (1, 2):
        site(site_id).release()
    change = "Site.objects.filter(pk=2).update(domain='by-hand.example')"
    site(3).manage("shell", "-v0", "-c", f"{SITES}; {change}")
    site(3).release()
    site(1).release()
    assert rows(site(1)) == {1: site(1).domain, 2: "by-hand.example", 3: site(3).domain}


def test_a_domain_of_another_site_is_refused(new_sqlite_fleet: NewFleet) -> None:
    site = new_sqlite_fleet()
    site(2).release()
    thief = Acme(3, site(3).database_url, site(3).media, {"DOMAIN": site(2).domain})
    [(code, output)] = together([thief], RELEASE)
    assert code == 1, output
    assert output.splitlines()[-1].startswith(f"CommandError: DOMAIN {site(2).domain} belongs to site 2 (acme-2)")
    assert 3 not in rows(thief)


def test_the_sites_name_is_what_the_environment_says(new_sqlite_fleet: NewFleet) -> None:
    site = new_sqlite_fleet()(4)
    Acme(4, site.database_url, site.media, {"SITE_NAME": "Acme Austria"}).release()
    name = "print(Site.objects.get(pk=4).name)"
    assert site.manage("shell", "-v0", "-c", f"{SITES}; {name}") == "Acme Austria\n"


def test_a_mirror_with_the_id_of_the_original_is_neither_released_nor_served(new_sqlite_fleet: NewFleet) -> None:
    original = new_sqlite_fleet()(1)
    original.release()
    who = {"MIRRORS_APPLICATION": "acme-de", "DOMAIN": "de.example"}
    mistaken = Acme(1, original.database_url, original.media, who)
    for command in (RELEASE, "python -c 'import acme.wsgi'"):
        [(code, output)] = together([mistaken], command)
        assert code == 1, output
        assert "SITE_ID is 1, which belongs to the original; this process is acme-de" in output.splitlines()[-1]
    assert rows(original) == {1: original.domain}


def test_the_first_sites_to_ask_agree_on_the_markers(new_fleet: NewFleet) -> None:
    site = new_fleet()
    sites = [site(site_id) for site_id in range(1, 7)]
    of_database = together(sites, ask("database"), LOCK_MARKERS)
    assert agree(of_database), of_database
    of_storage = together(sites, ask("storage"), LOCK_MARKER_ROW)
    assert agree(of_storage), of_storage
    assert [path.name for path in sites[0].media.iterdir()] == ["marker.txt"]


def test_a_marker_file_that_was_left_empty_is_written_again(new_sqlite_fleet: NewFleet) -> None:
    site = new_sqlite_fleet()(1)
    (site.media / "marker.txt").touch()
    first = together([site], ask("storage"))
    assert agree(first), first
    assert together([site], ask("storage")) == first


def test_demo_content_is_added_once(new_sqlite_fleet: NewFleet) -> None:
    site = new_sqlite_fleet()(2)
    site.release()
    site.manage("demo_content")
    site.manage("demo_content")
    assert len(list((site.media / "pictures").iterdir())) == 1


def test_demo_content_for_a_site_without_a_row_says_what_to_do(new_sqlite_fleet: NewFleet) -> None:
    [(code, output)] = together([new_sqlite_fleet()(2)], "python manage.py demo_content")
    assert (code, output) == (1, "CommandError: Site 2 has no row yet. Run manage.py mirrors_migrate first.\n")
