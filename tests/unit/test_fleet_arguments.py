"""Fleets in arguments: one model with the configuration, Outputs as variables, and several fleets in one program."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pydantic.alias_generators import to_camel

from mirrors import Fleet, FleetArgs, FleetRefusedError, MirrorArgs, OriginalArgs
from mirrors.config.known_later import KnownLater
from mirrors.config.messages.argument_paths import ARGUMENTS_IN_CAMEL_CASE, name_arguments
from mirrors.config.program_fleet import DECLARATION_OUTPUT, ProgramFleet
from mirrors.problems import Problem
from mirrors.program.arguments import Variables
from mirrors.program.declaration import make_program_fleet
from mirrors.program.declared_output import describe_declaration
from mirrors.testing import (
    DescribedApplication,
    DescribedEnvironment,
    DescribedPlatform,
    ProgramRun,
    describe_fleet,
    describe_original,
    run_program,
)

PLATFORM = describe_fleet("acme", "acme-de", "acme-fr")
CANARY = "canary-8f21d6"


class Tracker(pulumi.CustomResource):
    """A resource of another provider."""

    dsn: pulumi.Output[str]
    number: pulumi.Output[int]

    def __init__(self, name: str = "sites") -> None:
        super().__init__("acme:index:Tracker", name, {"dsn": None, "number": None})


class Others(Mocks):
    """Makes the tracker's outputs. ``urls`` are those of checks."""

    def __init__(self) -> None:
        self.urls: dict[str, Any] = {}

    def call(self, args: MockCallArgs) -> Any:
        raise AssertionError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "acme:index:Check":
            self.urls[args.name] = args.inputs["url"]
        found = {"dsn": f"https://{CANARY}@errors.example.com/1", "number": 7}
        return (None, args.inputs) if pulumi.runtime.is_dry_run() else (f"{args.name}-id", {**args.inputs, **found})


def acme(*mirrors: MirrorArgs, **more: Any) -> FleetArgs:
    return FleetArgs(original=OriginalArgs("acme"), mirrors=mirrors, **more)


def run(program: Callable[[], object], platform: DescribedPlatform = PLATFORM, **options: Any) -> ProgramRun:
    return run_program(program, platform, mocks=Others(), **options)


def refused(args: Any, **options: Any) -> dict[str, str]:
    """Return {path: line} of the problems of a fleet."""
    with pytest.raises(FleetRefusedError) as caught:
        run(lambda: Fleet("acme", args), **options)
    assert caught.value.code == 32
    return {str(item.path or item.site): item.line for item in caught.value.problems}


def test_a_fleet_in_arguments_has_its_ids_its_values_and_typed_outputs() -> None:
    def program() -> None:
        fleet = Fleet("acme", acme(MirrorArgs("acme-de", variables={"DOMAIN": "www.acme.de"}), MirrorArgs("acme-fr")))
        site = fleet.sites["acme-de"]
        pulumi.export("site", [site.site_id, site.url, site.domain, site.release, site.deployment])
        pulumi.export("original", fleet.sites["acme"].url)
        pulumi.export("rows", fleet.rows)
        pulumi.export("acme", fleet.exported_ids)

    found = run(program)

    assert found.outputs["site"] == [
        2,
        "https://www.acme.de/",
        "www.acme.de",
        "acme-live-deployment",
        "acme-de-deployment",
    ]
    assert found.outputs["original"] == "https://acme-test.example.com/"
    assert [row["application"] for row in found.outputs["rows"]] == ["acme", "acme-de", "acme-fr"]
    assert found.outputs["acme"] == {"siteIds": {"acme": 1, "acme-de": 2, "acme-fr": 3}, "retired": {}}
    variables = found.sites["acme-de"].variables
    assert variables["DATABASE_URL"].endswith("/acme-test")
    assert found.sites["acme-de"].secrets == {"DATABASE_URL", "DEFAULT_STORAGE_DSN"}


