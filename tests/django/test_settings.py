"""The project's reading of its environment variables and of its own code."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.django.acme import CODEBASE, STORAGE_SECRET, Acme, finish, get
from tests.django.conftest import NewFleet
from tests.django.postgres import PASSWORD


def fingerprint(codebase: Path) -> str:
    program = "from pathlib import Path; from acme.release import fingerprint; print(fingerprint(Path.cwd()))"
    command = [sys.executable, "-B", "-c", program]
    return subprocess.run(command, cwd=codebase, check=True, capture_output=True, text=True).stdout


def test_the_release_is_that_of_the_code_wherever_it_lies(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(CODEBASE, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__")))
    assert fingerprint(copy) == fingerprint(CODEBASE)
    (copy / "media").mkdir()
    (copy / "media" / "page.html").write_text("uploaded")
    assert fingerprint(copy) == fingerprint(CODEBASE)
    (copy / "gallery" / "templates" / "base.html").write_text("changed")
    assert fingerprint(copy) != fingerprint(CODEBASE)


def test_the_models_have_all_their_migrations(tmp_path: Path) -> None:
    site = Acme(1, f"sqlite:///{tmp_path}/acme.db", tmp_path)
    assert site.manage("makemigrations", "--check", "--dry-run") == "No changes detected\n"


def test_a_site_behind_https_has_no_serious_finding_in_the_deployment_check(tmp_path: Path) -> None:
    site = Acme(1, f"sqlite:///{tmp_path}/acme.db", tmp_path, {"HTTPS_ONLY": "1"})
    output = site.manage("check", "--deploy")
    # Both are about other hosts than the site's own, and not the site's to decide.
    assert "2 issues" in output, output
    assert "security.W005" in output
    assert "security.W021" in output


def test_a_site_that_wants_https_redirects_and_trusts_the_proxy_in_front(new_sqlite_fleet: NewFleet) -> None:
    plain = new_sqlite_fleet()(1)
    with Acme(1, plain.database_url, plain.media, {"HTTPS_ONLY": "1"}).serving() as url:
        answer = get(f"{url}/", host=plain.domain)
        assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{plain.domain}/")
        assert get(f"{url}/", host=plain.domain, forwarded="https").status_code == 200


def test_aliases_are_answered_too(new_sqlite_fleet: NewFleet) -> None:
    plain = new_sqlite_fleet()(2)
    aliases = {"DOMAIN_ALIASES": "two.example, www.two.example:8000", "MIRRORS_APPLICATION": "acme-de"}
    with Acme(2, plain.database_url, plain.media, aliases).serving() as url:
        answers = [get(f"{url}/site.json", host=host) for host in ("two.example", "www.two.example:8000")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json()["application"] == "acme-de"
        assert get(f"{url}/site.json", host="three.example").status_code == 400


def test_an_error_page_in_debug_mode_hides_the_credentials(tmp_path: Path) -> None:
    never_asked = f"postgres://postgres:{PASSWORD}@127.0.0.1:1/acme"
    with Acme(1, never_asked, tmp_path, {"DEBUG": "True"}).serving() as url:
        page = get(f"{url}/media//outside")  # refused as suspicious, which Django explains with all its settings
    assert "DEFAULT_STORAGE_DSN" in page.text
    for secret in (PASSWORD, STORAGE_SECRET, "canary"):
        assert secret not in page.text


def test_without_variables_a_site_uses_files_beside_its_code(tmp_path: Path) -> None:
    codebase = Path(shutil.copytree(CODEBASE, tmp_path / "a copy", ignore=shutil.ignore_patterns("__pycache__")))
    for arguments in (["mirrors_migrate"], ["demo_content"]):
        subprocess.run([sys.executable, "-B", "manage.py", *arguments], cwd=codebase, env={}, check=True)
    assert (codebase / "db.sqlite3").exists()
    assert (codebase / "media" / "pictures" / "site-1.png").exists()


def test_a_site_id_that_is_no_number_ends_the_release(tmp_path: Path) -> None:
    site = Acme(1, f"sqlite:///{tmp_path}/acme.db", tmp_path, {"SITE_ID": "two"})
    code, output = finish(site.start("python manage.py check"))
    assert code == 1
    assert "'two'" in output
