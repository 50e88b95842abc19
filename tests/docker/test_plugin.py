"""The same through the real ``pulumi up``, where the plugin is at hand."""

import os
import re
from collections.abc import Iterator
from typing import Any

import docker
import pytest
import yaml
from mirrors_sandbox.process import wait_until

from tests.docker.plugin import NONE, plugin_folder
from tests.docker.world import TIMEOUT, World, base_port, section
from tests.engine.project import Done, Project, Stack

CONFIG = "Pulumi.test.yaml"
PASSPHRASE = "of-this-test"


@pytest.fixture(scope="module")
def world(client: docker.DockerClient) -> Iterator[World]:
    if plugin_folder() is None:
        pytest.skip(NONE)
    found = World(client, "plugged")
    found.clear()
    yield found
    found.clear()


@pytest.fixture(scope="module")
def stack(world: World, engine: str, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Return a stack whose fleet is up. Each test leaves it converged."""
    environment = {"DOCKER_HOST": engine, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}
    project = Project.at(tmp_path_factory.mktemp("plugged") / "project", environment)
    path = f"{plugin_folder()}{os.pathsep}{project.variables['PATH']}"
    project.environment["PATH"] = path
    project.configure(lambda config: config["mirrors:fleet"].update(value=world.fleet), "Pulumi.yaml")
    declared = {"mirrors:platform": "docker", "mirrors:docker": section(base_port() + 40)}
    (project.directory / CONFIG).write_text(yaml.safe_dump({"config": declared}), encoding="utf-8")
    made = Stack(project, "test")
    made.pulumi("stack init", given="").succeeded()
    made.up().succeeded()
    return made


def changed(done: Done) -> list[str]:
    """Return what an update has done, in its order: ``Container plugged-de created replacement``."""
    lines = re.findall(
        r"(?:\w|/|-)+:(\w+) (\S+) (created|updated|deleted|replaced)( replacement| original)?", done.text
    )
    return [" ".join([*line[:3], line[3].strip()]).strip() for line in lines]


def declare(change: dict[str, Any]) -> Any:
    return lambda config: config["mirrors:docker"].update(change)


def test_a_second_up_changes_nothing_with_a_refresh_and_without(stack: Stack) -> None:
    assert stack.has_no_changes()
    stack.up("--refresh=false", "--expect-no-changes").succeeded()


def test_four_sites_share_database_and_media(stack: Stack, world: World) -> None:
    answer = {slug: world.asked(slug) for slug in world.slugs}
    assert {slug: item["site_id"] for slug, item in answer.items()} == stack.outputs()["siteIds"]
    assert len({item["database"]["marker"] for item in answer.values()}) == 1
    assert len({item["storage"]["marker"] for item in answer.values()}) == 1


def test_the_password_is_in_no_file_of_the_state_and_in_no_preview(stack: Stack, world: World) -> None:
    password = world.variables("plugged")["DATABASE_URL"].split(":")[2].split("@")[0]
    with stack.project.configured(
        declare({"database": {"image": section(0)["database"]["image"], "passwordVersion": "5"}}), CONFIG
    ):
        previews = stack.preview("--json").text + stack.preview("--diff").text
    files = [path for path in stack.project.state.rglob("*") if path.is_file()]
    assert password not in previews
    assert [path.name for path in files if password.encode() in path.read_bytes()] == []


def test_the_commands_work_or_say_what_to_do_instead(stack: Stack, world: World) -> None:
    run = stack.project.run
    for command in (("leave", "--yes"), ("adopt", "plugged")):
        done = run("mirrors", *command, "--stack", "test").failed()
        assert (done.code, "command-is-for-another-platform" in done.stderr) == (64, True), done.text
    rows = run("mirrors", "status", "--stack", "test", "--json").succeeded().json()
    assert {row["application"]: row["siteId"] for row in rows} == stack.outputs()["siteIds"]
    assert {(row["state"], *row["details"]) for row in rows} == {("converged",)}
    assert {row["application"]: row["url"] for row in rows} == {
        row["application"]: row["url"] for row in stack.outputs()["sites"]
    }
    assert {f"sha256:{row['release']}" for row in rows} == {world.image(slug) for slug in world.slugs}
    run("mirrors", "deploy", "--behind", "--yes", "--stack", "test").succeeded()
    answer = run("mirrors", "preview", "--stack", "test").succeeded().stdout.splitlines()
    assert answer[0] == "Preview of test: no changes at 4 sites"
    assert "answers, and has 4 of the fleet's sites" in run("mirrors", "doctor", "--stack", "test").stdout
    ids = run("mirrors", "ids", "--stack", "test", "--json").succeeded().json()
    assert [item["application"] for item in ids["sites"]] == ["plugged", "plugged-de", "plugged-fr", "plugged-ch"]


def test_a_single_site_is_converged_and_no_other(stack: Stack, world: World) -> None:
    def darker(config: dict[str, Any]) -> None:
        config["mirrors:overrides"] = {"variables": {"THEME": "dark"}}

    with stack.project.configured(darker, CONFIG):
        stack.project.run("mirrors", "deploy", "plugged-de", "--stack", "test", "--yes").succeeded()
        answer = stack.project.run("mirrors", "preview", "--stack", "test").stdout
    assert world.variables("plugged-de")["THEME"] == "dark"
    assert "THEME" not in world.variables("plugged-fr")
    assert "2 of 4 sites change, 2 to deploy" in answer
    assert "2 sites: deployed: changed variables\n    plugged-fr, plugged-ch" in answer
    stack.up().succeeded()
    assert stack.has_no_changes()


def test_what_someone_has_removed_or_stopped_comes_back(stack: Stack, world: World) -> None:
    world.site("plugged-de").remove(force=True)
    world.site("plugged-fr").stop(timeout=1)
    stack.up().succeeded()
    assert all(world.healthy(slug) for slug in world.slugs)
    assert stack.has_no_changes()


def test_a_killed_process_comes_back_by_itself(stack: Stack, world: World) -> None:
    before = world.site("plugged-ch").attrs["State"]["Pid"]
    world.kill("plugged-ch")
    assert wait_until(lambda: world.site("plugged-ch").attrs["State"]["Pid"] not in (0, before), TIMEOUT)
    assert world.healthy("plugged-ch")
    assert stack.has_no_changes()


def test_a_new_password_is_the_roles_before_it_is_the_sites(stack: Stack, world: World) -> None:
    before = world.variables("plugged-de")["DATABASE_URL"]
    image = section(0)["database"]["image"]
    stack.project.configure(declare({"database": {"image": image, "passwordVersion": "2"}}), CONFIG)
    done = changed(stack.up().succeeded())
    assert done.index("DatabaseRole plugged updated") < done.index("Container plugged deleted original")
    assert not [line for line in done if line.startswith("Release")], "what has run for this image has run"
    assert world.variables("plugged-de")["DATABASE_URL"] != before
    assert all(world.healthy(slug) for slug in world.slugs)
    assert stack.has_no_changes()


def test_a_site_that_dies_stops_the_waves_and_the_others_go_on_serving(stack: Stack, world: World) -> None:
    broken = {"mirrors": {"plugged-de": {"variables": {"HOST": "no.such.host"}}}, "variables": {"THEME": "dark"}}

    def break_one(config: dict[str, Any]) -> None:
        config["mirrors:overrides"] = broken
        config["mirrors:rollout"] = {"waves": [1, "100%"]}

    with stack.project.configured(break_one, CONFIG):
        done = stack.up()
    assert done.code != 0
    assert "plugged-de (test): its container ended" in done.text
    assert "Invalid host/port specified." in done.text
    assert "THEME" not in world.variables("plugged-fr"), "the wave behind it did not begin"
    assert all(world.healthy(slug) for slug in ("plugged", "plugged-fr", "plugged-ch"))
    stack.up().succeeded()
    assert stack.has_no_changes()


def test_a_held_site_keeps_its_image_and_a_new_release_runs_its_command_once(stack: Stack, world: World) -> None:
    newer = world.derived("plugged:newer")

    def release(config: dict[str, Any]) -> None:
        config["mirrors:docker"]["image"] = newer
        config["mirrors:overrides"] = {"mirrors": {"plugged-ch": {"hold": True}}}

    before = world.image("plugged-ch")
    stack.project.configure(release, CONFIG)
    done = changed(stack.up().succeeded())
    assert done.index("Release plugged updated") < done.index("Container plugged deleted original")
    assert world.image("plugged-ch") == before != world.image("plugged-de")
    assert stack.has_no_changes()
    stack.project.configure(lambda config: config.pop("mirrors:overrides"), CONFIG)
    stack.up().succeeded()


def test_a_renamed_mirror_keeps_its_id(stack: Stack, world: World) -> None:
    """Its row belongs to the former name until a user says that it does no more: so says the companion app."""

    def rename(config: dict[str, Any]) -> None:
        config["mirrors:fleet"]["value"]["mirrors"][1] = {"application": "plugged-gaul", "formerly": "plugged-fr"}

    ids = stack.outputs()["siteIds"]
    world.site("plugged").exec_run(
        ["python", "manage.py", "mirrors_forget", str(ids["plugged-fr"]), "--name", "plugged-fr"]
    )
    stack.project.configure(rename, "Pulumi.yaml")
    stack.up().succeeded()
    assert stack.outputs()["siteIds"]["plugged-gaul"] == ids["plugged-fr"]
    assert world.healthy("plugged-gaul")


def test_a_removal_takes_the_container_and_a_destroy_leaves_the_data(stack: Stack, world: World) -> None:
    def remove(config: dict[str, Any]) -> None:
        config["mirrors:fleet"]["value"]["mirrors"].pop()

    marker = world.asked("plugged")["database"]["marker"]
    with stack.project.configured(remove, "Pulumi.yaml"):
        stack.up().succeeded()
        assert "plugged-ch" not in world.containers()
        stack.destroy("--exclude-protected").succeeded()
    assert world.containers() == {}
    stack.up().succeeded()
    assert world.asked("plugged")["database"]["marker"] == marker
    assert world.asked("plugged-ch")["site_id"] == stack.outputs()["siteIds"]["plugged-ch"]
