"""Values that look like a secret: the planner's rule for logs, and the policy's for variables in clear."""

import importlib.util
from types import ModuleType

import pytest

from mirrors.planning.variables.secrecy import looks_secret
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
    **dict.fromkeys(["GITHUB_PAT", "deploy_pat", "azureDevopsPat"], "x4"),
    "HEADER": "Authorization: Bearer hunter22",
    "HEADER_OF_A_WORD": "Authorization: Basic aHVudGVy",
    "HEADER_IN_JSON": '{"Authorization": "Bearer hunter22", "Accept": "text/html"}',
    "HEADERS": "Accept: text/html\nauthorization: Basic dTpodW50ZXIyMg==",
    "BEARER": "Bearer hunter22.abc",
    "ONE_HEADER_IN_JSON": '{"Authorization": "Bearer abcdefgh"}',
    "GITHUB": "ghp_" + "a1B2" * 9,
    "GITHUB_FINE": "github_pat_" + "11ABCDEFG0" * 3 + "_" + "a1B2" * 9,
    "CLONE": "https://ghs_" + "a1B2" * 9 + ".example.com/",
    "GITLAB": "glpat-" + "a1B2" * 5,
    "PAYMENT": "sk_live_" + "a1B2" * 6,
    "PAYMENT_REHEARSED": "rk_test_" + "a1B2" * 6,
    "CHAT": "xoxb-" + "12345678-" * 3 + "aBc",
    "SESSION": "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
    "ALERTS": "https://hooks.slack.com/services/T0001/B0001/hunter22",
    "ALERTS_ELSEWHERE": "https://discord.com/api/webhooks/123/hunter22",
    "ENCODED": "postgres%3A%2F%2Fuser%3Ahunter22%40db%2Facme",
    "ENCODED_TWICE": "postgres%253A%252F%252Fuser%253Ahunter22%2540db",
    "ENCODED_IN_A_QUERY": "https://example.com/?next=redis%3A%2F%2F%3Ahunter22%40cache",
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
    **dict.fromkeys(["PAT", "PATTERN", "SPAT", "PATIENT", "PATCH"], "x"),
    "NEWS": "Bearer of good news",
    "HINT": "Use Basic authentication, or a Bearer token",
    "HINT_IN_CAPITALS": "BASIC AUTHENTICATION REQUIRED",
    "REALM": 'Basic realm="acme"',
    "SCHEME": "Authorization: required",
    "PLACEHOLDER": "Authorization: Bearer <token>",
    "TIER": "basic subscription",
    "MODE": "sk_live",
    "MODES": "sk_live_stream,sk_test_stream",
    "PREFIX": "ghp_",
    "PREFIXES": "ghp_, github_pat_ and glpat- begin tokens",
    "CHANNEL": "https://acme.slack.com/archives/C0001/p0002",
    "HOOKS": "https://hooks.slack.com/services/",
    "NEXT": "https://example.com/?next=https%3A%2F%2Fwww.example.com%3A8443%2F%40name",
    "PERCENT": "100% wool, 50%25 off",
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
    [problem] = rules.in_clear(rules.SITE_TYPES[0], {name: SECRET[name]})
    assert problem.startswith(f"{name} is declared in clear")
    assert "hunter22" not in problem


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_sounds_so_passes(rules: ModuleType, name: str) -> None:
    assert not looks_secret(name, HARMLESS[name])
    assert list(rules.in_clear(rules.SITE_TYPES[0], {name: HARMLESS[name]})) == []


def test_a_name_counts_where_the_value_is_not_known_yet() -> None:
    assert looks_secret("SMTP_PASS", None)
    assert not looks_secret("SENTRY_DSN", None)


def test_what_is_a_secret_and_what_is_allowed_pass(rules: ModuleType) -> None:
    declared = {"STRIPE_KEY": "x1", "SMTP_PASS": {"fingerprint": "x2"}, "hmac_key": "x3", "SMTP_PASS (running)": "x4"}
    for kind in rules.SITE_TYPES:
        assert len(list(rules.in_clear(kind, declared))) == 1
        assert list(rules.in_clear(kind, declared, ["STRIPE_KEY"])) == []
    assert list(rules.in_clear(rules.SITE_IDS, declared)) == []


def test_what_the_platform_hides_is_in_clear_all_the_same_where_mirrors_declares_it_so(rules: ModuleType) -> None:
    flagged = {"STRIPE_KEY": {"value": "x1", "sensitive": True}}
    assert len(list(rules.in_clear(rules.SITE_TYPES[0], flagged))) == 1
