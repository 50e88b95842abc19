"""The program's declarations: the project's own ``__main__.py``, run against a real platform and a mocked engine."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mirrors_sandbox.control import Sandbox

from mirrors.divio import Divio
from tests.unit.program_under_mocks import SECRET_KEYS, Ran, registered
from tests.wire.provider import SECRET, SIGNATURE, UNKNOWN, in_clear

PASSWORD = "canary-8f21d6"
FOUND = f"postgres://own:{PASSWORD}@127.0.0.1/own"
FLEET = {
    "original": {"application": "acme"},
    "mirrors": [
        {"application": "acme-de", "variables": {"LANGUAGE": "de"}},
        {"application": "acme-fr", "formerly": "acme-old"},
        {"application": "acme-ch"},
    ],
}
SHARED = ["DATABASE_URL", "DEFAULT_STORAGE_DSN"]


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Yield a fleet's configuration: ``acme-ch`` had a plain DATABASE_URL before, ``acme-fr`` one that is not shown."""
    sandbox = Sandbox(tmp_path_factory.mktemp("platform") / "sandbox")
    try:
        sandbox.start(runner="none")
        sandbox.seed(report=lambda _: None)
        with Divio.connect(sandbox.url, sandbox.token) as divio:
            application = divio.applications.by_slug("acme-ch")
            assert application is not None
            [test] = [item for item in divio.environments.list(application.uuid) if item.slug == "test"]
            divio.environment_variables.create(test.uuid, "DATABASE_URL", FOUND, False)
            hidden = divio.applications.by_slug("acme-fr")
            assert hidden is not None
            [test] = [item for item in divio.environments.list(hidden.uuid) if item.slug == "test"]
            divio.environment_variables.create(test.uuid, "DATABASE_URL", FOUND, True)
        secrets = json.dumps({"all": {"API_KEY": PASSWORD}})
        where = {"apiUrl": sandbox.url, "apiToken": sandbox.token}
        confirmed = {"confirmDatabase": "postgres://127.0.0.1/own"}
        yield {**where, **confirmed, "fleet": json.dumps(FLEET), "secrets": secrets}
    finally:
        sandbox.reset()


@pytest.fixture(scope="module")
def on_test(configuration: dict[str, str]) -> Ran:
    ran = registered(configuration, "test")
    assert ran.code == 0, ran.said
    return ran


@pytest.fixture(scope="module")
def on_live(configuration: dict[str, str]) -> Ran:
    """Preview a fleet whose original Mirrors deploys too; it follows a stack that does not know ``acme-ch`` yet."""
    fleet = json.dumps({**FLEET, "original": {"application": "acme", "deploy": True, "variables": {"DEBUG": "0"}}})
    known = {"acme": 1, "acme-de": 5, "acme-fr": 6}
    follows = {**configuration, "fleet": fleet, "siteIdsFrom": "test"}
    ran = registered(follows, "live", preview=True, reference={"siteIds": known, "retired": {}})
    assert ran.code == 0, ran.said
    return ran


def test_the_fleet_has_its_ids_its_original_and_one_resource_a_mirror(on_test: Ran) -> None:
    fleet = "mirrors:index:Fleet acme"
    below = {item.title: item.parent for item in on_test.resources if item.type != "pulumi:pulumi:Stack"}
    mirrors = {f"Mirror {slug}": fleet for slug in ("acme-de", "acme-fr", "acme-ch")}
    stack = {fleet: "pulumi:pulumi:Stack any-name-test"}
    assert below == {**stack, "SiteIds site-ids": fleet, "Original acme": fleet, **mirrors}


def test_as_many_at_once_as_are_asked_for_need_no_second_provider_process(configuration: dict[str, str]) -> None:
    ran = registered({**configuration, "rollout": json.dumps({"parallel": 64})}, "test")
    assert ran.code == 0, ran.said
    assert ran.of("pulumi:providers:pulumi-python") == {}


def test_only_the_ids_are_protected(on_test: Ran, on_live: Ran) -> None:
    for ran in (on_test, on_live):
        assert [item.title for item in ran.resources if item.protect] == ["SiteIds site-ids"]


def test_what_is_known_of_ids_reaches_the_ledger(configuration: dict[str, str]) -> None:
    mirrors = [{"application": "acme-fr"}, {"application": "acme-ch"}]
    fleet = {**FLEET, "mirrors": mirrors, "reservedFor": {"acme-de": 9}, "highestSiteId": 12}
    ran = registered({**configuration, "fleet": json.dumps(fleet)}, "test")
    assert ran.code == 0, ran.said
    hints = ran.of("SiteIds")["site-ids"].inputs["hints"]
    assert list(hints["listed"].values()) == ["acme-de"]
    assert {key: hints[key] for key in ("reserved_for", "highest", "keeps")} == {
        "reserved_for": {"acme-de": 9},
        "highest": 12,
        "keeps": False,
    }
    assert ran.outputs["siteIds"] == {"acme": 1, "acme-fr": 13, "acme-ch": 14}


