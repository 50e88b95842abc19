"""What looks like a secret: the planner's rule for logs, and the policy's for variables in clear."""

import importlib.util
from types import ModuleType

import pytest

from mirrors.planning.secrecy import looks_secret
from tests.engine.project import ROOT

PEM = "-----BEGIN {}PRIVATE KEY-----\nMIIB\n-----END {}PRIVATE KEY-----"
SECRET = {
    **dict.fromkeys(["stripe_secret", "db_password", "SMTP_PASS", "PASSWD", "MYSQL_PWD", "DB_PASSWORD"], "1234"),
    **dict.fromkeys(["SIGNING_KEY", "STRIPE_KEY", "SECRET_KEY", "FERNET_KEYS", "KEY", "apiKey", "APIKEY"], "x1"),
    **dict.fromkeys(["AWS_ACCESS_KEY_ID", "AUTH_TOKEN", "GITHUBTOKEN", "authToken", "CLIENT-SECRET"], "x2"),
    **dict.fromkeys(["PRIVATE_KEY", "PUBLIC_PRIVATE_KEY", "GOOGLE_CREDENTIALS", "HASH_SALT", "SITE_PASSWORD"], "x3"),
    "SENTRY_DSN": "https://0a1b2c@o1.ingest.sentry.io/2",
    "DATABASE_URL": "postgres://u:hunter22@db/acme",
    "SLASH": "postgres://u:hun/ter22@db/acme",
    "QUERY": "s3://bucket.s3.amazonaws.com/?auth=hunter22",
    "QUERY_KEY": "https://maps.example.com/?key=AIzaSyA",
    "SAS": "https://acme.blob.core.windows.net/media?sv=2024&sig=hunter22",
    "JSON": '{"default": {"url": "postgres://u:hunter22@db/acme"}}',
    "JSON_MEMBER": '{"host": "db", "password": "hunter22"}',
    "LISTED": "https://cdn.example.com,redis://:hunter22@cache:6379/0",
    "PAIRS": "host=db user=u password=hunter22",
    "AZURE": "AccountName=acme;AccountKey=aHVudGVyMjI=;EndpointSuffix=core.windows.net",
    "PEM": PEM.format("", ""),
    "RSA": PEM.format("RSA ", "RSA "),
    "OPENSSH": PEM.format("OPENSSH ", "OPENSSH ").replace("\n", "\\n"),
}
HARMLESS = {
    **dict.fromkeys(["KEY_PREFIX", "CACHE_KEY_PREFIX", "PUBLIC_KEY", "RECAPTCHA_SITE_KEY", "PRIMARY_KEY"], "acme"),
    **dict.fromkeys(["STRIPE_PUBLISHABLE_KEY", "MAPBOX_PUBLIC_TOKEN", "SECRET_KEY_FILE", "TOKEN_URL"], "acme"),
    **dict.fromkeys(["PASSWORD_MIN_LENGTH", "ACCESS_TOKEN_LIFETIME", "AUTH_PASSWORD_VALIDATORS"], "12"),
    **dict.fromkeys(["COMPASS", "PASSAGE", "MONKEY", "KEYWORDS", "TOKENIZER", "SECRETARY_EMAIL", "BYPASS"], "x"),
    **dict.fromkeys(["USE_TOKEN", "SECRET_SANTA_PASSWORD", "db_password"], "off"),
    "THEME": "blue",
    "CDN": "https://cdn.example.com:8443/static/@2x/",
    "LOGO": "http://localhost:8000/@fs/logo.png",
    "LINK": "https://www.example.com/?page=2&utm_source=mail",
    "CACHE_URL": "redis://cache:6379/0",
    "MAIL": "smtp://mail.example.com:25",
    "REPOSITORY": "ssh://git@example.com/acme.git",
    "MEDIA": "s3://bucket.s3.amazonaws.com/?auth=s3v4&region=eu",
    "STORAGE_DSN": "file:///data/media/?url=%2Fmedia%2F",
    "CERTIFICATE": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "CONTACT": "info@example.com",
    "PALETTE": '{"primary": "#fff", "key": "off"}',
}


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    spec = importlib.util.spec_from_file_location("policy_rules", ROOT / "policy" / "rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SECRET)
def test_what_looks_like_a_secret_is_refused_in_clear(rules: ModuleType, name: str) -> None:
    assert looks_secret(name, SECRET[name])
    [problem] = rules.in_clear(rules.VARIABLES, {name: {"value": SECRET[name]}})
    assert problem.startswith(f"{name} is declared in clear")
    assert "hunter22" not in problem


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_sounds_so_passes(rules: ModuleType, name: str) -> None:
    assert not looks_secret(name, HARMLESS[name])
    assert list(rules.in_clear(rules.VARIABLES, {name: {"value": HARMLESS[name]}})) == []


def test_a_name_counts_where_the_value_is_not_known_yet() -> None:
    assert looks_secret("SMTP_PASS", None)
    assert not looks_secret("SENTRY_DSN", None)


def test_what_is_a_secret_and_what_is_allowed_pass(rules: ModuleType) -> None:
    declared = {"STRIPE_KEY": {"value": "x1"}, "SMTP_PASS": {"value": "x2"}, "secrets": ["SMTP_PASS"]}
    assert len(list(rules.in_clear(rules.VARIABLES, declared))) == 1
    assert list(rules.in_clear(rules.VARIABLES, declared, ["STRIPE_KEY"])) == []
