"""A log stays readable: what a secret shares with every log, and what is public, is not blanked."""

from mirrors.resources.site_logs import LOG_CHARACTERS, redact_log

PASSWORD = "zH4x$kQ9w"
VARIABLES = {
    "DATABASE_URL": "postgres://acme:zH4x%24kQ9w@db.example.com:5432/acme?sslmode=require",
    "DEFAULT_STORAGE_DSN": "s3://AKIA:pw12345678@bucket.example.com/?auth=s3v4&domain=www.acme.example.com",
    "DJANGO_SETTINGS_MODULE": "acme.settings",
    "SECRET_KEY": "django-insecure-a8f$kq2#x9z",
    "DOMAIN": "www.acme.example.com",
    "SITE_NAME": "Acme kq2#x9 pages",
}
SECRET = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")

READABLE = """\
  File "/venv/lib/python3.12/site-packages/django/db/backends/postgresql/base.py", line 215, in ensure_connection
  File "/app/acme/settings.py", line 3: sslmode=require, see the requirements
OperationalError: connection to "db.example.com", port 5432 failed: password authentication failed for user "acme"
Serving www.acme.example.com, "Acme kq2#x9 pages", from bucket.example.com; SECRET_KEY begins with django-insecure-
----------------------------------------------------------------------"""


def test_what_a_secret_shares_with_every_log_stays_readable() -> None:
    assert redact_log(READABLE, VARIABLES.items(), SECRET) == READABLE


def test_a_plain_value_is_blanked_whole_and_a_secret_in_part() -> None:
    log = f"no module acme.settings nor acme.setting, {PASSWORD[:-1]}, a8f$kq2#x, token t0ken-of-mi"
    said = redact_log(log, VARIABLES.items(), SECRET, ["t0ken-of-mine"])
    assert said == "no module [secret] nor acme.setting, [secret], [secret], token [secret]"


def test_of_an_endless_line_only_the_end_is_looked_at() -> None:
    said = redact_log(f"{'x' * LOG_CHARACTERS * 3} {PASSWORD}", VARIABLES.items(), SECRET)
    assert said.endswith("x [secret]")
    assert len(said) <= LOG_CHARACTERS