def test_what_is_set_before_the_first_write_reaches_the_ledger(on_test: Ran, on_live: Ran) -> None:
    """Also of the original, where Mirrors sets its variables. No value is among it."""
    by_name = {item.inputs["environment"]: name for name, item in on_test.of("Mirror").items()}
    found = on_test.of("SiteIds")["site-ids"].inputs["hints"]["found"]
    assert {by_name[environment]: variables for environment, variables in found.items()} == {
        "acme-de": {},
        "acme-fr": {"DATABASE_URL": True},
        "acme-ch": {"DATABASE_URL": False},
    }
    original = on_live.of("OriginalSite")["acme"].inputs["environment"]
    assert original in on_live.of("SiteIds")["site-ids"].inputs["hints"]["found"]


def test_each_site_learns_what_of_its_own_was_found(on_test: Ran) -> None:
    found = {slug: item.inputs["found"] for slug, item in on_test.of("Mirror").items()}
    assert found == {"acme-de": {}, "acme-fr": {"DATABASE_URL": True}, "acme-ch": {"DATABASE_URL": False}}


def test_a_former_name_is_an_alias_of_a_mirror(on_test: Ran) -> None:
    aliases = {item.title: item.aliases for item in on_test.resources if item.aliases}
    assert aliases == {"SiteIds site-ids": ["acme"], "Mirror acme-fr": ["acme-old"]}


def test_a_renamed_original_moves_all_that_it_has_and_not_the_ledger(configuration: dict[str, str]) -> None:
    original = {"application": "acme", "formerly": "brand", "deploy": True}
    ran = registered({**configuration, "fleet": json.dumps({**FLEET, "original": original})}, "test")
    assert ran.code == 0, ran.said
    aliases = {item.title: item.aliases for item in ran.resources if not item.title.endswith(" acme-fr")}
    assert {title: former for title, former in aliases.items() if former} == {
        "SiteIds site-ids": ["acme", "brand"],
        **{f"{kind} acme": ["brand"] for kind in ("Original", "OriginalSite")},
    }


def test_the_state_keeps_no_dependencies_of_a_site(on_test: Ran, on_live: Ran) -> None:
    """The program waits for what a site needs: of each mirror the lists would be hundreds of bytes."""
    for ran in (on_test, on_live):
        sites = [*ran.of("Mirror").values(), *ran.of("OriginalSite").values()]
        assert [(item.after, item.property_dependencies) for item in sites] == [([], [])] * len(sites)


def test_each_value_is_a_secret_or_plain_of_its_own(on_test: Ran) -> None:
    declared = on_test.of("Mirror")["acme-de"].inputs["variables"]
    marked = {name for name, item in declared.items() if isinstance(item["value"], dict)}
    assert marked == {*SHARED, "API_KEY"}
    assert {name for name, item in declared.items() if item["secret"]} == marked
    plain = {"SITE_ID": "2", "MIRRORS_APPLICATION": "acme-de", "LANGUAGE": "de"}
    assert {name: item for name, item in declared.items() if name not in marked} == {
        name: {"value": value, "secret": False, "sensitive": False} for name, value in plain.items()
    }


def test_every_mirror_is_declared_with_its_id_its_name_and_the_originals_values(on_test: Ran) -> None:
    shared = in_clear(on_test.of("Original")["acme"].inputs)["variables"]
    assert set(shared) == set(SHARED)
    for slug, mirror in on_test.of("Mirror").items():
        values = {name: item["value"] for name, item in in_clear(mirror.inputs)["variables"].items()}
        assert values.items() >= {"MIRRORS_APPLICATION": slug, "API_KEY": PASSWORD, **shared}.items()
        assert values["SITE_ID"] == str(int(on_test.outputs["siteIds"][slug]))


def test_new_shared_values_are_sensitive_and_one_that_was_plain_before_mirrors_stays_plain(on_test: Ran) -> None:
    flags = {
        slug: {name: item.inputs["variables"][name]["sensitive"] for name in SHARED}
        for slug, item in on_test.of("Mirror").items()
    }
    assert flags["acme-de"] == dict.fromkeys(SHARED, True)
    assert flags["acme-ch"] == {"DATABASE_URL": False, "DEFAULT_STORAGE_DSN": True}


def test_no_secret_is_registered_in_clear(on_test: Ran, on_live: Ran) -> None:
    for ran in (on_test, on_live):
        dsn = in_clear(ran.of("Original")["acme"].inputs)["variables"]
        secrets = [PASSWORD, *dsn.values(), dsn["DATABASE_URL"].split(":")[2].split("@")[0]]
        shown = json.dumps([_shown(item.inputs) for item in ran.resources]) + json.dumps(_shown(ran.outputs)) + ran.said
        assert [secret for secret in secrets if secret in shown] == []


