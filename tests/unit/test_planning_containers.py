"""The fleet as containers: what is decided without a Docker host."""

import pytest

from mirrors.docker.config.sections import Healthcheck
from mirrors.docker.plan import check_other_fleets, plan_containers
from mirrors.docker.sites.addresses import host_port, site_domain, site_url
from mirrors.docker.sites.healthcheck import health_command, to_go_duration
from mirrors.docker.sites.names import ResourceNames
from mirrors.docker.sites.variables import plain_variables
from mirrors.errors import ConfigurationError
from mirrors.planning.observed import ObservedFleet, ObservedSite, ObservedVariable
from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.planning.site_ids.ledger import rename_slugs
from tests.unit.fleets import settings

DOCKER = {"image": "acme:1"}


def unconfigured(*slugs: str) -> ObservedFleet:
    """No site has a container yet."""
    return ObservedFleet(
        ObservedSite("acme", "acme", None), {slug: ObservedSite(slug, slug, None) for slug in slugs}, "test"
    )


def running(slug: str, **values: str) -> ObservedSite:
    variables = {name: ObservedVariable(value) for name, value in values.items()}
    return ObservedSite(slug, slug, "test", variables, deployed_variables=values)


@pytest.mark.parametrize(
    ("seconds", "written"), [(1, "1s"), (60, "1m0s"), (90, "1m30s"), (3600, "1h0m0s"), (3661, "1h1m1s"), (59, "59s")]
)
def test_durations_are_written_as_go_writes_them(seconds: int, written: str) -> None:
    assert to_go_duration(seconds) == written


def test_no_site_is_called_like_what_the_sites_have_in_common() -> None:
    names = ResourceNames("acme", "live")
    parts = {names.network, names.part("database"), names.part("media"), names.part("release")}
    assert parts.isdisjoint(names.site(slug) for slug in ("database", "media", "release", "acme"))
    assert names.site("acme-de") == "acme.live.acme-de"


def test_a_port_follows_the_id_and_an_id_that_is_too_high_is_reported() -> None:
    declared = settings("acme-de", platform="docker", docker={**DOCKER, "publish": {"base": 65000}})
    assert host_port(declared, 2) == 65002
    with pytest.raises(ConfigurationError, match="65000 and SITE_ID 600") as raised:
        host_port(declared, 600)
    [problem] = raised.value.problems
    assert (problem.code, problem.path) == ("port-too-high", "mirrors:docker.publish.base")


def test_an_address_is_the_declared_name_or_the_place_that_the_site_answers_at() -> None:
    declared = settings("acme-de", platform="docker", docker={**DOCKER, "domains": {"acme": "www.example.com"}})
    assert site_url(declared, "acme", 1) == "https://www.example.com/"
    assert site_url(declared, "acme-de", 2) == "http://127.0.0.1:8002/"
    six = settings("acme-de", platform="docker", docker={**DOCKER, "publish": {"address": "::1"}})
    assert (site_domain(six, "acme-de", 2), site_url(six, "acme-de", 2)) == ("[::1]:8002", "http://[::1]:8002/")


def test_declared_variables_win_but_not_over_who_a_site_is() -> None:
    declared = settings(
        "acme-de", platform="docker", docker=DOCKER, overrides={"variables": {"STAGE": "staging", "PORT": "9000"}}
    )
    [mirror] = plan_containers(declared, unconfigured("acme-de")).mirrors
    answer = plain_variables(declared, mirror, 7)
    assert (answer["SITE_ID"], answer["MIRRORS_APPLICATION"]) == ("7", "acme-de")
    assert (answer["STAGE"], answer["PORT"]) == ("staging", "9000")


def test_the_check_asks_for_the_path_and_no_quote_in_it_ends_the_program_text() -> None:
    command = health_command(Healthcheck(path="/it's/\\up/"), 8000)
    assert command[:3] == ["CMD", "python3", "-c"]
    compile(command[3], "check", "exec")
    assert "'/it%27s/%5Cup/'" in command[3]


