"""A wrong configuration has one problem for each mistake, all of them at once, and no secret shows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.config import parse_configuration
from mirrors.config.models.all_keys import all_keys_model
from mirrors.problems import Problem
from tests.unit.test_config import FLEET, TOKEN, loaded

CANARY = "c4n4ry"


def fleet(*mirrors: Any, **others: Any) -> dict[str, Any]:
    return {"original": {"application": "acme"}, "mirrors": list(mirrors), **others}


def mirror(slug: Any = "acme-de", **others: Any) -> dict[str, Any]:
    return {"application": slug, **others}


WRONG_VALUES = [  # what was declared, the key, and what the problem shows of it
    ({"fleet": fleet(mirror(siteId=0))}, "fleet.mirrors[0].siteId", "0"),
    ({"fleet": fleet(mirror(siteId=2**31))}, "fleet.mirrors[0].siteId", "2147483648"),
    ({"fleet": fleet(mirror(siteId=True))}, "fleet.mirrors[0].siteId", "true"),
    ({"fleet": fleet(mirror(siteId=2.0))}, "fleet.mirrors[0].siteId", "2.0"),
    ({"fleet": fleet(mirror(siteId="2"))}, "fleet.mirrors[0].siteId", '"2"'),
    ({"fleet": fleet(retired=[3, {"4": "x"}])}, "fleet.retired[1]", "an object"),
    ({"fleet": fleet(retired={"3": "x"})}, "fleet.retired", "an object"),
    ({"fleet": fleet(mirror("Acme DE"))}, "fleet.mirrors[0].application", '"Acme DE"'),
    ({"fleet": fleet(mirror("-acme"))}, "fleet.mirrors[0].application", '"-acme"'),
    ({"fleet": fleet(mirror("a" * 64))}, "fleet.mirrors[0].application", f'"{"a" * 58}…'),
    ({"fleet": fleet(mirror("a\n\x9b"))}, "fleet.mirrors[0].application", '"a\\n\\x9b"'),
    ({"fleet": fleet(mirror(formerly=""))}, "fleet.mirrors[0].formerly", '""'),
    ({"fleet": fleet("acme-de")}, "fleet.mirrors[0]", '"acme-de"'),
    ({"fleet": fleet(variables={"X": None})}, "fleet.variables.X", "an empty value"),
    ({"fleet": fleet(variables={"X": "a\0b"})}, "fleet.variables.X", "text"),
    ({"fleet": {**FLEET, "original": mirror("acme", deploy="yes")}}, "fleet.original.deploy", '"yes"'),
    ({"fleet": FLEET, "imageFrom": "Live"}, "imageFrom", '"Live"'),
    ({"fleet": FLEET, "maxConcurrentRequests": "65"}, "maxConcurrentRequests", '"65"'),
    ({"fleet": FLEET, "rollout": {"timeout": 90}}, "rollout.timeout", "90"),
    ({"fleet": FLEET, "rollout": {"timeout": "0s"}}, "rollout.timeout", '"0s"'),
    ({"fleet": FLEET, "siteIdsFrom": "a b"}, "siteIdsFrom", '"a b"'),
    ({"fleet": FLEET, "overrides": "{x"}, "overrides", "text"),
    ({"fleet": FLEET, "secrets": {"acme-de": "x"}}, "secrets.acme-de", "text"),
]

UNQUOTED = [
    ({"fleet": fleet(variables={"X": 1.5})}, "fleet.variables.X", "a number"),
    ({"fleet": fleet(variables={"X": 83})}, "fleet.variables.X", "a number"),
    ({"fleet": fleet(variables={"X": True})}, "fleet.variables.X", "true or false"),
    ({"fleet": FLEET, "secrets": {"all": {"X": 83}}}, "secrets.all.X", "a number"),
    ({"fleet": fleet(mirror(2024))}, "fleet.mirrors[0].application", "2024"),
    ({"fleet": fleet(mirror(formerly=7))}, "fleet.mirrors[0].formerly", "7"),
    ({"fleet": FLEET, "rollout": {"health": {"text": 1}}}, "rollout.health.text", "1"),
]

WRONG_NAMES = [
    ({"fleet": fleet(variables={name: "x"})}, f"fleet.variables{place}", "letters, digits and _")
    for name, place in (("A B", '["A B"]'), ("my-var", ".my-var"), ("2FA", ".2FA"), ("é", ".é"))
]

UNKNOWN_KEYS = [
    ({"fleet": fleet(mirror(siteid=2))}, "fleet.mirrors[0].siteid", "siteId?"),
    ({"fleet": fleet(mirror(site_id=2))}, "fleet.mirrors[0].site_id", "siteId?"),
    ({"fleet": fleet(share=["X"])}, "fleet.share", "shared?"),
    ({"fleet": FLEET, "imageForm": "live"}, "imageForm", "imageFrom?"),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-de": {"zzz": 1}}}},
        "overrides.mirrors.acme-de.zzz",
        "hold, variables",
    ),
    ({"fleet": FLEET, "fleet.mirrors[0]": "x"}, '["fleet.mirrors[0]"]', "pulumi config set --path"),
]

CONFLICTS = [  # what was declared, and of each problem code, key, and what it shows
    (
        {"fleet": fleet(mirror(), mirror("acme"), mirror())},
        ("application-listed-twice", "fleet.mirrors[1].application", "acme", "mirrors:fleet.original.application"),
        ("application-listed-twice", "fleet.mirrors[2].application", "acme-de", "mirrors:fleet.mirrors[0].application"),
    ),
    (
        {"fleet": fleet(mirror(siteId=2), mirror("acme-fr", siteId=2))},
        ("site-id-declared-twice", "fleet.mirrors[1].siteId", "has SITE_ID 2", "mirrors:fleet.mirrors[0].siteId"),
    ),
    (
        {"fleet": fleet(mirror(siteId=2), mirror("acme-fr", siteId=3), retired=[2], reservedSiteIds=[3])},
        ("site-id-retired", "fleet.mirrors[0].siteId", "acme-de has SITE_ID 2", "mirrors:fleet.retired"),
        ("site-id-reserved", "fleet.mirrors[1].siteId", "acme-fr has SITE_ID 3", "mirrors:fleet.reservedSiteIds"),
    ),
    (
        {"fleet": fleet(mirror(siteId=4), reservedFor={"acme-old": 4})},
        ("site-id-reserved", "fleet.mirrors[0].siteId", "acme-de has SITE_ID 4", "mirrors:fleet.reservedFor"),
    ),
    (
        {"fleet": fleet(mirror(formerly="acme"), mirror("acme-fr", formerly="old"), mirror("acme-ch", formerly="old"))},
        ("former-slug-in-use", "fleet.mirrors[0].formerly", "acme", "mirrors:fleet.original.application"),
        ("former-slug-in-use", "fleet.mirrors[2].formerly", "old", "mirrors:fleet.mirrors[1].formerly"),
    ),
    (
        {
            "fleet": fleet(mirror(variables={"DOMAIN": "https://www.example.com/"}), variables={"DOMAIN": "a.ch,b.ch"}),
            "overrides": {"mirrors": {"acme-de": {"variables": {"DOMAIN": "www.example.com:8000"}}}},
        },
        ("domain-is-no-host", "fleet.variables.DOMAIN", "DOMAIN_ALIASES"),
        ("domain-is-no-host", "fleet.mirrors[0].variables.DOMAIN", "DOMAIN_ALIASES"),
    ),
    (
        {"fleet": fleet(variables={"SITE_ID": "3"}), "secrets": {"all": {"DATABASE_URL": "x"}}},
        ("variable-name-reserved", "fleet.variables.SITE_ID", "SITE_ID"),
        ("variable-name-reserved", "secrets.all.DATABASE_URL", "fleet.shared"),
    ),
    (
        {"fleet": {**FLEET, "original": mirror("acme", variables={"A": "x"})}, "secrets": {"acme": {"B": "y"}}},
        ("original-only-read", "fleet.original.variables", "deploy: true"),
        ("original-only-read", "secrets.acme", "deploy: true"),
    ),
    (
        {"fleet": fleet(mirror(variables={"KEY": "x"}), mirror("acme-fr")), "secrets": {"all": {"KEY": "y"}}},
        ("variable-plain-and-secret", "secrets.all.KEY", "mirrors:fleet.mirrors[0].variables.KEY"),
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-du": {}}}, "secrets": {"zzz": {}}},
        ("unknown-site", "overrides.mirrors.acme-du", "acme-de?"),
        ("unknown-site", "secrets.zzz", "acme, acme-de, acme-fr, all"),
    ),
    (
        {"fleet": fleet(mirror("all")), "secrets": {"all": {}}},
        ("site-is-called-all", "secrets.all", "all"),
    ),
    (
        {"fleet": fleet(shared=["X", "SITE_ID", "X"])},
        ("variable-name-reserved", "fleet.shared[1]", "SITE_ID"),
        ("shared-name-listed-twice", "fleet.shared[2]", '"X"'),
        ("database-url-not-shared", "fleet.shared", "DATABASE_URL"),
    ),
    (
        {"fleet": FLEET, "sharedValues": {"DATABASE": "x"}},
        ("value-of-unshared-name", "sharedValues.DATABASE", "DATABASE_URL?"),
    ),
    ({"fleet": FLEET, "siteIdsFrom": "test"}, ("stack-follows-itself", "siteIdsFrom")),
    (
        {"fleet": FLEET, "rollout": {"waves": [2, "50%", 2, "50%"], "pauseAfter": 5}},
        ("waves-do-not-grow", "rollout.waves[2]", "2"),
        ("waves-do-not-grow", "rollout.waves[3]", '"50%"'),
        ("last-wave-not-all", "rollout.waves", '"100%"'),
        ("no-wave-to-pause-after", "rollout.pauseAfter", "5", "4"),
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme": {"hold": False}}}},
        ("original-is-held", "overrides.mirrors.acme.hold", "acme"),
    ),
]


def shows(problem: Problem, code: str, key: str, *words: str) -> None:
    text = f"{problem.message} {problem.remedy}"
    assert (problem.code, problem.path, problem.site) == (code, f"mirrors:{key}", None)
    assert not [word for word in words if word not in text]


@pytest.mark.parametrize(
    ("code", "raw", "key", "shown"),
    [
        *(("value-not-taken", *row) for row in WRONG_VALUES),
        *(("needs-quotes", *row) for row in UNQUOTED),
        *(("name-not-taken", *row) for row in WRONG_NAMES),
        *(("unknown-key", *row) for row in UNKNOWN_KEYS),
        ("missing-key", {"fleet": fleet({})}, "fleet.mirrors[0].application", "slug"),
    ],
)
def test_what_is_wrong_in_one_place_is_said_and_left_out(code: str, raw: dict[str, Any], key: str, shown: str) -> None:
    result = loaded(**raw)

    [problem] = result.problems
    shows(problem, code, key, shown)
    assert result.settings is not None


@pytest.mark.parametrize("case", CONFLICTS)
def test_keys_that_contradict_each_other_are_said(case: tuple[Any, ...]) -> None:
    raw, *expected = case
    result = loaded(**raw)

    assert result.settings is not None
    for problem, (code, key, *words) in zip(result.problems, expected, strict=True):
        shows(problem, code, key, *words)


def test_a_released_id_may_be_declared_while_the_list_of_retired_ones_has_it() -> None:
    result = loaded(fleet=fleet(mirror(siteId=5), retired=[4, 5], releaseSiteIds=[5]))
    assert result.problems == ()
    assert result.fleet is not None
    assert result.fleet.mirrors[0].site_id == 5

    [problem] = loaded(fleet=fleet(mirror(siteId=4), retired=[4, 5], releaseSiteIds=[5])).problems
    assert (problem.code, problem.path) == ("site-id-retired", "mirrors:fleet.mirrors[0].siteId")


def test_a_missing_fleet_shows_the_smallest_one() -> None:
    result = loaded()

    [problem] = result.problems
    example = "mirrors:fleet: {value: {original: {application: acme}, mirrors: [{application: acme-de}]}}"
    shows(problem, "missing-key", "fleet", "Pulumi.yaml", example)
    assert (result.settings, result.fleet) == (None, None)


def test_a_missing_token_names_both_ways_and_leaves_the_fleet() -> None:
    result = loaded(fleet=FLEET, environ={})

    [problem] = result.problems
    shows(problem, "missing-key", "apiToken", "pulumi config set --secret mirrors:apiToken", "DIVIO_API_TOKEN")
    assert result.settings is None
    assert result.fleet is not None
    assert result.fleet.slugs == ("acme", "acme-de", "acme-fr")


def test_a_stack_that_is_called_otherwise_must_say_its_environment() -> None:
    result = loaded(fleet=FLEET, stack="production")

    [problem] = result.problems
    command = "pulumi config set mirrors:environment test --stack production"
    shows(problem, "value-not-taken", "environment", "the stack's name", '"production"', command)
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

        [problem] = result.problems
        shows(problem, "value-not-taken", "apiUrl")
        assert ("DIVIO_API_URL" in problem.line) == (not raw)
        assert CANARY not in problem.line
        assert result.settings is None


@pytest.mark.parametrize("token", [f"{CANARY} x", f"{CANARY}\n", f"{CANARY}é"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(token: str) -> None:
    result = loaded(fleet=FLEET, apiToken=token, environ={})

    [problem] = result.problems
    shows(problem, "value-not-taken", "apiToken", "printable ASCII without white space")
    assert CANARY not in problem.line
    assert result.settings is None


def test_all_problems_are_found_at_once_and_the_sound_part_is_left() -> None:
    result = loaded(
        fleet=fleet(mirror(siteId=0, sitId=1), "x", mirror("acme-fr", siteId=3), mirror("acme-ch", siteId=3)),
        unknown="x",
        overrides={"mirrors": {"acme-ch": {"hold": "yes"}}},
    )

    assert [(problem.code, problem.path) for problem in result.problems] == [
        ("value-not-taken", "mirrors:fleet.mirrors[0].siteId"),
        ("unknown-key", "mirrors:fleet.mirrors[0].sitId"),
        ("value-not-taken", "mirrors:fleet.mirrors[1]"),
        ("value-not-taken", "mirrors:overrides.mirrors.acme-ch.hold"),
        ("unknown-key", "mirrors:unknown"),
        ("site-id-declared-twice", "mirrors:fleet.mirrors[3].siteId"),
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
    assert CANARY not in str([problem.data for problem in result.problems])
    assert CANARY not in f"{result} {result.settings} {result.settings!r} {result.settings.variables_of('acme-de')}"


@pytest.mark.parametrize("key", ["secrets", "sharedValues", "fleet", "overrides", "rollout"])
def test_an_object_that_cannot_be_read_does_not_show(key: str) -> None:
    for text in (CANARY, json.dumps(CANARY), f'{{"x": "{CANARY}"', "[" * 100_000, '"\\ud800"'):
        result = parse_configuration({"fleet": json.dumps(FLEET), key: text}, "test", TOKEN)

        [problem] = result.problems
        shows(problem, "value-not-taken", key, "text is not valid.")
        assert CANARY not in problem.line


KEYS = st.sampled_from(
    [str(field.alias) for field in all_keys_model().model_fields.values()]
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
    result = parse_configuration({"fleet": json.dumps(some_fleet), **raw}, stack, environ)

    assert result.settings or result.problems
    assert all(problem.line.isprintable() for problem in result.problems)
    assert not [problem for problem in result.problems if problem.remedy == "Write another value"]
    assert not [problem for problem in result.problems if problem.path is None]
    if result.settings:
        assert all(result.settings.variables_of(slug) is not None for slug in result.settings.fleet.slugs)