def test_dictionaries_are_the_same_as_classes() -> None:
    args = make_program_fleet(
        "acme", acme(MirrorArgs("acme-de", site_id=2, hold=True, variables={"siteId": "x"}), reserved_for={"acme-x": 9})
    )
    same = make_program_fleet(
        "acme",
        {
            "original": {"application": "acme"},
            "mirrors": [{"application": "acme-de", "site_id": 2, "hold": True, "variables": {"siteId": "x"}}],
            "reserved_for": {"acme-x": 9},
        },
    )
    assert args == same
    assert same.fleet["mirrors"][0] == {
        "application": "acme-de",
        "siteId": 2,
        "hold": True,
        "variables": {"siteId": "x"},
    }


def test_an_output_is_a_secret_if_pulumi_knows_it_as_one() -> None:
    def program() -> None:
        variables: Variables = {"KEY": pulumi.Config("acme").require_secret("key"), "DSN": Tracker().dsn, "PLAIN": "x"}
        Fleet("acme", acme(MirrorArgs("acme-de", variables=variables)))

    site = run(program, secrets={"acme:key": CANARY}).sites["acme-de"]
    assert site.variables["KEY"] == CANARY
    assert site.variables["DSN"] == f"https://{CANARY}@errors.example.com/1"
    assert site.secrets & {"KEY", "DSN", "PLAIN"} == {"KEY"}


def test_a_secret_that_was_read_as_plain_text_is_refused() -> None:
    def program() -> None:
        plain = pulumi.Config("acme").require("key")
        inner: Any = pulumi.Config("acme").require_object("mail")
        site = MirrorArgs("acme-de", variables={"KEY": plain, "PIN": pulumi.Config("acme").require("pin"), "LOG": "x"})
        Fleet("acme", acme(site, variables={"MAIL": inner["password"]}))

    secrets = {"acme:key": CANARY, "acme:pin": "1234567", "acme:mail": f'{{"password": "{CANARY}-2", "port": 25}}'}
    with pytest.raises(FleetRefusedError) as caught:
        run(program, secrets=secrets)
    assert {item.path: (item.code, item.remedy) for item in caught.value.problems} == {
        'Fleet("acme").variables.MAIL': (
            "secret-as-plain-variable",
            'Read it with pulumi.Config("acme").require_secret_object("mail"), and pass the Output',
        ),
        'Fleet("acme").mirrors[0].variables.KEY': (
            "secret-as-plain-variable",
            'Read it with pulumi.Config("acme").require_secret("key"), and pass the Output',
        ),
    }
    assert CANARY not in str(caught.value)


def test_a_preview_says_after_which_resource_a_value_is_known() -> None:
    def program() -> None:
        dsn = Tracker().dsn
        Fleet(
            "acme", acme(MirrorArgs("acme-de", variables={"OWN": dsn}), MirrorArgs("acme-fr"), variables={"DSN": dsn})
        )

    found = run(program, preview=True)
    assert found.sites["acme-de"].known_later == {"DSN", "OWN"}
    assert "2 sites: acme-de, acme-fr: DSN is known after acme:index:Tracker sites" in found.messages
    assert "acme-de: OWN is known after acme:index:Tracker sites" in found.messages


@pytest.mark.parametrize(
    ("make", "said", "code"),
    [
        (lambda: Tracker().number, "NAME is a number", "value-not-taken"),
        (
            lambda: pulumi.Output.from_input("x").apply(lambda text: (text, 1)),
            "NAME is another value",
            "value-not-taken",
        ),
        (lambda: pulumi.Output.from_input("https://x/y"), "DOMAIN is not one host", "domain-is-no-host"),
    ],
)
def test_an_output_that_no_variable_takes_is_refused(make: Callable[[], Any], said: str, code: str) -> None:
    name = said.partition(" ")[0]
    with pytest.raises(pulumi.RunError, match=f"acme-de: .*{said}.*{code}"):
        run(lambda: Fleet("acme", acme(MirrorArgs("acme-de", variables={name: make()}))))