@pytest.mark.parametrize(
    ("declared", "asked"),
    [
        (["curl", "-f", "localhost"], ["CMD", "curl", "-f", "localhost"]),
        (["CMD", "curl", "localhost"], ["CMD", "curl", "localhost"]),
        (["CMD-SHELL", "curl -f localhost || exit 1"], ["CMD-SHELL", "curl -f localhost || exit 1"]),
        (["NONE"], ["NONE"]),
    ],
)
def test_a_command_of_ones_own_may_say_what_kind_it_is(declared: list[str], asked: list[str]) -> None:
    assert health_command(Healthcheck.model_validate({"command": declared}), 1) == asked


def test_what_a_held_site_runs_with_is_compared_with_its_container() -> None:
    held = settings(
        "acme-de", docker=DOCKER, overrides={"mirrors": {"acme-de": {"hold": True, "variables": {"A": "2"}}}}
    )
    seen = ObservedFleet(
        running("acme", DATABASE_URL="x"),
        {"acme-de": running("acme-de", SITE_ID="2", DATABASE_URL="x", DEFAULT_STORAGE_DSN="y", A="1")},
        "test",
    )
    planned = plan_containers(held, seen)
    assert [problem.line for problem in planned.problems] == [
        "acme-de: it is held, but its variables change: A. A deployment would take the newest image. Set hold: false to"
        " roll out to this site, or hold: variablesMayDeploy to let changed variables deploy it"
        " [held-site-variables-change]"
    ]
    assert planned.mirrors[0].is_held


def test_a_new_mirror_behind_the_pause_is_not_declared_and_one_that_runs_is() -> None:
    declared = settings(
        "acme-de", "acme-fr", platform="docker", docker=DOCKER, rollout={"waves": [1, "100%"], "pauseAfter": 1}
    )
    planned = plan_containers(declared, unconfigured("acme-de", "acme-fr"))
    assert ([site.slug for site in planned.mirrors], planned.postponed) == (["acme-de"], ("acme-fr",))
    seen = ObservedFleet(ObservedSite("acme", "acme", None), {"acme-fr": running("acme-fr", SITE_ID="3")}, "test")
    planned = plan_containers(declared, seen)
    assert [(site.slug, site.is_paused) for site in planned.mirrors] == [("acme-de", False), ("acme-fr", True)]


def test_a_former_slug_hands_its_entry_in_the_ledger_over_and_keeps_it_when_it_is_named_no_more() -> None:
    ledger = Ledger({"acme": ("acme", 1), "acme-fr": ("acme-fr", 3)}, highest=3)
    declared = settings(platform="docker", docker=DOCKER)
    fleet = declared.fleet.model_copy(
        update={"mirrors": settings("acme-gaul").mirrors[0].model_copy(update={"formerly": "acme-fr"})}
    )
    mirrors = (fleet.mirrors,)
    request = plan_containers(
        declared.model_copy(update={"fleet": fleet.model_copy(update={"mirrors": mirrors})}), unconfigured("acme-gaul")
    ).site_facts
    moved = rename_slugs(ledger, AllocationRequest(request))
    assert moved.assignments == {"acme": ("acme", 1), "acme-gaul": ("acme-fr", 3)}
    assert rename_slugs(moved, AllocationRequest(request)) == moved


def test_sites_of_another_fleet_are_one_problem_and_those_of_the_former_name_none() -> None:
    slugs = [f"m{number}" for number in range(5)]
    [problem] = check_other_fleets(settings(*slugs), dict.fromkeys(slugs, "brand"))
    assert problem.code == "site-of-another-fleet"
    assert problem.message.startswith("m0, m1, m2 and 2 more: on this host in the fleet brand")
    assert "formerly: brand" in problem.remedy
    fleet = settings(*slugs).fleet
    original = fleet.original.model_copy(update={"formerly": "brand"})
    said = settings(*slugs).model_copy(update={"fleet": fleet.model_copy(update={"original": original})})
    assert check_other_fleets(said, dict.fromkeys(slugs, "brand")) == ()
