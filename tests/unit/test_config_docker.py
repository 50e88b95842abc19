"""The section ``docker``: what it takes, and what the messages say."""

import json
from typing import Any

import pytest

from mirrors.config import parse_configuration
from mirrors.docker.config.settings import docker_of
from mirrors.docker.host.connection import load_docker_connection
from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

FLEET = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]}
SECRET = "canary-5a90b1"


def problems(docker: dict[str, Any], **more: Any) -> list[Problem]:
    values = {"platform": "docker", "fleet": FLEET, "docker": docker, **more}
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return list(parse_configuration(raw, "test", {}).problems)


def codes(found: list[Problem]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.path) for problem in found]


def test_a_fleet_of_containers_needs_an_image_and_no_token() -> None:
    assert problems({"image": "acme:1"}) == []
    assert codes(problems({})) == [("missing-key", "mirrors:docker.image")]


def test_an_image_is_named_or_built() -> None:
    [problem] = problems({"image": "acme:1", "build": {"directory": "."}})
    assert codes([problem]) == [("keys-exclude-each-other", "mirrors:docker.build")]
    assert "mirrors:docker.image" in problem.message


@pytest.mark.parametrize(
    ("docker", "key", "shown"),
    [
        ({"host": "http://x"}, "host", '"http://x" is not valid. Write a Docker host: unix:///path, ssh://user@host'),
        ({"resources": {"memory": 512}}, "resources.memory", "512 is not valid. Write an amount of memory"),
        ({"resources": {"memory": "4m"}}, "resources.memory", '"4m"'),
        ({"resources": {"cpus": 0}}, "resources.cpus", "0 is not valid. Write a number of processors above 0"),
        ({"restart": "sometimes"}, "restart", "Write no, always, on-failure or unless-stopped"),
        ({"publish": {"address": "localhost"}}, "publish.address", '"localhost"'),
        ({"healthcheck": {"retries": 0}}, "healthcheck.retries", "0 is not valid. Write a whole number from 1 to 100"),
        ({"healthcheck": {"interval": "1 minute"}}, "healthcheck.interval", '"1 minute"'),
        ({"database": {"user": "Robert'); --"}}, "database.user", '"Robert\'); --"'),
        ({"media": {"path": "/media?x"}}, "media.path", '"/media?x" is not valid. Write a path such as /media'),
        ({"media": {"path": "/media/../etc"}}, "media.path", '"/media/../etc"'),
        ({"media": {"path": "/"}}, "media.path", '"/"'),
        ({"media": {"url": "/media/?x"}}, "media.url", '"/media/?x"'),
        ({"healthcheck": {"command": ["CMD-SHELL"]}}, "healthcheck.command", "a list is not valid. Write a command"),
        ({"healthcheck": {"command": ["CMD-SHELL", "a", "b"]}}, "healthcheck.command", "a list"),
        ({"healthcheck": {"command": ["NONE", "a"]}}, "healthcheck.command", "a list"),
        ({"healthcheck": {"command": []}}, "healthcheck.command", "a list"),
    ],
)
def test_a_wrong_value_is_reported_with_its_place_and_what_is_taken(
    docker: dict[str, Any], key: str, shown: str
) -> None:
    [problem] = problems({"image": "acme:1", **docker})
    assert codes([problem]) == [("value-not-taken", f"mirrors:docker.{key}")]
    assert shown in problem.line


def test_a_key_that_the_section_does_not_have_is_unknown() -> None:
    assert codes(problems({"image": "acme:1", "volumes": []})) == [("unknown-key", "mirrors:docker.volumes")]


def test_numbers_are_written_as_the_plugin_reads_them_back() -> None:
    raw = {"platform": "docker", "fleet": json.dumps(FLEET)}
    section = {"image": "acme:1", "resources": {"memory": "2g", "cpus": 2}, "restart": False, "healthcheck": False}
    settings = parse_configuration({**raw, "docker": json.dumps(section)}, "test", {}).settings
    assert settings is not None
    assert (docker_of(settings).resources.memory, docker_of(settings).resources.cpus) == (2048, "2.0")
    assert (docker_of(settings).restart, docker_of(settings).healthcheck) == ("no", None)


def test_the_version_of_the_password_may_be_a_number_as_pulumi_config_set_writes_it() -> None:
    assert problems({"image": "acme:1", "database": {"passwordVersion": 2}}) == []
    [problem] = problems({"image": "acme:1", "database": {"passwordVersion": 1.5}})
    assert codes([problem]) == [("value-not-taken", "mirrors:docker.database.passwordVersion")]
    assert "1.5" in problem.message


def test_paths_of_the_media_are_those_that_a_volume_can_have() -> None:
    for path in ("/media", "/srv/acme-1/me_dia", "/a/.b/c..d/"):
        assert problems({"image": "acme:1", "media": {"path": path, "url": path}}) == []


