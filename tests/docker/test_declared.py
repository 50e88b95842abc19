"""Declarations of a program with ``platform: docker``, under a mocked engine and beside a host without containers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docker.certificates import as_configured, server_side
from tests.docker.host import Host, container, docker_host
from tests.docker.program import declared
from tests.docker.starting import PASSWORD
from tests.unit.program_under_mocks import Ran, Registered
from tests.wire.provider import SECRET, SIGNATURE, UNKNOWN, in_clear

CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"
FLEET = "mirrors:index:Fleet acme"
WHOLE = {
    "image": "acme:1",
    "releaseCommand": ["python", "manage.py", "migrate"],
    "siteCommand": ["python", "manage.py", "register"],
    "resources": {"memory": "512m", "cpus": 1},
    "healthcheck": {"path": "/up/", "interval": "60s", "startPeriod": "90s"},
}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with docker_host() as found:
        yield found


@pytest.fixture(scope="module")
def whole(host: Host) -> Ran:
    return sound(declared(host.url, docker=WHOLE, secrets={"acme-de": {"API_KEY": PASSWORD}}))


def sound(ran: Ran) -> Ran:
    assert ran.code == 0, ran.said
    return ran


def sites(ran: Ran) -> dict[str, Registered]:
    """Return the sites' containers by slug."""
    return {item.name: item for item in ran.resources if item.type == CONTAINER and item.parent == FLEET}


def database(ran: Ran) -> Registered:
    [found] = [item for item in ran.resources if item.type == CONTAINER and item.parent != FLEET]
    return found


def variables(item: Registered) -> dict[str, str]:
    return dict(line.split("=", 1) for line in in_clear(item.inputs["envs"]))


def refused(ran: Ran) -> list[str]:
    """Return the errors of a program that has registered nothing."""
    assert ran.code != 0
    assert "Traceback" not in ran.said
    assert [item.type for item in ran.resources] in ([], ["pulumi:pulumi:Stack"])
    return [line.removeprefix("ERROR: ") for line in ran.said.splitlines() if line.startswith("ERROR: ")]


def test_each_site_has_one_container_with_all_its_variables(whole: Ran) -> None:
    assert {name: variables(item)["SITE_ID"] for name, item in sites(whole).items()} == {
        "acme": "1",
        "acme-de": "2",
        "acme-fr": "3",
        "acme-ch": "4",
    }
    assert variables(sites(whole)["acme-de"]) == {
        "API_KEY": PASSWORD,
        "DATABASE_URL": f"postgres://acme:{PASSWORD}@database:5432/acme",
        "DEFAULT_STORAGE_DSN": "file:///media/?url=%2Fmedia%2F",
        "DOMAIN": "127.0.0.1:8002",
        "MIRRORS_APPLICATION": "acme-de",
        "PORT": "8000",
        "SITE_ID": "2",
        "STAGE": "test",
    }
    assert "MIRRORS_APPLICATION" not in variables(sites(whole)["acme"]), "who has none is the original"


def test_no_secret_is_in_clear_in_what_the_engine_is_given(whole: Ran) -> None:
    def clear(value: Any) -> Any:
        if isinstance(value, dict):
            return None if value.get(SIGNATURE) == SECRET else [clear(item) for item in value.values()]
        return [clear(item) for item in value] if isinstance(value, list) else value

    assert PASSWORD in json.dumps([item.inputs for item in whole.resources])
    assert PASSWORD not in json.dumps([clear(item.inputs) for item in whole.resources])
    assert whole.outputs["original"]["identities"]["DATABASE_URL"] == "postgres://database:5432/acme"


def test_everything_comes_in_its_order(whole: Ran) -> None:
    titles = [f"{item.title} < {item.parent}" for item in whole.resources]
    wanted = [
        f"docker:index/network:Network acme < {FLEET}",
        f"{CONTAINER} acme < mirrors:docker:Database acme",
        "Serving acme < mirrors:docker:Database acme",
        "DatabaseRole acme < mirrors:docker:Database acme",
        "Release acme < mirrors:docker:Release acme",
        f"Release acme < {FLEET}",
        f"{CONTAINER} acme < {FLEET}",
        f"Serving acme < {FLEET}",
        f"Release acme-de < {FLEET}",
        f"{CONTAINER} acme-de < {FLEET}",
        f"Serving acme-de < {FLEET}",
    ]
    places = [titles.index(title) for title in wanted]
    assert places == sorted(places), titles