def test_problems_name_arguments_and_have_the_codes_of_the_configuration() -> None:
    mirrors: list[Any] = [
        {"application": "acme-de", "site_id": "7"},
        {"application": "acme-fr", "variables": {"PORT": 8000}, "sit_id": 4},
        {"application": "Acme"},
    ]
    found = refused({"original": {"application": "acme"}, "mirrors": mirrors, "reserved_site_ids": [0]})
    assert found == {
        'Fleet("acme").mirrors[0].site_id': 'Fleet("acme").mirrors[0].site_id: "7" is not valid. Write a whole number'
        " from 1 to 2147483647, without quotes [value-not-taken]",
        'Fleet("acme").mirrors[1].variables.PORT': 'Fleet("acme").mirrors[1].variables.PORT: a number is not valid.'
        " Write text in quotes [value-not-taken]",
        'Fleet("acme").mirrors[1].sit_id': 'Fleet("acme").mirrors[1].sit_id: Mirrors knows no such key. Did you mean'
        " site_id? [unknown-key]",
        'Fleet("acme").mirrors[2].application': 'Fleet("acme").mirrors[2].application: "Acme" is not valid. Write'
        " an application's slug: up to 63 lower-case letters, digits and hyphens [value-not-taken]",
        'Fleet("acme").reserved_site_ids[0]': 'Fleet("acme").reserved_site_ids[0]: 0 is not valid. Write a whole'
        " number from 1 to 2147483647, without quotes [value-not-taken]",
    }


def test_every_argument_in_another_spelling_is_named() -> None:
    names = {item.name for kind in (FleetArgs, OriginalArgs, MirrorArgs) for item in fields(kind)}
    assert {name for name in names if to_camel(name) != name} == ARGUMENTS_IN_CAMEL_CASE


@pytest.mark.parametrize(
    ("remedy", "named"),
    [
        ("Pass it in mirrors:sharedValues", 'Pass it in Fleet("acme").shared_values'),
        ("write siteId: 3 at mirrors:fleet.mirrors[0]", 'write site_id: 3 at Fleet("acme").mirrors[0]'),
        ('correct mirrors:fleet.reservedFor["a b"].x', 'correct Fleet("acme").reserved_for["a b"].x'),
        ("correct mirrors:fleet.variables.siteId", 'correct Fleet("acme").variables.siteId'),
        ("remove mirrors:fleetFile", "remove mirrors:fleetFile"),
        (command := "'pulumi config set --secret --path mirrors:sharedValues.DATABASE_URL'", command),
        (command := "pulumi config set --path 'mirrors:fleet.mirrors[0].siteId' 3", command),
    ],
)
def test_a_command_keeps_the_keys_that_pulumi_takes(remedy: str, named: str) -> None:
    assert name_arguments(Problem("unknown-key", "x", remedy), "acme").remedy == named


def test_any_iterable_is_a_list_and_a_set_has_an_order() -> None:
    mirrors: dict[str, Any] = {"de": MirrorArgs("acme-de"), "fr": {"application": "acme-fr"}}
    found = [
        make_program_fleet("acme", acme(retired={10, 9}, shared={"B", "A"})),
        make_program_fleet("acme", FleetArgs(original=OriginalArgs("acme"), mirrors=mirrors.values())),  # type: ignore[arg-type]
        make_program_fleet("acme", FleetArgs(original=OriginalArgs("acme"), mirrors=(m for m in mirrors.values()))),  # type: ignore[arg-type]
    ]
    assert (found[0].fleet["retired"], found[0].fleet["shared"]) == ([9, 10], ["A", "B"])
    assert found[1].fleet == found[2].fleet
    assert found[1].slugs == ("acme", "acme-de", "acme-fr")


def test_a_fleet_takes_a_set_of_ids_and_of_names() -> None:
    found = run(lambda: Fleet("acme", acme(MirrorArgs("acme-de"), shared={"DATABASE_URL"}, retired={2})))
    assert found.sites["acme-de"].variables["SITE_ID"] == "3"


