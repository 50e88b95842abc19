"""The section ``docker``: what it takes, and what a user is told."""

import json
from typing import Any

import pytest

from mirrors.config import load
from mirrors.config.docker import load_docker_connection
from mirrors.errors import ConfigurationError

FLEET = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]}
SECRET = "canary-5a90b1"


def problems(docker: dict[str, Any], **more: Any) -> list[str]:
    values = {"platform": "docker", "fleet": FLEET, "docker": docker, **more}
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return list(load(raw, "test", {}).problems)


def test_a_fleet_of_containers_needs_an_image_and_no_token() -> None:
    assert problems({"image": "acme:1"}) == []
    [problem] = problems({})
    assert problem.startswith("mirrors:docker.image: missing; name the image that the sites run")


def test_an_image_is_named_or_built() -> None:
    [problem] = problems({"image": "acme:1", "build": {"directory": "."}})
    assert problem == "mirrors:docker.build: mirrors:docker.image is set, too; remove one of them"


@pytest.mark.parametrize(
    ("docker", "told"),
    [
        ({"host": "http://x"}, 'docker.host: got "http://x", takes a Docker host: unix:///path, ssh://user@host'),
        ({"resources": {"memory": 512}}, "docker.resources.memory: got 512, takes an amount of memory"),
        ({"resources": {"memory": "4m"}}, "docker.resources.memory: got"),
        ({"resources": {"cpus": 0}}, "docker.resources.cpus: got 0, takes a number of processors above 0"),
        ({"restart": "sometimes"}, 'docker.restart: got "sometimes", takes no, always, on-failure or unless-stopped'),
        ({"publish": {"address": "localhost"}}, "docker.publish.address: got"),
        ({"healthcheck": {"retries": 0}}, "docker.healthcheck.retries: got 0, takes a whole number from 1 to 100"),
        ({"healthcheck": {"interval": "1 minute"}}, "docker.healthcheck.interval: got"),
        ({"database": {"user": "Robert'); --"}}, "docker.database.user: got"),
        ({"volumes": []}, "docker.volumes: unknown key"),
        ({"media": {"path": "/media?x"}}, 'docker.media.path: got "/media?x", takes a path such as /media'),
        ({"media": {"path": "/media/../etc"}}, "docker.media.path: got"),
        ({"media": {"path": "/"}}, "docker.media.path: got"),
        ({"media": {"url": "/media/?x"}}, "docker.media.url: got"),
        ({"healthcheck": {"command": ["CMD-SHELL"]}}, "docker.healthcheck.command: got a list, takes a command"),
        ({"healthcheck": {"command": ["CMD-SHELL", "a", "b"]}}, "docker.healthcheck.command: got a list"),
        ({"healthcheck": {"command": ["NONE", "a"]}}, "docker.healthcheck.command: got a list"),
        ({"healthcheck": {"command": []}}, "docker.healthcheck.command: got a list"),
    ],
)
def test_a_wrong_value_is_told_with_its_place_and_what_is_taken(docker: dict[str, Any], told: str) -> None:
    [problem] = problems({"image": "acme:1", **docker})
    assert told in problem


def test_numbers_are_written_as_the_plugin_reads_them_back() -> None:
    raw = {"platform": "docker", "fleet": json.dumps(FLEET)}
    section = {"image": "acme:1", "resources": {"memory": "2g", "cpus": 2}, "restart": False, "healthcheck": False}
    settings = load({**raw, "docker": json.dumps(section)}, "test", {}).settings
    assert settings is not None
    assert (settings.docker.resources.memory, settings.docker.resources.cpus) == (2048, "2.0")
    assert (settings.docker.restart, settings.docker.healthcheck) == ("no", None)


def test_the_version_of_the_password_may_be_a_number_as_pulumi_config_set_writes_it() -> None:
    assert problems({"image": "acme:1", "database": {"passwordVersion": 2}}) == []
    [problem] = problems({"image": "acme:1", "database": {"passwordVersion": 1.5}})
    assert problem == "mirrors:docker.database.passwordVersion: got 1.5, takes text or a whole number"


def test_paths_of_the_media_are_those_that_a_volume_can_have() -> None:
    for path in ("/media", "/srv/acme-1/me_dia", "/a/.b/c..d/"):
        assert problems({"image": "acme:1", "media": {"path": path, "url": path}}) == []


def test_a_service_is_ours_or_somebody_elses() -> None:
    elsewhere = {"DATABASE_URL": f"postgres://acme:{SECRET}@db/acme"}
    [problem] = problems({"image": "acme:1", "database": {"image": "postgres:16"}}, sharedValues=elsewhere)
    assert problem == "mirrors:docker.database: mirrors:sharedValues.DATABASE_URL names another one; remove one of them"
    fleet = {**FLEET, "shared": ["DATABASE_URL", "SEARCH_URL"]}
    [problem] = problems({"image": "acme:1"}, fleet=fleet)
    assert "mirrors:sharedValues.SEARCH_URL: missing; no other site has a value to share" in problem


def test_a_renamed_original_has_to_name_its_data() -> None:
    fleet = {**FLEET, "original": {"application": "acme", "formerly": "old-acme"}}
    told = "\n".join(problems({"image": "acme:1"}, fleet=fleet))
    assert "mirrors:docker.database.volume: missing" in told
    assert "Set it to old-acme.test_database, and leave it there" in told
    assert "Set it to old_acme, and leave it there" in told
    kept = {"database": {"volume": "old-acme.test_database", "name": "old_acme"}, "media": {"volume": "m-1"}}
    assert problems({"image": "acme:1", **kept}, fleet=fleet) == []


def test_the_originals_variables_count_without_deploy() -> None:
    fleet = {**FLEET, "original": {"application": "acme", "variables": {"THEME": "dark"}}}
    assert problems({"image": "acme:1"}, fleet=fleet) == []


def test_a_wrong_certificate_is_not_shown() -> None:
    tls = {"ca": SECRET, "cert": "-----BEGIN CERTIFICATE-----", "key": "-----BEGIN PRIVATE KEY-----"}
    [problem] = problems({"image": "acme:1"}, dockerTls=tls)
    assert problem.startswith("mirrors:dockerTls.ca: got text, takes a PEM file's text")


def test_what_an_object_has_to_have_is_told() -> None:
    assert problems({"image": "acme:1"}, dockerTls={})[:1] == [
        "mirrors:dockerTls.ca: missing; it takes the text of a PEM file"
    ]
    [kind, network] = problems({"image": "acme:1", "proxy": {}})
    assert kind == "mirrors:docker.proxy.kind: missing; it takes caddy or traefik"
    assert network.startswith("mirrors:docker.proxy.network: missing; it takes the name of the network")
    assert "mirrors:docker.build.directory: missing; it takes a directory, such as ." in problems({"build": {}})


def test_a_provider_reads_its_host_and_names_the_keys_where_it_cannot() -> None:
    raw = {"docker": json.dumps({"host": "ssh://me@there", "image": "acme:1"})}
    assert load_docker_connection(raw, {"DOCKER_HOST": "unix:///else"}).host == "ssh://me@there"
    assert load_docker_connection({}, {"DOCKER_HOST": "unix:///else"}).host == "unix:///else"
    for wrong in ({"docker": "[1"}, {"docker": "[]"}, {"dockerTls": json.dumps({"ca": SECRET})}):
        with pytest.raises(ConfigurationError) as caught:
            load_docker_connection(wrong, {})
        assert SECRET not in str(caught.value)
        assert "mirrors:docker.host" in str(caught.value)