def test_each_site_waits_for_the_release_command_of_its_image(whole: Ran) -> None:
    own = [item for item in whole.resources if item.type == "Release" and item.parent == FLEET]
    assert len(own) == len(sites(whole)) == 4
    assert all("Release acme" in item.after for item in (*own, *sites(whole).values()))


def test_a_mirror_depends_on_no_other_site(whole: Ran) -> None:
    [release] = [item for item in whole.resources if item.title == "Release acme-de"]
    for item in (release, sites(whole)["acme-de"]):
        assert {title.split()[-1] for title in item.after} <= {"acme", "site-ids", "acme-de"}
        assert f"{CONTAINER} acme" not in item.after


def test_nothing_is_written_in_a_form_that_the_plugin_reads_back_otherwise(whole: Ran) -> None:
    found = sites(whole)["acme-de"].inputs
    check = found["healthcheck"]
    assert (check["interval"], check["timeout"], check["startPeriod"]) == ("1m0s", "5s", "1m30s")
    assert (found["memory"], found["memorySwap"], found["cpus"]) == (512, 512, "1.0")
    assert not {"platform", "capabilities", "wait", "mounts"}.intersection(found)


def test_a_process_may_answer_its_last_requests(whole: Ran) -> None:
    found = sites(whole)["acme-de"].inputs
    assert (found["init"], found["destroyGraceSeconds"]) == (True, 10), "the plugin would kill it at once"


def test_volumes_stay_and_containers_make_room_before_they_are_replaced(whole: Ran) -> None:
    volumes = [item for item in whole.resources if item.type == VOLUME]
    assert [(item.name, item.retained) for item in volumes] == [("acme", True), ("acme", True)]
    assert all({"labels", "driver", "driverOpts"} == set(item.ignored) for item in volumes)
    assert all(item.deleted_first for item in whole.resources if item.type == CONTAINER)


def test_names_carry_fleet_and_environment_so_that_test_and_live_live_on_one_host(host: Host) -> None:
    on_live = sound(declared(host.url, stack="live"))
    names = {item.inputs["name"] for item in on_live.resources if item.type in (CONTAINER, VOLUME)}
    assert names == {
        *("acme.live_database", "acme.live_media"),
        *("acme.live.acme", "acme.live.acme-de", "acme.live.acme-fr", "acme.live.acme-ch"),
    }
    assert variables(sites(on_live)["acme-de"])["STAGE"] == "live"


def test_an_external_database_and_storage_need_no_container_and_no_volume(host: Host) -> None:
    url, dsn = f"postgres://acme:{PASSWORD}@db.example.com/acme", f"s3://key:{PASSWORD}@media.example.com/"
    ran = sound(declared(host.url, sharedValues={"DATABASE_URL": url, "DEFAULT_STORAGE_DSN": dsn}))
    assert [item.title for item in ran.resources if item.type in (CONTAINER, VOLUME) and item.parent != FLEET] == []
    found = sites(ran)["acme-de"]
    assert (variables(found)["DATABASE_URL"], variables(found)["DEFAULT_STORAGE_DSN"]) == (url, dsn)
    assert found.inputs["envs"][SIGNATURE] == SECRET
    assert "volumes" not in found.inputs