@pytest.mark.parametrize(
    ("args", "path"),
    [
        ("acme", 'Fleet("acme")'),
        ([OriginalArgs("acme")], 'Fleet("acme")'),
        (FleetArgs, 'Fleet("acme")'),
        ({"original": "acme"}, 'Fleet("acme").original'),
        ({"original": OriginalArgs}, 'Fleet("acme").original'),
        ({"original": {"application": "acme"}, "mirrors": [MirrorArgs]}, 'Fleet("acme").mirrors[0]'),
        ({"original": {"application": "acme"}, "mirrors": 5}, 'Fleet("acme").mirrors'),
    ],
)
def test_what_is_no_arguments_is_a_problem(args: Any, path: str) -> None:
    found = refused(args)
    assert list(found) == [path]
    assert "value-not-taken" in found[path]


def test_a_key_in_two_spellings_is_a_problem() -> None:
    mirrors = [{"application": "acme-de", "site_id": 3, "siteId": 4}]
    found = refused({"original": {"application": "acme"}, "mirrors": mirrors})
    assert found == {
        'Fleet("acme").mirrors[0].site_id': 'Fleet("acme").mirrors[0].site_id: the key is set twice, once in another'
        " spelling. Remove one of the two [key-written-twice]"
    }


def test_names_that_the_user_chooses_keep_their_spelling() -> None:
    args: Any = {"original": {"application": "acme"}, "reservedFor": {"acme_x": 9}, "sharedValues": {"THE_KEY": "x"}}
    found = make_program_fleet("acme", args)
    assert (found.fleet["reservedFor"], found.shared_values) == ({"acme_x": 9}, {"THE_KEY": "x"})


def test_an_output_in_another_argument_is_a_problem() -> None:
    later: Any = KnownLater()
    assert (
        "an Output is not valid"
        in refused(acme(MirrorArgs("acme-de", site_id=later)))['Fleet("acme").mirrors[0].site_id']
    )


def test_problems_of_the_platform_are_reported_together_and_nothing_is_registered() -> None:
    others = Others()
    with pytest.raises(FleetRefusedError) as caught:
        run_program(lambda: Fleet("acme", acme(MirrorArgs("acme-xx"), MirrorArgs("acme-yy"))), PLATFORM, mocks=others)
    assert [(item.code, item.site) for item in caught.value.problems] == [
        ("application-not-found", "acme-xx"),
        ("application-not-found", "acme-yy"),
    ]
    assert "acme-xx: this token sees no application" in str(caught.value)


def test_the_ledger_refuses_with_codes_and_names_arguments() -> None:
    managed = DescribedApplication("acme-de", test=DescribedEnvironment({"MIRRORS_APPLICATION": "acme-de"}))
    platform = DescribedPlatform([describe_original("acme"), managed])
    with pytest.raises(FleetRefusedError) as caught:
        run(lambda: Fleet("acme", acme(MirrorArgs("acme-de"), highest_site_id=3, reserved_site_ids=[7])), platform)
    [problem] = caught.value.problems
    assert problem.code == "site-ids-forgotten"
    assert 'Fleet("acme").highest_site_id says 3' in problem.message
    assert problem.remedy.endswith('under Fleet("acme"). It is 7 or above: highest_site_id: 7')


def test_the_ledger_of_a_configured_fleet_names_keys() -> None:
    fleet = '{"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]}'
    managed = DescribedApplication("acme-de", test=DescribedEnvironment({"MIRRORS_APPLICATION": "acme-de"}))
    platform = DescribedPlatform([describe_original("acme"), managed])
    with pytest.raises(FleetRefusedError) as caught:
        run(Fleet, platform, config={"mirrors:fleet": fleet})
    [problem] = caught.value.problems
    assert problem.remedy.endswith("under mirrors:fleet. It is 1 or above: highestSiteId: 1")


def test_a_program_that_catches_the_error_ends_with_it_all_the_same() -> None:
    reached = []

    def program() -> None:
        with suppress(FleetRefusedError):
            Fleet("acme", acme(MirrorArgs("acme-xx")))
        pulumi.export("tracker", Tracker().dsn)
        reached.append("its last line")

    with pytest.raises(FleetRefusedError) as caught:
        run(program)
    assert [(item.code, item.site) for item in caught.value.problems] == [("application-not-found", "acme-xx")]
    assert reached == ["its last line"]


