"""Addresses, identities and redaction let no credentials through."""

import pytest

from mirrors.planning.addresses import address_of, identity_of
from mirrors.planning.redaction import redact


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("www.example.com", "https://www.example.com/"),
        ("127.0.0.1:8001", "http://127.0.0.1:8001/"),
        ("[::1]:8001", "http://[::1]:8001/"),
        ("site.localhost", "http://site.localhost/"),
        ("", None),
        (None, None),
    ],
)
def test_a_site_on_this_machine_has_plain_http(domain: str | None, address: str | None) -> None:
    assert address_of(domain) == address


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
        ("postgres://u:12@hunter22#x@db.example.com/acme", "unreadable"),
        ("postgres://u:hunter22@[bad/x", "unreadable"),
    ],
)
def test_an_identity_has_no_credentials(dsn: str, identity: str) -> None:
    assert identity_of(dsn) == identity


def test_a_log_is_redacted_also_where_only_the_password_is_quoted() -> None:
    dsn = "postgres://acme:p%40ssword@db/acme?secret=sesame11"
    log = f"using {dsn}\npassword p@ssword refused, p%40ssword, sesame11"
    assert redact("?sig=a%2Fbcdef", ["https://host/?sig=a%2Fbcdef"]) == "?sig=[secret]"
    assert redact(log, [dsn, "1"]) == "using [secret]\npassword [secret] refused, [secret], [secret]"