def test_what_a_hidden_database_may_be_is_reported_to_the_mirror_alone_that_has_one(on_test: Ran) -> None:
    mirrors = on_test.of("Mirror")
    assert all("databases" not in mirrors[slug].inputs for slug in ("acme-de", "acme-ch"))
    [mine, confirmed] = mirrors["acme-fr"].inputs["databases"]
    assert mine == on_test.of("Original")["acme"].inputs["identities"]["DATABASE_URL"]
    assert confirmed == "postgres://127.0.0.1:5432/own"


def test_the_outputs_list_every_site_the_original_first_and_the_others_in_an_order_of_their_own(on_test: Ran) -> None:
    outputs = on_test.outputs
    sites = [(row["application"], row["siteId"], row["environment"]) for row in outputs["sites"]]
    assert sites == [("acme", 1, "test"), ("acme-ch", 4, "test"), ("acme-de", 2, "test"), ("acme-fr", 3, "test")]
    assert outputs["sites"][2]["deployment"] == "d-acme-de"
    assert outputs["siteIds"] == {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}
    assert outputs["retired"] == {}
    assert outputs["original"]["release"] == on_test.of("Mirror")["acme-de"].inputs["release"]
    assert set(outputs["original"]["identities"]) == set(SHARED)


def test_variables_that_are_replaced_on_request_are_deleted_before_they_are_made(on_test: Ran) -> None:
    """The other way round, a failure in between would leave the deletion to a later run."""
    assert {item.type for item in on_test.resources if item.deleted_first} == {"Mirror"}


def test_the_checks_learn_what_is_observed(on_test: Ran) -> None:
    observed = {slug: item.inputs["observed"] for slug, item in on_test.of("Mirror").items()}
    flags = {"acme-fr": True, "acme-ch": False}
    there = {slug: {"DATABASE_URL": {"sensitive": sensitive}} for slug, sensitive in flags.items()}
    assert observed == {"acme-de": {}, **there}


def test_variables_stay_where_live_drops_a_mirror_and_go_where_test_does(on_test: Ran, on_live: Ran) -> None:
    assert [item.title for item in on_test.resources if item.retained] == []
    retained = {item.type for item in on_live.resources if item.retained}
    assert retained == {"Mirror", "OriginalSite"}


def test_an_id_that_the_followed_stack_does_not_have_is_unknown_and_reported(on_live: Ran) -> None:
    site_ids = {slug: item.inputs["variables"]["SITE_ID"] for slug, item in on_live.of("Mirror").items()}
    assert {slug: item["value"] for slug, item in site_ids.items()} == {
        "acme-de": "5",
        "acme-fr": "6",
        "acme-ch": UNKNOWN,
    }
    said = 'acme-ch: its SITE_ID is not known yet: the stack "test" has not assigned one; run "pulumi up -s'
    assert f'{said} test" first' in on_live.said


def test_mirrors_run_what_the_original_is_deployed_with_where_mirrors_deploys_it(on_live: Ran) -> None:
    original = on_live.of("OriginalSite")["acme"]
    assert original.parent == "mirrors:index:Fleet acme"
    assert original.inputs["variables"]["DEBUG"] == {"value": "0", "secret": False, "sensitive": False}
    assert not {"SITE_ID", *SHARED} & original.inputs["variables"].keys()
    assert original.inputs["release"] == ""
    for slug in ("acme-de", "acme-fr", "acme-ch"):
        assert on_live.of("Mirror")[slug].inputs["release"] == "d-acme"


def test_a_fleet_with_problems_registers_nothing_and_tells_all_of_them(configuration: dict[str, str]) -> None:
    mirrors = [{"application": "acme-xx"}, {"application": "acme-yy"}]
    ran = registered({**configuration, "fleet": json.dumps({**FLEET, "mirrors": mirrors})}, "test")
    assert ran.code == 32
    assert ran.resources == []
    assert [f"{slug}: this token sees no application" in ran.said for slug in ("acme-xx", "acme-yy")] == [True, True]
    assert "Traceback" not in ran.said


@pytest.mark.parametrize("key", ["fleet", "overrides"])
def test_a_secret_among_the_plain_variables_is_refused_before_anything_is_registered(
    configuration: dict[str, str], key: str
) -> None:
    plain = {**configuration, "overrides": json.dumps({"variables": {"PROMO": PASSWORD}})}
    ran = registered(plain, "test", secret=[*SECRET_KEYS, key])
    assert (ran.code, ran.resources) == (32, [])
    assert f"mirrors:{key}: it holds a secret" in ran.said
    assert "pulumi config set --secret --path mirrors:secrets.all.NAME" in ran.said
    assert PASSWORD not in ran.said


def _shown(value: Any) -> Any:
    """Return what is left when every value with a mark is taken out."""
    if isinstance(value, dict):
        return None if value.get(SIGNATURE) == SECRET else {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