def test_a_service_is_mirrors_own_or_anothers() -> None:
    elsewhere = {"DATABASE_URL": f"postgres://acme:{SECRET}@db/acme"}
    [problem] = problems({"image": "acme:1", "database": {"image": "postgres:16"}}, sharedValues=elsewhere)
    assert codes([problem]) == [("keys-exclude-each-other", "mirrors:docker.database")]
    assert "mirrors:sharedValues.DATABASE_URL" in problem.message
    assert SECRET not in problem.line
    fleet = {**FLEET, "shared": ["DATABASE_URL", "SEARCH_URL"]}
    [problem] = problems({"image": "acme:1"}, fleet=fleet)
    assert codes([problem]) == [("shared-value-missing", "mirrors:sharedValues.SEARCH_URL")]
    assert "pulumi config set --secret --path mirrors:sharedValues.SEARCH_URL" in problem.remedy


def test_a_renamed_original_has_to_name_its_data() -> None:
    fleet = {**FLEET, "original": {"application": "acme", "formerly": "old-acme"}}
    found = problems({"image": "acme:1"}, fleet=fleet)
    assert {problem.code for problem in found} == {"renamed-original-leaves-data"}
    former = {
        "mirrors:docker.database.volume": "old-acme.test_database",
        "mirrors:docker.database.name": "old_acme",
        "mirrors:docker.media.volume": "old-acme.test_media",
    }
    assert [problem.path for problem in found] == list(former)
    for problem in found:
        assert f"Set it to {former[problem.path or '']}," in problem.remedy
    kept = {"database": {"volume": "old-acme.test_database", "name": "old_acme"}, "media": {"volume": "m-1"}}
    assert problems({"image": "acme:1", **kept}, fleet=fleet) == []


def test_the_originals_variables_count_without_deploy() -> None:
    fleet = {**FLEET, "original": {"application": "acme", "variables": {"THEME": "dark"}}}
    assert problems({"image": "acme:1"}, fleet=fleet) == []


def test_a_wrong_certificate_is_not_shown() -> None:
    tls = {"ca": SECRET, "cert": "-----BEGIN CERTIFICATE-----", "key": "-----BEGIN PRIVATE KEY-----"}
    [problem] = problems({"image": "acme:1"}, dockerTls=tls)
    assert codes([problem]) == [("value-not-taken", "mirrors:dockerTls.ca")]
    assert problem.message == "text is not valid."
    assert SECRET not in problem.line


def test_what_an_object_has_to_have_is_reported() -> None:
    [ca, *_] = problems({"image": "acme:1"}, dockerTls={})
    assert codes([ca]) == [("missing-key", "mirrors:dockerTls.ca")]
    assert "the text of a PEM file" in ca.remedy
    [kind, network] = problems({"image": "acme:1", "proxy": {}})
    assert codes([kind, network]) == [
        ("missing-key", "mirrors:docker.proxy.kind"),
        ("missing-key", "mirrors:docker.proxy.network"),
    ]
    assert "caddy or traefik" in kind.remedy
    assert "the name of the network" in network.remedy
    [directory] = [item for item in problems({"build": {}}) if item.path == "mirrors:docker.build.directory"]
    assert directory.code == "missing-key"
    assert "a directory, such as ." in directory.remedy


def test_a_proxy_needs_the_name_of_each_site_and_of_no_other() -> None:
    proxy = {"kind": "caddy", "network": "proxy"}
    found = problems({"image": "acme:1", "proxy": proxy, "domains": {"acme": "a.ch", "acme-du": "b.ch"}})
    assert codes(found) == [
        ("missing-key", "mirrors:docker.domains.acme-de"),
        ("unknown-site", "mirrors:docker.domains.acme-du"),
    ]
    assert "acme-de?" in found[1].remedy


def test_a_provider_reads_its_host_and_names_the_keys_where_it_cannot() -> None:
    raw = {"docker": json.dumps({"host": "ssh://me@there", "image": "acme:1"})}
    assert load_docker_connection(raw, {"DOCKER_HOST": "unix:///else"}).host == "ssh://me@there"
    assert load_docker_connection({}, {"DOCKER_HOST": "unix:///else"}).host == "unix:///else"
    for wrong in ({"docker": "[1"}, {"docker": "[]"}, {"dockerTls": json.dumps({"ca": SECRET})}):
        with pytest.raises(ConfigurationError) as caught:
            load_docker_connection(wrong, {})
        [problem] = caught.value.problems
        assert problem.code == "docker-host-invalid"
        assert SECRET not in str(caught.value)
        assert "mirrors:docker.host" in str(caught.value)