@pytest.mark.parametrize(
    ("kind", "label", "value"),
    [
        ("caddy", "caddy.reverse_proxy", "{{upstreams 8000}}"),
        ("traefik", "traefik.http.routers.acme-test-acme-de.rule", "Host(`www.example.de`)"),
    ],
)
def test_a_proxy_finds_each_site_by_labels_and_no_port_is_open(host: Host, kind: str, label: str, value: str) -> None:
    slugs = ("acme", "acme-de", "acme-fr", "acme-ch")
    domains = {slug: f"www.example.{slug.rpartition('-')[2]}" for slug in slugs}
    proxy = {"kind": kind, "network": "proxy"}
    found = sites(sound(declared(host.url, docker={"image": "acme:1", "proxy": proxy, "domains": domains})))["acme-de"]
    assert {item["label"]: item["value"] for item in found.inputs["labels"]}[label] == value
    assert [item["name"] for item in found.inputs["networksAdvanced"]] == ["acme.test", "proxy"]
    assert "ports" not in found.inputs
    assert variables(found)["DOMAIN"] == "www.example.de"


def test_the_password_of_the_superuser_is_not_the_sites(whole: Ran) -> None:
    assert variables(database(whole)).keys() == {"POSTGRES_USER", "POSTGRES_PASSWORD", "PGDATA"}
    assert {item.name for item in whole.resources if item.type == "DatabasePassword"} == {"acme", "acme-superuser"}


def test_a_rotation_is_one_wave_and_a_held_site_keeps_it_from_happening() -> None:
    running = [container("acme-de", {"SITE_ID": "2"}, **{"mirrors.passwordVersion": "1"})]
    turned = {"image": "acme:1", "database": {"passwordVersion": "2"}}
    waves = {"waves": [1, "100%"]}
    with docker_host(running) as host:
        ran = sound(declared(host.url, preview=True, docker=turned, rollout=waves))
        held = declared(host.url, docker=turned, overrides={"mirrors": {"acme-fr": {"hold": True}}})
    assert "all mirrors are one wave" in ran.said
    [problem] = refused(held)
    assert "acme-fr: it is held, but the database's password changes" in problem


def test_an_id_that_a_container_runs_with_is_kept_where_the_state_was_lost() -> None:
    with docker_host([container("acme-fr", {"SITE_ID": "9"})]) as host:
        found = sites(sound(declared(host.url)))
    assert {name: variables(item)["SITE_ID"] for name, item in found.items()} == {
        "acme": "1",
        "acme-de": "10",
        "acme-fr": "9",
        "acme-ch": "11",
    }


def test_without_an_id_nothing_of_a_mirrors_variables_is_known(host: Host) -> None:
    ran = sound(declared(host.url, preview=True, siteIdsFrom="live"))
    assert "acme-fr: its SITE_ID is not known yet" in ran.said
    assert in_clear(sites(ran)["acme-fr"].inputs["envs"]) == UNKNOWN
    assert variables(sites(ran)["acme-de"])["SITE_ID"] == "2"


def test_what_a_preview_says_of_the_volumes(host: Host) -> None:
    ran = sound(declared(host.url, preview=True))
    assert "no command deletes the volumes with data: acme.test_database, acme.test_media" in ran.said


def test_a_host_that_does_not_answer_is_one_line_with_its_remedy() -> None:
    with docker_host() as host:
        gone = host.url
    [problem] = refused(declared(gone))
    assert problem.startswith(f"the Docker host {gone} does not answer")
    assert "mirrors:docker.host" in problem


def test_problems_of_the_configuration_come_together_and_before_anything_is_registered(host: Host) -> None:
    wrong = {"domains": {"acme-d": "www.example.de"}, "proxy": {"kind": "caddy", "network": "proxy"}, "port": 0}
    problems = "\n".join(refused(declared(host.url, docker=wrong)))
    assert "mirrors:docker.image: missing" in problems
    assert "mirrors:docker.port: 0 is not valid. Write a port" in problems
    assert "mirrors:docker.domains.acme-fr: missing; the proxy needs the site's host name" in problems
    assert "mirrors:docker.domains.acme-d: the fleet has no site of this name. Did you mean acme" in problems


def test_an_original_that_was_renamed_without_saying_so_begins_no_second_database() -> None:
    """Two fleets on one host may well have sites of their own beside each other, also called alike in Live."""
    theirs = container("acme-de", {"SITE_ID": "2"}, **{"mirrors.fleet": "brand"})
    live = container("acme-fr", {"SITE_ID": "3"}, **{"mirrors.fleet": "brand", "mirrors.environment": "live"})
    with docker_host([theirs, live, container("other", {"SITE_ID": "4"}, **{"mirrors.fleet": "brand"})]) as host:
        [problem] = refused(declared(host.url))
        assert problem.startswith("acme-de: on this host in the fleet brand, with that fleet's database.")
        assert "mirrors:fleet.original.formerly: brand" in problem


