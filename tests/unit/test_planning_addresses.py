"""Addresses and identities let no credentials through."""

import pytest

from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.dsn import identify_service, normalize_identity


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("www.example.com", "https://www.example.com/"),
        ("127.0.0.1:8001", "http://127.0.0.1:8001/"),
        ("[::1]:8001", "http://[::1]:8001/"),
        ("site.localhost", "http://site.localhost/"),
        ("127.0.0.1:8001/some/path?x=", "http://127.0.0.1:8001/"),
        ("https://www.example.com/", "https://www.example.com/"),
        ("u:hunter22@www.example.com", "https://www.example.com/"),
        (" www.example.com ", "https://www.example.com/"),
        ("www.example.com,example.com", None),
        ("www.example.com /x", None),
        ("[::1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_site_on_this_machine_has_plain_http(domain: str | None, address: str | None) -> None:
    assert make_site_url(domain) == address


@pytest.mark.parametrize(
    ("dsn", "identity"),
    [
        ("postgres://u:p%40ss@db.example.com:5432/acme?sslmode=require", "postgres://db.example.com:5432/acme"),
        ("s3://KEY:SECRET@bucket.s3.amazonaws.com/?auth=s3v4", "s3://bucket.s3.amazonaws.com"),
        ("file:///data/media/?url=%2Fmedia%2F&secret=x", "file:///data/media"),
        ("sqlite:////data/db.sqlite3", "sqlite:////data/db.sqlite3"),
        ("hunter22", "unreadable"),
        ("admin:hunter2", "unreadable"),
        ("s3://KEY:/half/of/hunter22@bucket.s3.amazonaws.com/", "unreadable"),
        ("postgres://u:12/hunter22@db.example.com/acme", "unreadable"),
        ("postgres://u:12?hunter22@db.example.com/acme", "unreadable"),
        ("postgres://u:12@hunter22#x@db.example.com/acme", "postgres://db.example.com:5432/acme"),
        ("postgres://u:hunter22@[bad/x", "unreadable"),
    ],
)
def test_an_identity_has_no_credentials(dsn: str, identity: str) -> None:
    assert identify_service(dsn) == identity


@pytest.mark.parametrize(
    "dsn",
    [
        "postgres://u:p@db.example.com:5432/acme",
        "postgres://u:p@db.example.com/acme",
        "postgresql://db.example.com/acme",
        "psql://DB.Example.com.:5432/acme",
        "PGSQL://db.example.com./acme",
        "postgis://db.example.com/acme",
    ],
)
def test_one_database_has_one_identity_however_it_is_spelled(dsn: str) -> None:
    assert identify_service(dsn) == "postgres://db.example.com:5432/acme"


def test_what_differs_in_more_than_its_spelling_has_another_identity() -> None:
    dsns = (
        "postgres://db/acme",
        "postgres://db:5433/acme",
        "postgres://db/acme2",
        "postgres://db/acme/",
        "mysql://db/acme",
        "postgres://d/acme",
    )
    assert len({identify_service(dsn) for dsn in dsns}) == len(dsns)
    assert identify_service("mysql://db/acme") == identify_service("mysql://db:3306/acme")


def test_an_ipv6_address_has_brackets_and_its_short_form() -> None:
    assert identify_service("postgres://u:p@[::1]:5433/acme") == "postgres://[::1]:5433/acme"
    assert identify_service("postgres://u:p@[0:0:0:0:0:0:0:1]/acme") == "postgres://[::1]:5432/acme"


@pytest.mark.parametrize(
    ("stored", "today"),
    [
        ("postgres://db/acme", "postgres://db:5432/acme"),
        ("postgresql://db:5432/acme", "postgres://db:5432/acme"),
        ("Postgres://u:p@DB./acme/", "postgres://db:5432/acme"),
        ("postgres://::1:5433/acme", "postgres://[::1]:5433/acme"),
        ("postgres://::1/acme", "postgres://[::1]:5432/acme"),
        ("postgres://2001:db8:0:0:0:0:0:1/acme", "postgres://[2001:db8::1]:5432/acme"),
        ("postgres://db/a?b%41", "postgres://db:5432/a%3Fb%2541"),
        ("sqlite:////data/db.sqlite3", "sqlite:////data/db.sqlite3"),
        ("s3://bucket.s3.amazonaws.com", "s3://bucket.s3.amazonaws.com"),
        ("unreadable", "unreadable"),
    ],
)
def test_an_identity_in_a_state_is_read_in_todays_spelling(stored: str, today: str) -> None:
    assert normalize_identity(stored) == today
    assert normalize_identity(today) == today
