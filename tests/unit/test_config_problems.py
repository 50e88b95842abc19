"""What is wrong with a configuration is said in one line each, all of it at once, and no secret shows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.config import Settings, load
from tests.unit.test_config import FLEET, TOKEN, loaded

CANARY = "c4n4ry"


def fleet(*mirrors: Any, **others: Any) -> dict[str, Any]:
    return {"original": {"application": "acme"}, "mirrors": list(mirrors), **others}


def mirror(slug: Any = "acme-de", **others: Any) -> dict[str, Any]:
    return {"application": slug, **others}


SITE_ID = "takes a whole number from 1 to 2147483647, without quotes"
SLUG = "takes an application's slug: up to 63 lower-case letters, digits and hyphens"
TEXT = "takes text in quotes"
QUOTED = "put the text in quotes"

WRONG_VALUES = [
    ({"fleet": fleet(mirror(siteId=0))}, f"mirrors:fleet.mirrors[0].siteId: got 0, {SITE_ID}"),
    ({"fleet": fleet(mirror(siteId=2**31))}, f"mirrors:fleet.mirrors[0].siteId: got 2147483648, {SITE_ID}"),
    ({"fleet": fleet(mirror(siteId=True))}, f"mirrors:fleet.mirrors[0].siteId: got true, {SITE_ID}"),
    ({"fleet": fleet(mirror(siteId=2.0))}, f"mirrors:fleet.mirrors[0].siteId: got 2.0, {SITE_ID}"),
    ({"fleet": fleet(mirror(siteId="2"))}, f'mirrors:fleet.mirrors[0].siteId: got "2", {SITE_ID}'),
    ({"fleet": fleet(retired=[3, {"4": "x"}])}, f"mirrors:fleet.retired[1]: got an object, {SITE_ID}"),
    ({"fleet": fleet(retired={"3": "x"})}, "mirrors:fleet.retired: got an object, takes a list"),
    ({"fleet": fleet(mirror("Acme DE"))}, f'mirrors:fleet.mirrors[0].application: got "Acme DE", {SLUG}'),
    ({"fleet": fleet(mirror("-acme"))}, f'mirrors:fleet.mirrors[0].application: got "-acme", {SLUG}'),
    ({"fleet": fleet(mirror("a" * 64))}, f'mirrors:fleet.mirrors[0].application: got "{"a" * 58}…, {SLUG}'),
    ({"fleet": fleet(mirror("a\n\x9b"))}, f'mirrors:fleet.mirrors[0].application: got "a\\n\\x9b", {SLUG}'),
    ({"fleet": fleet(mirror(formerly=""))}, f'mirrors:fleet.mirrors[0].formerly: got "", {SLUG}'),
    ({"fleet": fleet({})}, "mirrors:fleet.mirrors[0].application: missing; it takes the slug of an application"),
    (
        {"fleet": fleet("acme-de")},
        'mirrors:fleet.mirrors[0]: got "acme-de", takes an object with application, siteId, formerly, variables, hold',
    ),
    ({"fleet": fleet(variables={"X": None})}, f"mirrors:fleet.variables.X: got nothing, {TEXT}"),
    ({"fleet": fleet(variables={"X": 1.5})}, f"mirrors:fleet.variables.X: got a number: {QUOTED}"),
    ({"fleet": fleet(variables={"X": 83})}, f"mirrors:fleet.variables.X: got a number: {QUOTED}"),
    ({"fleet": fleet(variables={"X": True})}, f"mirrors:fleet.variables.X: got true or false: {QUOTED}"),
    ({"fleet": FLEET, "secrets": {"all": {"X": 83}}}, f"mirrors:secrets.all.X: got a number: {QUOTED}"),
    ({"fleet": fleet(mirror(2024))}, "mirrors:fleet.mirrors[0].application: 2024 is a number: put the slug in quotes"),
    ({"fleet": fleet(mirror(formerly=7))}, "mirrors:fleet.mirrors[0].formerly: 7 is a number: put the slug in quotes"),
    ({"fleet": FLEET, "rollout": {"health": {"text": 1}}}, f"mirrors:rollout.health.text: 1 is a number: {QUOTED}"),
    ({"fleet": fleet(variables={"X": "a\0b"})}, f"mirrors:fleet.variables.X: got text, {TEXT}"),
    *(
        (
            {"fleet": fleet(variables={name: "x"})},
            f"mirrors:fleet.variables{place}: got a wrong name, takes a variable's name: letters, digits and _,"
            " no digit first",
        )
        for name, place in (("A B", '["A B"]'), ("my-var", ".my-var"), ("2FA", ".2FA"), ("é", ".é"))
    ),
    (
        {"fleet": {**FLEET, "original": mirror("acme", deploy="yes")}},
        'mirrors:fleet.original.deploy: got "yes", takes true or false, without quotes',
    ),
    ({"fleet": FLEET, "imageFrom": "Live"}, 'mirrors:imageFrom: got "Live", takes live or matching'),
    (
        {"fleet": FLEET, "maxConcurrentRequests": "65"},
        'mirrors:maxConcurrentRequests: got "65", takes a whole number from 1 to 64',
    ),
    (
        {"fleet": FLEET, "rollout": {"timeout": 90}},
        "mirrors:rollout.timeout: got 90, takes a duration above zero such as 90s, 75m, 2h or 1h30m",
    ),
    (
        {"fleet": FLEET, "rollout": {"timeout": "0s"}},
        'mirrors:rollout.timeout: got "0s", takes a duration above zero such as 90s, 75m, 2h or 1h30m',
    ),
    ({"fleet": FLEET, "siteIdsFrom": "a b"}, 'mirrors:siteIdsFrom: got "a b", takes the name of a stack'),
    ({"fleet": FLEET, "overrides": "{x"}, "mirrors:overrides: got text, takes an object with variables, mirrors"),
    ({"fleet": FLEET, "secrets": {"acme-de": "x"}}, "mirrors:secrets.acme-de: got text, takes an object {name: value}"),
    (
        {"fleet": FLEET, "siteIdsFrom": "test"},
        "mirrors:siteIdsFrom: is this stack itself; name the stack that it follows, or remove the key",
    ),
]

UNKNOWN_KEYS = [
    ({"fleet": fleet(mirror(siteid=2))}, "mirrors:fleet.mirrors[0].siteid: unknown key; did you mean siteId?"),
    ({"fleet": fleet(mirror(site_id=2))}, "mirrors:fleet.mirrors[0].site_id: unknown key; did you mean siteId?"),
    ({"fleet": fleet(share=["X"])}, "mirrors:fleet.share: unknown key; did you mean shared?"),
    ({"fleet": FLEET, "imageForm": "live"}, "mirrors:imageForm: unknown key; did you mean imageFrom?"),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-de": {"zzz": 1}}}},
        "mirrors:overrides.mirrors.acme-de.zzz: unknown key; known here: hold, variables",
    ),
    (
        {"fleet": FLEET, "fleet.mirrors[0]": "x"},
        'mirrors:["fleet.mirrors[0]"]: unknown key; a part of an object is set with pulumi config set --path',
    ),
]

CONFLICTS = [
    (
        {"fleet": fleet(mirror(), mirror("acme"), mirror())},
        "mirrors:fleet.mirrors[1].application: acme stands at mirrors:fleet.original.application already; "
        "list each application once",
        "mirrors:fleet.mirrors[2].application: acme-de stands at mirrors:fleet.mirrors[0].application already; "
        "list each application once",
    ),
    (
        {"fleet": fleet(mirror(siteId=2), mirror("acme-fr", siteId=2))},
        "mirrors:fleet.mirrors[1].siteId: acme-fr has 2, and so has acme-de at mirrors:fleet.mirrors[0].siteId; "
        "two sites with one SITE_ID overwrite each other, give each its own",
    ),
    (
        {"fleet": fleet(mirror(siteId=2), mirror("acme-fr", siteId=3), retired=[2], reservedSiteIds=[3])},
        "mirrors:fleet.mirrors[0].siteId: acme-de has 2, which mirrors:fleet.retired keeps from being used; "
        "choose another or take it from that list",
        "mirrors:fleet.mirrors[1].siteId: acme-fr has 3, which mirrors:fleet.reservedSiteIds keeps from being used; "
        "choose another or take it from that list",
    ),
    (
        {"fleet": fleet(mirror(formerly="acme"), mirror("acme-fr", formerly="old"), mirror("acme-ch", formerly="old"))},
        "mirrors:fleet.mirrors[0].formerly: acme stands at mirrors:fleet.original.application, too; "
        "one site had this slug. Where two change places, give one a"
        " slug that neither had and update every stack first",
        "mirrors:fleet.mirrors[2].formerly: old stands at mirrors:fleet.mirrors[1].formerly, too; "
        "one site had this slug",
    ),
    (
        {
            "fleet": fleet(mirror(variables={"DOMAIN": "https://www.example.com/"}), variables={"DOMAIN": "a.ch,b.ch"}),
            "overrides": {"mirrors": {"acme-de": {"variables": {"DOMAIN": "www.example.com:8000"}}}},
        },
        "mirrors:fleet.variables.DOMAIN: takes one host name, with its port if it has one, such as www.example.com;"
        " leave out https:// and the path, and put further host names into DOMAIN_ALIASES",
        "mirrors:fleet.mirrors[0].variables.DOMAIN: takes one host name, with its port if it has one, such as"
        " www.example.com; leave out https:// and the path, and put further host names into DOMAIN_ALIASES",
    ),
    (
        {"fleet": fleet(variables={"SITE_ID": "3"}), "secrets": {"all": {"DATABASE_URL": "x"}}},
        "mirrors:fleet.variables.SITE_ID: SITE_ID is set by mirrors itself and cannot be declared; remove it here",
        "mirrors:secrets.all.DATABASE_URL: DATABASE_URL is shared by the original (fleet.shared) and cannot be "
        "declared; remove it here",
    ),
    (
        {"fleet": fleet(mirror(variables={"KEY": "x"}), mirror("acme-fr")), "secrets": {"all": {"KEY": "y"}}},
        "mirrors:secrets.all.KEY: KEY is a plain variable at mirrors:fleet.mirrors[0].variables.KEY, too; "
        "declare it once",
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-du": {}}}, "secrets": {"zzz": {}}},
        "mirrors:overrides.mirrors.acme-du: the fleet has no site of this name; did you mean acme-de?",
        "mirrors:secrets.zzz: the fleet has no site of this name; known here: acme, acme-de, acme-fr, all",
    ),
    (
        {"fleet": fleet(mirror("all")), "secrets": {"all": {}}},
        "mirrors:secrets.all: means every mirror, but a site is called all; declare secrets site by site",
    ),
    (
        {"fleet": fleet(shared=["X", "SITE_ID", "X"])},
        "mirrors:fleet.shared[1]: SITE_ID is each site's own and cannot be shared; remove it",
        'mirrors:fleet.shared[2]: "X" is listed twice; remove one',
        "mirrors:fleet.shared: DATABASE_URL is not in it. It tells which sites share a database, so that none of them"
        " gets the SITE_ID of another; add it",
    ),
    (
        {"fleet": FLEET, "sharedValues": {"DATABASE": "x"}},
        "mirrors:sharedValues.DATABASE: is not among the names of fleet.shared; did you mean DATABASE_URL?",
    ),
]


@pytest.mark.parametrize(("raw", "line"), WRONG_VALUES + UNKNOWN_KEYS)
def test_what_is_wrong_in_one_place_is_said_and_left_out(raw: dict[str, Any], line: str) -> None:
    result = loaded(**raw)

    assert result.problems == (line,)
    assert result.settings is not None


@pytest.mark.parametrize("case", CONFLICTS)
def test_keys_that_contradict_each_other_are_said(case: tuple[Any, ...]) -> None:
    raw, *lines = case
    result = loaded(**raw)

    assert result.problems == tuple(lines)
    assert result.settings is not None


def test_a_missing_fleet_shows_the_smallest_one() -> None:
    result = loaded()

    assert result.problems == (
        "mirrors:fleet: missing; it lists the original and its mirrors, for example under config: in Pulumi.yaml: "
        "mirrors:fleet: {value: {original: {application: acme}, mirrors: [{application: acme-de}]}}",
    )
    assert (result.settings, result.fleet) == (None, None)


def test_a_missing_token_names_both_ways_and_leaves_the_fleet() -> None:
    result = loaded(fleet=FLEET, environ={})

    assert result.problems == (
        "mirrors:apiToken: missing; set it with pulumi config set --secret mirrors:apiToken, or as DIVIO_API_TOKEN in "
        "the environment",
    )
    assert result.settings is None
    assert result.fleet is not None
    assert result.fleet.slugs == ("acme", "acme-de", "acme-fr")


def test_a_stack_that_is_called_otherwise_must_say_its_environment() -> None:
    result = loaded(fleet=FLEET, stack="production")

    assert result.problems == (
        "mirrors:environment (not set, so the stack's name counts; set it with pulumi config set mirrors:environment "
        'test --stack production, or live): got "production", takes test or live',
    )
    assert result.settings is None


@pytest.mark.parametrize(
    "url",
    [
        "http://api.divio.com",
        "http://127.0.0.1.example.org",
        "http://10.0.0.1",
        "ftp://api.divio.com",
        "api.divio.com",
        f"https://user:{CANARY}@api.divio.com",
        f"http://localhost\\@{CANARY}",
        "https://api.divio.com?x",
        "https://[::1",
        "https://api.divio.com:99999",
        "https://api.divio.com/ x",
    ],
)
def test_an_address_that_could_leak_the_token_is_refused_and_nothing_is_asked(url: str) -> None:
    for raw, environ in (({"apiUrl": url}, TOKEN), ({}, {**TOKEN, "DIVIO_API_URL": url})):
        result = loaded(fleet=FLEET, environ=environ, **raw)

        assert len(result.problems) == 1
        assert result.problems[0].startswith(
            "mirrors:apiUrl: got " if raw else "DIVIO_API_URL (environment variable): got"
        )
        assert CANARY not in result.problems[0]
        assert result.settings is None


@pytest.mark.parametrize("token", [f"{CANARY} x", f"{CANARY}\n", f"{CANARY}é"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(token: str) -> None:
    result = loaded(fleet=FLEET, apiToken=token, environ={})

    assert result.problems == ("mirrors:apiToken: got text, takes a token: printable ASCII without white space",)
    assert result.settings is None


def test_all_problems_are_found_at_once_and_the_sound_part_is_left() -> None:
    result = loaded(
        fleet=fleet(mirror(siteId=0, sitId=1), "x", mirror("acme-fr", siteId=3), mirror("acme-ch", siteId=3)),
        unknown="x",
        overrides={"mirrors": {"acme-ch": {"hold": "yes"}}},
    )

    assert [line.split(": ")[0] for line in result.problems] == [
        "mirrors:fleet.mirrors[0].siteId",
        "mirrors:fleet.mirrors[0].sitId",
        "mirrors:fleet.mirrors[1]",
        "mirrors:overrides.mirrors.acme-ch.hold",
        "mirrors:unknown",
        "mirrors:fleet.mirrors[3].siteId",
    ]
    assert result.settings is not None
    assert [(site.application, site.site_id) for site in result.settings.mirrors] == [
        ("acme-de", None),
        ("acme-fr", 3),
        ("acme-ch", None),
    ]


def test_applications_alike_are_left_once() -> None:
    result = loaded(fleet=fleet(mirror(siteId=2), mirror("acme", siteId=3), mirror(siteId=4)))

    assert result.settings is not None
    assert [(site.application, site.site_id) for site in result.settings.fleet.sites] == [
        ("acme", None),
        ("acme-de", 2),
    ]


def test_a_reserved_name_does_not_reach_the_variables_of_a_site() -> None:
    result = loaded(fleet=fleet(mirror(variables={"SITE_ID": "9", "X": "x"})))

    assert result.settings is not None
    assert result.settings.variables_of("acme-de").keys() == {"X"}


def test_no_value_of_a_variable_and_no_secret_shows() -> None:
    variables = {"GOOD": CANARY, "BAD": [CANARY], f"NAME={CANARY}": None, "NUL": f"{CANARY}\0"}
    result = loaded(
        fleet=fleet(mirror(variables=variables), variables=variables),
        overrides={"variables": variables, "mirrors": {"acme-de": {"variables": variables}}},
        secrets={"all": variables, "acme-de": {"OTHER": CANARY}, "acme": CANARY},
        sharedValues={"DATABASE_URL": CANARY, "OTHER": {CANARY: CANARY}},
        apiToken=CANARY,
        environ={},
    )

    assert result.settings is not None
    assert len(result.problems) > 10
    assert CANARY not in "\n".join(result.problems)
    assert CANARY not in f"{result} {result.settings} {result.settings!r} {result.settings.variables_of('acme-de')}"


@pytest.mark.parametrize("key", ["secrets", "sharedValues", "fleet", "overrides", "rollout"])
def test_an_object_that_cannot_be_read_does_not_show(key: str) -> None:
    for text in (CANARY, json.dumps(CANARY), f'{{"x": "{CANARY}"', "[" * 100_000, '"\\ud800"'):
        result = load({"fleet": json.dumps(FLEET), key: text}, "test", TOKEN)

        assert len(result.problems) == 1
        assert result.problems[0].startswith(f"mirrors:{key}: got text, takes an object")


KEYS = st.sampled_from(
    [str(field.alias) for field in Settings.model_fields.values()]
    + ["original", "mirrors", "application", "variables", "shared", "siteId", "retired", "all", "acme", "[key]"]
) | st.text(st.characters(), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | KEYS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=3),
    max_leaves=8,
)


@given(
    raw=st.dictionaries(KEYS, JSON.map(json.dumps) | st.text(st.characters())),
    some_fleet=st.fixed_dictionaries(
        {"original": st.just(mirror("acme")) | JSON, "mirrors": st.lists(JSON | st.just(mirror()))}
    ),
    stack=st.text(st.characters()),
    environ=st.dictionaries(st.sampled_from(["DIVIO_API_URL", "DIVIO_API_TOKEN"]), st.text(st.characters())),
)
def test_whatever_is_given_yields_settings_or_problems_in_printable_lines(
    raw: dict[str, str], some_fleet: Any, stack: str, environ: dict[str, str]
) -> None:
    result = load({"fleet": json.dumps(some_fleet), **raw}, stack, environ)

    assert result.settings or result.problems
    assert all(line.isprintable() and not line.endswith(", takes something else") for line in result.problems)
    if result.settings:
        assert all(result.settings.variables_of(slug) is not None for slug in result.settings.fleet.slugs)
