"""The values that the configuration accepts, and what becomes of them."""

import json
from typing import Any

import pytest

from mirrors.config import DeclaredVariable, LoadedConfiguration, Settings, parse_configuration
from mirrors.config.models.divio import divio_settings_of

FLEET: dict[str, Any] = {
    "original": {"application": "acme"},
    "mirrors": [{"application": "acme-de"}, {"application": "acme-fr"}],
}
TOKEN = {"DIVIO_API_TOKEN": "token"}


def loaded(*, stack: str = "test", environ: dict[str, str] | None = None, **raw: Any) -> LoadedConfiguration:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in raw.items()}
    return parse_configuration(texts, stack, TOKEN if environ is None else environ)


def settings_of(**arguments: Any) -> Settings:
    result = loaded(**arguments)
    assert result.problems == ()
    assert result.settings is not None
    return result.settings


def plain(value: str) -> DeclaredVariable:
    return DeclaredVariable(value, secret=False)


def secret(value: str) -> DeclaredVariable:
    return DeclaredVariable(value, secret=True)


def test_the_smallest_configuration_has_the_documented_defaults() -> None:
    settings = settings_of(fleet=FLEET)

    assert settings.fleet.original.application == "acme"
    assert not settings.fleet.original.deploy
    assert [mirror.application for mirror in settings.mirrors] == ["acme-de", "acme-fr"]
    assert settings.fleet.shared == ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
    assert (settings.environment, settings.platform.kind, divio_settings_of(settings).image_from) == (
        "test",
        "divio",
        "live",
    )
    assert divio_settings_of(settings).api_url == "https://api.divio.com"
    assert settings.rollout.timeout == 75 * 60
    assert divio_settings_of(settings).max_concurrent_requests == 8
    assert settings.site_ids_from is None


def test_everything_that_can_be_declared_arrives() -> None:
    settings = settings_of(
        fleet={
            "original": {"application": "acme", "siteId": 7, "deploy": True, "variables": {"A": "a"}},
            "mirrors": [{"application": "acme-de", "siteId": 2, "formerly": "acme-germany"}],
            "shared": ["DATABASE_URL", "MEDIA_DSN"],
            "retired": [3],
            "reservedSiteIds": [4, 5],
            "releaseSiteIds": [6],
        },
        sharedValues={"MEDIA_DSN": "s3://key@host"},
        environment="live",
        apiUrl="http://127.0.0.1:8000/",
        siteIdsFrom="test",
        imageFrom="matching",
        rollout={"timeout": "2h"},
        maxConcurrentRequests="64",
        stack="organisation/project/production",
    )

    assert (settings.fleet.original.site_id, settings.fleet.original.deploy) == (7, True)
    assert (settings.mirrors[0].site_id, settings.mirrors[0].formerly) == (2, "acme-germany")
    assert settings.fleet.shared == ("DATABASE_URL", "MEDIA_DSN")
    assert (settings.fleet.retired, settings.fleet.reserved_site_ids, settings.fleet.release_site_ids) == (
        (3,),
        (4, 5),
        (6,),
    )
    assert settings.shared_values["MEDIA_DSN"].get_secret_value() == "s3://key@host"
    assert (settings.environment, divio_settings_of(settings).image_from, settings.site_ids_from) == (
        "live",
        "matching",
        "test",
    )
    assert divio_settings_of(settings).api_url == "http://127.0.0.1:8000"
    assert (settings.rollout.timeout, divio_settings_of(settings).max_concurrent_requests) == (7200, 64)


def test_variables_are_merged_from_the_general_to_the_specific_place() -> None:
    names = ["W", "X", "Y", "Z"]
    settings = settings_of(
        fleet={
            "original": {"application": "acme"},
            "mirrors": [{"application": "acme-de", "variables": dict.fromkeys(names[1:], "mirror")}],
            "variables": dict.fromkeys(names, "fleet"),
        },
        overrides={
            "variables": dict.fromkeys(names[2:], "stack"),
            "mirrors": {"acme-de": {"variables": {"Z": "stack and mirror"}}},
        },
        secrets={"all": {"P": "all", "Q": "all"}, "acme-de": {"Q": "own"}},
    )

    assert settings.variables_of("acme-de") == {
        "W": plain("fleet"),
        "X": plain("mirror"),
        "Y": plain("stack"),
        "Z": plain("stack and mirror"),
        "P": secret("all"),
        "Q": secret("own"),
    }


