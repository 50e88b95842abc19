"""Three sites, served by real processes, with one database and one storage."""

import http.client
import io
import re
from urllib.parse import urlsplit

import requests
from PIL import Image

from tests.django.acme import STORAGE_SECRET, TIMEOUT, browser, get, submit
from tests.django.conftest import NewFleet, Serving
from tests.django.postgres import PASSWORD, Postgres


def administrator(url: str) -> requests.Session:
    session = browser()
    submit(session, f"{url}/admin/login/?next=/admin/", {"username": "ada", "password": "countess"})
    return session


def raw(url: str, path: str) -> tuple[int, str]:
    """Ask for a path as it is; other clients tidy it."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def test_every_site_reports_its_own_id_domain_and_name(fleet: Serving) -> None:
    for site_id, url in fleet.urls.items():
        answer = get(f"{url}/site.json").json()
        domain = fleet.sites[site_id].domain
        assert (answer["site_id"], answer["domain"], answer["name"]) == (site_id, domain, domain)
        application = None if site_id == 1 else f"acme-{site_id}"
        assert (answer["environment"], answer["application"]) == ("test", application)


def test_all_sites_report_one_database_storage_and_release(fleet: Serving) -> None:
    answers = [get(f"{url}/site.json").json() for url in fleet.urls.values()]
    for key in ("database", "storage", "release"):
        assert answers[0][key] == answers[1][key] == answers[2][key]
    assert re.fullmatch("[0-9a-f]{32}", answers[0]["database"]["marker"])
    assert re.fullmatch("[0-9a-f]{32}", answers[0]["storage"]["marker"])
    assert re.fullmatch("[0-9a-f]{12}", answers[0]["release"])


def test_the_identity_is_what_the_database_and_the_storage_say(fleet: Serving, postgres: Postgres) -> None:
    answer = get(f"{fleet.urls[2]}/site.json").json()
    scheme, _, rest = fleet.sites[2].database_url.partition("://")
    if scheme == "sqlite":
        assert (answer["database"]["server"], answer["database"]["name"]) == ("sqlite", rest.removeprefix("/"))
    else:
        name = rest.rpartition("/")[2]
        assert (answer["database"]["server"], answer["database"]["name"]) == (f"127.0.0.1:{postgres.port}", name)
    assert answer["storage"]["location"] == str(fleet.media)
    assert (fleet.media / "marker.txt").read_text() == answer["storage"]["marker"]


def test_another_fleet_has_other_markers(fleet: Serving, new_fleet: NewFleet) -> None:
    with new_fleet()(2).serving() as url:
        other = get(f"{url}/site.json").json()
    own = get(f"{fleet.urls[2]}/site.json").json()
    assert other["database"]["marker"] != own["database"]["marker"]
    assert other["storage"]["marker"] != own["storage"]["marker"]
    assert other["domain"] is None, "no row was written for this site"


def test_site_json_shows_no_secrets(fleet: Serving) -> None:
    text = get(f"{fleet.urls[1]}/site.json").text
    for secret in (PASSWORD, STORAGE_SECRET, "canary"):
        assert secret not in text


def test_sites_json_lists_the_rows_of_all_sites(fleet: Serving) -> None:
    for url in fleet.urls.values():
        rows = get(f"{url}/sites.json").json()
        assert rows[:3] == [
            {"id": site_id, "domain": site.domain, "name": site.domain} for site_id, site in fleet.sites.items()
        ]


def test_a_picture_uploaded_on_the_original_is_served_by_a_mirror(fleet: Serving) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    with administrator(fleet.urls[1]) as session:
        form = {"site": "1", "title": "Uploaded by Ada"}
        submit(session, f"{fleet.urls[1]}/admin/gallery/picture/add/", form, {"image": file.getvalue()})
    home = get(f"{fleet.urls[1]}/").text
    assert "Uploaded by Ada" in home
    [path] = re.findall(r'<img src="([^"]+)" alt=""><figcaption>Uploaded by Ada', home)
    served = get(f"{fleet.urls[2]}{path}")
    assert (served.content, served.headers["Content-Type"]) == (file.getvalue(), "image/png")
    assert "Uploaded by Ada" not in get(f"{fleet.urls[2]}/").text


def test_a_flat_page_of_one_site_is_not_found_on_another(fleet: Serving) -> None:
    assert get(f"{fleet.urls[2]}/about-site-2/").status_code == 200
    assert get(f"{fleet.urls[3]}/about-site-2/").status_code == 404


def test_the_home_page_shows_the_content_of_its_own_site_alone(fleet: Serving) -> None:
    for site_id, url in fleet.urls.items():
        home = get(f"{url}/").text
        assert set(re.findall(r"A picture of site (\d)", home)) == {str(site_id)}
        assert set(re.findall(r"/about-site-(\d)/", home)) == {str(site_id)}


def test_a_site_added_in_the_admin_does_not_clash_with_those_that_have_an_id_of_their_own(fleet: Serving) -> None:
    with administrator(fleet.urls[2]) as session:
        form = {"domain": "added.example", "name": "Added"}
        submit(session, f"{fleet.urls[2]}/admin/sites/site/add/", form)
    [added] = [row for row in get(f"{fleet.urls[1]}/sites.json").json() if row["domain"] == "added.example"]
    assert added["id"] > 3


def test_sites_on_one_host_have_cookies_of_their_own(fleet: Serving) -> None:
    with administrator(fleet.urls[1]) as first, administrator(fleet.urls[2]) as second:
        names = [{cookie.name for cookie in session.cookies} for session in (first, second)]
    assert names[0] == {"sessionid_site_1_example_8000", "csrftoken_site_1_example_8000"}
    assert not names[0] & names[1]


def test_only_the_sites_own_hosts_and_loopback_are_answered(fleet: Serving) -> None:
    url = f"{fleet.urls[2]}/site.json"
    assert get(url).status_code == 200
    assert get(url, host=fleet.sites[2].domain).status_code == 200
    assert get(url, host=fleet.sites[3].domain).status_code == 400


def test_static_files_are_served_from_the_code(fleet: Serving) -> None:
    served = get(f"{fleet.urls[3]}/static/admin/css/base.css")
    assert (served.status_code, served.headers["Content-Type"]) == (200, 'text/css; charset="utf-8"')


def test_media_serves_nothing_from_outside_the_storage(fleet: Serving) -> None:
    (fleet.media.parent / "outside.txt").write_text("outside")
    (fleet.media / "inside.txt").write_text("own")
    assert raw(fleet.urls[1], "/media/inside.txt") == (200, "own")
    for path in ("/media/../outside.txt", "/media/%2e%2e/outside.txt", "/media//etc/passwd"):
        assert raw(fleet.urls[1], path)[0] == 400
    for path in ("/media/absent.png", "/media/pictures", "/media/inside.txt/x", "/media/%00"):
        assert raw(fleet.urls[1], path)[0] == 404