def test_a_configuration_whose_problems_are_caught_ends_the_program() -> None:
    def program() -> None:
        with suppress(FleetRefusedError):
            FleetArgs.from_config()

    with pytest.raises(FleetRefusedError):
        run(program, config={"mirrors:fleet": "acme"})


def test_keys_of_a_configured_fleet_that_nothing_reads_are_a_problem() -> None:
    config = {"mirrors:overrides": '{"mirrors": {"acme-de": {"hold": true}}}', "mirrors:sharedValues": '{"A": "a"}'}
    found = refused(acme(), config=config)
    assert found.keys() >= {"mirrors:overrides", "mirrors:sharedValues"}
    assert "key-without-effect" in found["mirrors:overrides"]


def test_a_mistyped_environment_of_a_described_platform_is_refused() -> None:
    stage: Any = "lvie"
    with pytest.raises(ValueError, match="'lvie' is no environment: the names are test and live"):
        PLATFORM.applications[0].environment(stage)


def test_several_fleets_are_apart() -> None:
    both = PLATFORM + describe_fleet("beta", "beta-at")

    def program() -> None:
        first = Fleet("acme", acme(MirrorArgs("acme-de")))
        url = first.sites["acme-de"].url
        second = Fleet(
            "beta", FleetArgs(original=OriginalArgs("beta"), mirrors=[MirrorArgs("beta-at", variables={"UP": url})])
        )
        pulumi.export("ids", [first.site_ids, second.site_ids])

    found = run(program, both)
    assert found.outputs["ids"] == [{"acme": 1, "acme-de": 2}, {"beta": 1, "beta-at": 2}]
    assert found.sites["beta-at"].variables["DATABASE_URL"].endswith("/beta-test")
    assert found.sites["beta-at"].variables["UP"] == ""


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (("beta", "acme-de"), ["acme-de"]),
        (("beta", "acme"), ["acme"]),
        (("acme-de", "beta-at"), ["acme-de"]),
        (("acme", "beta-at", "acme-de"), ["acme", "acme-de"]),
    ],
)
def test_an_application_is_in_one_fleet(second: tuple[str, ...], named: list[str]) -> None:
    original, *mirrors = second

    def program() -> None:
        Fleet("one", acme(MirrorArgs("acme-de")))
        args = FleetArgs(original=OriginalArgs(original), mirrors=[MirrorArgs(slug) for slug in mirrors])
        Fleet("two", args, pulumi.ResourceOptions(parent=pulumi.ComponentResource("acme:index:Group", "group")))

    platform = DescribedPlatform(
        [*map(describe_original, ("acme", "beta")), *map(DescribedApplication, ("acme-de", "beta-at"))]
    )
    with pytest.raises(FleetRefusedError) as caught:
        run(program, platform)
    found = [item for item in caught.value.problems if item.code == "application-in-two-fleets"]
    assert [item.site for item in found] == named
    assert "the fleets one and two both declare it" in found[0].message


def test_two_fleets_have_two_names() -> None:
    def program() -> None:
        Fleet("acme", acme(MirrorArgs("acme-de")))
        Fleet("acme", FleetArgs(original=OriginalArgs("beta")))

    with pytest.raises(FleetRefusedError) as caught:
        run(program, PLATFORM + describe_fleet("beta"))
    assert [(item.code, item.path) for item in caught.value.problems] == [("fleet-name-twice", 'Fleet("acme")')]


def test_a_configured_fleet_and_one_in_arguments_share_no_application() -> None:
    fleet = '{"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]}'

    def program() -> None:
        Fleet()
        Fleet("more", FleetArgs(original=OriginalArgs("beta"), mirrors=[MirrorArgs("acme-de")]))

    with pytest.raises(FleetRefusedError) as caught:
        run(program, PLATFORM + describe_fleet("beta"), config={"mirrors:fleet": fleet})
    assert [(item.code, item.site) for item in caught.value.problems] == [("application-in-two-fleets", "acme-de")]