def test_the_original_has_its_own_variables_and_not_those_of_the_mirrors() -> None:
    original = {"application": "acme", "deploy": True, "variables": {"A": "1"}}
    settings = settings_of(
        fleet={**FLEET, "original": original, "variables": {"B": "2"}},
        overrides={"variables": {"C": "3"}, "mirrors": {"acme": {"variables": {"D": "4"}}}},
        secrets={"all": {"E": "5"}, "acme": {"F": "6"}},
    )

    assert settings.variables_of("acme") == {"A": plain("1"), "D": plain("4"), "F": secret("6")}


def test_the_variables_of_a_site_that_is_not_in_the_fleet_are_a_key_error() -> None:
    with pytest.raises(KeyError, match="acme-it"):
        settings_of(fleet=FLEET).variables_of("acme-it")


@pytest.mark.parametrize("value", ["x", "", "8", "0123", "1.10", "true", "2024-01-01"])
def test_a_variables_value_is_the_text_that_is_declared(value: str) -> None:
    settings = settings_of(fleet={**FLEET, "variables": {"X": value}}, secrets={"all": {"S": value}})

    assert settings.variables_of("acme-de") == {"X": plain(value), "S": secret(value)}


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("75m", 4500), ("2h", 7200), ("1h30m", 5400), ("1h0m5s", 3605)]
)
def test_a_duration_is_read_in_seconds(text: str, seconds: int) -> None:
    assert settings_of(fleet=FLEET, rollout={"timeout": text}).rollout.timeout == seconds


def test_a_key_with_nothing_behind_it_is_as_good_as_absent() -> None:
    nothing = {"application": "acme-de", "siteId": None, "variables": None, "formerly": None}
    settings = settings_of(
        fleet={"original": {"application": "acme", "deploy": None}, "mirrors": [nothing], "shared": None},
        overrides={"mirrors": {"acme-de": None}},
        secrets={"all": None},
        rollout="null",
    )

    assert settings.variables_of("acme-de") == {}
    assert settings.fleet.shared == ("DATABASE_URL", "DEFAULT_STORAGE_DSN")


@pytest.mark.parametrize("mirrors", [[], None])
def test_a_fleet_without_mirrors_is_fine(mirrors: Any) -> None:
    assert settings_of(fleet={**FLEET, "mirrors": mirrors}).mirrors == ()


@pytest.mark.parametrize(
    "url", ["https://api.example.org", "http://127.3.2.1:80", "http://localhost:8000/x", "http://[::1]:8000"]
)
def test_plain_http_is_for_loopback_and_https_for_everyone(url: str) -> None:
    assert divio_settings_of(settings_of(fleet=FLEET, apiUrl=url)).api_url == url


def test_the_environment_of_the_process_wins_over_the_configuration() -> None:
    environ = {"DIVIO_API_URL": "http://localhost:1", "DIVIO_API_TOKEN": "theirs"}
    settings = settings_of(fleet=FLEET, apiUrl="https://x", apiToken="mine", environ=environ)

    own = divio_settings_of(settings)
    assert (own.api_url, own.api_token.get_secret_value()) == ("http://localhost:1", "theirs")


def test_an_empty_variable_of_the_process_counts_as_not_set() -> None:
    environ = {"DIVIO_API_URL": "", "DIVIO_API_TOKEN": ""}
    settings = settings_of(fleet=FLEET, apiUrl="https://x", apiToken="mine", environ=environ)

    own = divio_settings_of(settings)
    assert (own.api_url, own.api_token.get_secret_value()) == ("https://x", "mine")


def test_settings_cannot_be_changed() -> None:
    settings = settings_of(fleet=FLEET)

    with pytest.raises(ValueError, match="frozen"):
        settings.fleet.original.application = "other"  # type: ignore[misc]  # what the type checker says too