def test_a_built_image_is_known_by_its_id_and_stays_on_the_host(host: Host) -> None:
    build = {"directory": ".", "dockerfile": "site/Dockerfile", "arguments": {"BASE": "debian:12"}}
    ran = sound(declared(host.url, docker={"build": build}))
    [image] = [item for item in ran.resources if item.type == "docker:index/image:Image"]
    assert image.inputs["skipPush"] is True
    assert image.inputs["build"] == {"context": ".", "dockerfile": "site/Dockerfile", "args": {"BASE": "debian:12"}}
    assert {item.inputs["image"] for item in sites(ran).values()} == {"sha256:built"}


def test_more_at_once_need_no_second_provider_process_and_the_plugin_hides_the_hosts_key(certificates: Path) -> None:
    with docker_host((), server_side(certificates)) as host:
        ran = sound(declared(host.url, rollout={"parallel": 7}, dockerTls=as_configured(certificates)))
    assert ran.of("pulumi:providers:pulumi-python") == {}
    [plugin] = ran.of("pulumi:providers:docker").values()
    assert {plugin.inputs[name][SIGNATURE] for name in ("caMaterial", "certMaterial", "keyMaterial")} == {SECRET}


def test_a_registry_that_asks_who_pulls_gets_the_login_of_this_machine(host: Host) -> None:
    where = "registry.example.com"
    ran = sound(declared(host.url, docker={"image": f"{where}/acme:1", "registries": [where]}))
    [plugin] = ran.of("pulumi:providers:docker").values()
    assert json.loads(plugin.inputs["registryAuth"]) == [{"address": where}]


def test_a_held_site_ignores_all_changes_and_one_without_a_new_release_its_image(host: Host) -> None:
    holds = {"acme-de": {"hold": True}, "acme-fr": {"hold": "variablesMayDeploy"}}
    ran = sound(declared(host.url, docker=WHOLE, overrides={"mirrors": holds}))
    wanted: dict[str, list[str]] = {"acme": [], "acme-de": ["*"], "acme-fr": ["image"], "acme-ch": []}
    own = {item.name: item for item in ran.resources if item.type == "Release" and item.parent == FLEET}
    assert {name: item.ignored for name, item in sites(ran).items()} == wanted
    assert {name: item.ignored for name, item in own.items()} == wanted
    assert ran.of("Serving")["acme-de"].ignored == ["*"]


def test_what_another_container_has_on_the_same_database_is_given_to_no_one() -> None:
    """A container that left the list counts by its label, any other by the address, where the database is elsewhere."""
    elsewhere = "postgres://acme:of-the-other@db.example.com:5432/acme"
    left = container("acme-it", {"SITE_ID": "7"})
    other = container("shop", {"SITE_ID": " 9", "DATABASE_URL": elsewhere}, **{"mirrors.fleet": "shop"})
    stranger = container(
        "blog", {"SITE_ID": "11", "DATABASE_URL": "postgres://b@db.example.com/blog"}, **{"mirrors.fleet": "b"}
    )
    shared = {"DATABASE_URL": elsewhere.replace("of-the-other", PASSWORD)}
    with docker_host([left, other, stranger]) as host:
        assert variables(sites(sound(declared(host.url)))["acme-de"])["SITE_ID"] == "8"
        assert variables(sites(sound(declared(host.url, sharedValues=shared)))["acme-de"])["SITE_ID"] == "10"


def test_an_id_of_another_container_that_is_no_number_is_a_problem_before_one_is_given() -> None:
    with docker_host([container("acme-it", {"SITE_ID": "two"})]) as host:
        ran = declared(host.url)
    assert ran.code != 0
    assert "acme-it: it is not on the list, may run with the shared database, and its SITE_ID" in ran.said