def test_another_run_may_declare_the_same_fleet() -> None:
    for _ in range(2):
        assert run(lambda: Fleet("acme", acme(MirrorArgs("acme-de")))).sites["acme-de"].variables["SITE_ID"] == "2"


def test_a_site_that_no_fleet_has_is_named() -> None:
    with pytest.raises(KeyError, match="the fleet has no site acme-it"):
        run(lambda: Fleet("acme", acme(MirrorArgs("acme-de"))).sites["acme-it"])


def test_the_declaration_has_no_output_and_comes_back_as_it_was() -> None:
    later: Any = KnownLater()
    declared = make_program_fleet("acme", acme(MirrorArgs("acme-de", site_id=2, variables={"A": "a", "KEY": later})))
    output = describe_declaration(declared)[DECLARATION_OUTPUT]
    assert output == {
        "fleet": {
            "original": {"application": "acme"},
            "mirrors": [{"application": "acme-de", "siteId": 2, "variables": {"A": "a"}}],
        },
        "knownLater": [["mirrors", "0", "variables", "KEY"]],
    }
    again = ProgramFleet.from_state("acme", output)
    assert describe_declaration(again)[DECLARATION_OUTPUT] == output
    assert again.slugs == ("acme", "acme-de")


def test_a_configured_fleet_becomes_arguments() -> None:
    fleet = '{"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}, {"application": "acme-fr"}]}'
    overrides = '{"variables": {"LOG": "debug"}, "mirrors": {"acme-fr": {"hold": true}}}'

    def program() -> None:
        args = FleetArgs.from_config()
        assert [(item.application, item.hold) for item in args.mirrors if isinstance(item, MirrorArgs)] == [
            ("acme-de", False),
            ("acme-fr", True),
        ]
        Fleet(None, replace(args, mirrors=args.mirrors[:1]))

    config = {"mirrors:fleet": fleet, "mirrors:overrides": overrides}
    found = run(program, config=config, secrets={"mirrors:secrets": f'{{"all": {{"KEY": "{CANARY}"}}}}'})
    assert found.sites["acme-de"].variables.items() >= {"LOG": "debug", "KEY": CANARY}.items()
    assert "KEY" in found.sites["acme-de"].secrets
    assert list(found.sites) == ["acme-de"]


def test_a_described_platform_shows_what_is_set_and_hidden() -> None:
    adopted = DescribedApplication(
        "acme-de",
        test=DescribedEnvironment({"SITE_ID": "5", "DATABASE_URL": "postgres://x"}, hidden=frozenset({"DATABASE_URL"})),
    )
    platform = DescribedPlatform([describe_original("acme"), adopted])
    found = run(lambda: Fleet("acme", acme(MirrorArgs("acme-de"))), platform)
    assert found.sites["acme-de"].variables["SITE_ID"] == "5"


@pytest.mark.parametrize("hidden", [frozenset[str](), frozenset({"DATABASE_URL"})])
def test_a_mirror_that_runs_with_another_database_is_refused_although_it_is_hidden(hidden: frozenset[str]) -> None:
    there = {"DATABASE_URL": "postgres://other:password@db.example.com:5432/other"}
    adopted = DescribedApplication("acme-de", test=DescribedEnvironment(there, hidden, deployed=there))
    platform = DescribedPlatform([describe_original("acme"), adopted])
    with pytest.raises(FleetRefusedError) as caught:
        run(lambda: Fleet("acme", acme(MirrorArgs("acme-de"))), platform)
    [problem] = caught.value.problems
    assert (problem.code, problem.site) == ("mirror-has-another-database", "acme-de")


def test_a_platform_that_no_test_describes_is_refused_before_the_program_runs() -> None:
    with pytest.raises(FleetRefusedError) as caught:
        run(lambda: pytest.fail("the program ran"), config={"mirrors:platform": "docker"})
    assert [item.code for item in caught.value.problems] == ["platform-not-described"]


def test_options_may_be_the_second_argument() -> None:
    fleet = '{"original": {"application": "acme"}}'
    found = run(lambda: Fleet("shop", pulumi.ResourceOptions(protect=False)), config={"mirrors:fleet": fleet})
    assert found.sites == {}
