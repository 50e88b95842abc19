"""The words of every problem of a configuration. The other tests look at its code and its fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from mirrors.config import parse_configuration
from mirrors.config.connection import load_divio_connection
from mirrors.config.files.project_files import ProjectFiles
from mirrors.config.program_fleet import ProgramFleet
from mirrors.docker.host.connection import load_docker_connection
from mirrors.errors import ConfigurationError
from mirrors.problems.configuration import CONFIGURATION_PROBLEMS
from tests.unit.test_config import FLEET, TOKEN
from tests.unit.test_config_problems import fleet, mirror

CONTAINERS = {"platform": "docker", "fleet": FLEET}
ONE_VALUE = [
    (
        {"fleet": fleet(mirror(siteId=0))},
        "fleet.mirrors[0].siteId: 0 is not valid. Write a whole number from 1 to 2147483647, without quotes"
        " [value-not-taken]",
    ),
    ({"fleet": fleet(retired={"3": "x"})}, "fleet.retired: an object is not valid. Write a list [value-not-taken]"),
    (
        {"fleet": fleet(mirror("-acme"))},
        'fleet.mirrors[0].application: "-acme" is not valid. Write an application\'s slug: up to 63 lower-case'
        " letters, digits and hyphens [value-not-taken]",
    ),
    (
        {"fleet": fleet("acme-de")},
        'fleet.mirrors[0]: "acme-de" is not valid. Write an object with application, siteId, formerly,'
        " variables, hold [value-not-taken]",
    ),
    (
        {"fleet": fleet(variables={"X": None})},
        "fleet.variables.X: an empty value is not valid. Write text in quotes [value-not-taken]",
    ),
    (
        {"fleet": {**FLEET, "original": mirror("acme", deploy="yes")}},
        'fleet.original.deploy: "yes" is not valid. Write true or false, without quotes [value-not-taken]',
    ),
    ({"fleet": FLEET, "imageFrom": "Live"}, 'imageFrom: "Live" is not valid. Write live or matching [value-not-taken]'),
    (
        {"fleet": FLEET, "maxConcurrentRequests": "65"},
        'maxConcurrentRequests: "65" is not valid. Write a whole number from 1 to 64 [value-not-taken]',
    ),
    (
        {"fleet": FLEET, "rollout": {"timeout": 90}},
        "rollout.timeout: 90 is not valid. Write a duration above zero such as 90s, 75m, 2h or 1h30m [value-not-taken]",
    ),
    (
        {"fleet": FLEET, "siteIdsFrom": "a b"},
        'siteIdsFrom: "a b" is not valid. Write the name of a stack [value-not-taken]',
    ),
    (
        {"fleet": FLEET, "overrides": "{x"},
        "overrides: text is not valid. Write an object with variables, mirrors [value-not-taken]",
    ),
    (
        {"fleet": FLEET, "secrets": {"acme-de": "x"}},
        "secrets.acme-de: text is not valid. Write an object {name: value} [value-not-taken]",
    ),
    (
        {"fleet": FLEET, "environment": "production"},
        'environment: "production" is not valid. Write test or live [value-not-taken]',
    ),
    (
        {"fleet": fleet(variables={"X": 83})},
        "fleet.variables.X: YAML reads the value as a number. Put the text in quotes [needs-quotes]",
    ),
    (
        {"fleet": fleet(variables={"X": True})},
        "fleet.variables.X: YAML reads the value as true or false. Put the text in quotes [needs-quotes]",
    ),
    (
        {"fleet": fleet(mirror(2024))},
        "fleet.mirrors[0].application: YAML reads 2024 as a number. Put the slug in quotes [needs-quotes]",
    ),
    (
        {"fleet": fleet(variables={"my-var": "x"})},
        "fleet.variables.my-var: the name is not valid. Write a variable's name: letters, digits and _, no"
        " digit first [name-not-taken]",
    ),
    (
        {"fleet": fleet(mirror(siteid=2))},
        "fleet.mirrors[0].siteid: Mirrors knows no such key. Did you mean siteId? [unknown-key]",
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-de": {"zzz": 1}}}},
        "overrides.mirrors.acme-de.zzz: Mirrors knows no such key. Use one of these: hold, variables [unknown-key]",
    ),
    (
        {"fleet": FLEET, "fleet.mirrors[0]": "x"},
        '["fleet.mirrors[0]"]: Mirrors knows no such key. Set a part of an object with pulumi config set'
        " --path [unknown-key]",
    ),
    (
        {"fleet": fleet({})},
        "fleet.mirrors[0].application: the key is missing. Write the slug of an application [missing-key]",
    ),
    (
        {},
        "fleet: the key is missing. It lists the original and its mirrors, for example under config: in"
        " Pulumi.yaml: mirrors:fleet: {value: {original: {application: acme}, mirrors: [{application:"
        " acme-de}]}} [missing-key]",
    ),
    (
        {"fleet": FLEET, "apiToken": None},
        "apiToken: the key is missing. Set it with pulumi config set --secret mirrors:apiToken, or as"
        " DIVIO_API_TOKEN in the environment [missing-key]",
    ),
    (
        {
            **CONTAINERS,
            "docker": {"image": "acme:1"},
            "dockerTls": {"cert": "-----BEGIN C-----", "key": "-----BEGIN K-----"},
        },
        "dockerTls.ca: the key is missing. Write the text of a PEM file [missing-key]",
    ),
]
SEVERAL_KEYS = [
    (
        {"fleet": fleet(mirror("acme"))},
        "fleet.mirrors[0].application: acme is also at mirrors:fleet.original.application. List each"
        " application once [application-listed-twice]",
    ),
    (
        {"fleet": fleet(mirror(siteId=2), mirror("acme-fr", siteId=2))},
        "fleet.mirrors[1].siteId: acme-fr has SITE_ID 2, and so has acme-de at"
        " mirrors:fleet.mirrors[0].siteId. They would overwrite each other's content. Give each site an id of"
        " its own [site-id-declared-twice]",
    ),
    (
        {"fleet": fleet(mirror(siteId=2), reservedSiteIds=[2])},
        "fleet.mirrors[0].siteId: acme-de has SITE_ID 2, which mirrors:fleet.reservedSiteIds keeps free."
        " Choose another id, or take this one off that list [site-id-reserved]",
    ),
    (
        {"fleet": fleet(mirror(formerly="acme"))},
        "fleet.mirrors[0].formerly: acme is also at mirrors:fleet.original.application. Only one site had"
        " this slug. If two sites swap their slugs, give one of them a third slug first, and update every"
        " stack [former-slug-in-use]",
    ),
    (
        {"fleet": fleet(mirror(formerly="old"), mirror("acme-fr", formerly="old"))},
        "fleet.mirrors[1].formerly: old is also at mirrors:fleet.mirrors[0].formerly. Only one site had this"
        " slug. Remove one of them [former-slug-in-use]",
    ),
    (
        {"fleet": fleet(variables={"DOMAIN": "a.ch,b.ch"})},
        "fleet.variables.DOMAIN: the value is not one host name, such as www.example.com or localhost:8000."
        " Leave out https:// and the path, and put other host names into DOMAIN_ALIASES [domain-is-no-host]",
    ),
    (
        {"fleet": fleet(variables={"SITE_ID": "3"})},
        "fleet.variables.SITE_ID: Mirrors sets SITE_ID, so you cannot declare it. Remove it here"
        " [variable-name-reserved]",
    ),
    (
        {"fleet": FLEET, "secrets": {"all": {"DATABASE_URL": "x"}}},
        "secrets.all.DATABASE_URL: mirrors:fleet.shared shares DATABASE_URL, so you cannot declare it. Remove"
        " it here [variable-name-reserved]",
    ),
    (
        {"fleet": fleet(shared=["DATABASE_URL", "SITE_ID"])},
        "fleet.shared[1]: each site has its own SITE_ID, so the fleet cannot share it. Remove it"
        " [variable-name-reserved]",
    ),
    (
        {"fleet": {**FLEET, "original": mirror("acme", variables={"A": "x"})}},
        "fleet.original.variables: Mirrors only reads the original, so these variables have no effect. Add"
        " deploy: true to mirrors:fleet.original, or remove them here [original-only-read]",
    ),
    (
        {"fleet": fleet(mirror(variables={"KEY": "x"})), "secrets": {"all": {"KEY": "y"}}},
        "secrets.all.KEY: KEY is also a plain variable at mirrors:fleet.mirrors[0].variables.KEY. Declare it"
        " once [variable-plain-and-secret]",
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-du": {}}}},
        "overrides.mirrors.acme-du: the fleet has no site of this name. Did you mean acme-de? [unknown-site]",
    ),
    (
        {"fleet": fleet(mirror("all")), "secrets": {"all": {}}},
        "secrets.all: all means every mirror here, and a site has the slug all. Declare the secrets of each"
        " site under its own slug [site-is-called-all]",
    ),
    (
        {"fleet": fleet(shared=["DATABASE_URL", "DATABASE_URL"])},
        'fleet.shared[1]: "DATABASE_URL" is listed twice. Remove one of them [shared-name-listed-twice]',
    ),
    (
        {"fleet": fleet(shared=["X"])},
        "fleet.shared: DATABASE_URL is missing. Without it, Mirrors cannot see which sites share a database,"
        " and could give two of them one SITE_ID. Add DATABASE_URL [database-url-not-shared]",
    ),
    (
        {"fleet": FLEET, "sharedValues": {"DATABASE": "x"}},
        "sharedValues.DATABASE: mirrors:fleet.shared lacks this name. Did you mean DATABASE_URL?"
        " [value-of-unshared-name]",
    ),
    (
        {"fleet": FLEET, "siteIdsFrom": "test"},
        "siteIdsFrom: this is the stack itself. Name the stack that gives this one its ids, or remove the key"
        " [stack-follows-itself]",
    ),
    (
        {"fleet": FLEET, "rollout": {"waves": [2, 2, "100%"]}},
        "rollout.waves[1]: 2 is not more than the wave before. The size of each wave includes the mirrors of"
        " earlier waves. Write a larger size [waves-do-not-grow]",
    ),
    (
        {"fleet": FLEET, "rollout": {"waves": [2]}},
        'rollout.waves: the last wave does not take all mirrors. Add "100%" at the end [last-wave-not-all]',
    ),
    (
        {"fleet": FLEET, "rollout": {"pauseAfter": 2}},
        "rollout.pauseAfter: there is no wave 2: mirrors:rollout.waves has 1. Lower the number, or remove the"
        " key so that no wave pauses [no-wave-to-pause-after]",
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme": {"hold": True}}}},
        "overrides.mirrors.acme.hold: acme is the original, and you can hold mirrors only. Remove hold here"
        " [original-is-held]",
    ),
    (
        {**CONTAINERS},
        "docker.image: missing; name the image that the sites run, or how it is built with mirrors:docker.build"
        " [missing-key]",
    ),
    (
        {**CONTAINERS, "docker": {"image": "acme:1", "build": {"directory": "."}}},
        "docker.build: mirrors:docker.image is set, too; remove one of them [keys-exclude-each-other]",
    ),
    (
        {**CONTAINERS, "docker": {"image": "acme:1", "media": {}}, "sharedValues": {"DEFAULT_STORAGE_DSN": "x"}},
        "docker.media: mirrors:sharedValues.DEFAULT_STORAGE_DSN names another one; remove one of them"
        " [keys-exclude-each-other]",
    ),
    (
        {"platform": "docker", "docker": {"image": "acme:1"}, "fleet": fleet(shared=["X"])},
        "sharedValues.X: missing; no other site has a value to share. Set it with 'pulumi config set --secret --path"
        " mirrors:sharedValues.X', or take it off mirrors:fleet.shared [shared-value-missing]",
    ),
    (
        {
            "platform": "docker",
            "docker": {"image": "acme:1", "proxy": {"kind": "caddy", "network": "proxy"}},
            "fleet": fleet(),
        },
        "docker.domains.acme: missing; the proxy needs the site's host name, such as www.example.com [missing-key]",
    ),
    (
        {
            "platform": "docker",
            "docker": {"image": "acme:1", "database": {"volume": "old", "name": "old"}},
            "fleet": {"original": mirror("acme", formerly="old")},
        },
        "docker.media.volume: missing; the original is renamed, and its data is found under the former name alone. Set"
        " it to old.test_media, and leave it there [renamed-original-leaves-data]",
    ),
]
PROJECT = "config:\n  mirrors:fleet: {value: {original: {application: %s}, mirrors: [], variables: {PIN: %s}}}\n"
OWN = "config:\n  mirrors:overrides: {variables: {PIN: %s}}\n"
ALTERED = [  # the files, what arrives of them
    (
        {"Pulumi.yaml": PROJECT % ("acme", "0123")},
        {"fleet": fleet(variables={"PIN": 83})},
        "fleet.variables.PIN: 0123 without quotes arrives as 83 (Pulumi.yaml, line 2). Put it in quotes: PIN:"
        ' "0123" [value-not-as-written]',
    ),
    (
        {"Pulumi.yaml": PROJECT % ("acme", "83")},
        {"fleet": fleet(variables={"PIN": 83})},
        "fleet.variables.PIN: YAML reads 83 as a number (Pulumi.yaml, line 2). Put the text in quotes: PIN:"
        ' "83" [needs-quotes]',
    ),
    (
        {"Pulumi.yaml": "name: acme", "Pulumi.test.yaml": OWN % "83"},
        {"fleet": FLEET, "overrides": {"variables": {"PIN": 83}}},
        "overrides.variables.PIN: YAML reads 83 as a number (Pulumi.test.yaml, line 2). Pulumi changes such"
        " values when it saves that file. Put the text in quotes, as you mean it [needs-quotes]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "Pulumi.test.yaml": OWN % "2024-01-01 00:00:00 +0000 UTC"},
        {"fleet": FLEET, "overrides": {"variables": {"PIN": "2024-01-01 00:00:00 +0000 UTC"}}},
        "overrides.variables.PIN: Pulumi changed a date without quotes (Pulumi.test.yaml, line 2). Put the"
        " date in quotes, as you mean it [value-not-as-written]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {application: acme, siteId: 010}"},
        {"fleetFile": "fleet.yaml"},
        "fleet.original.siteId: 010 without quotes has several meanings (fleet.yaml, line 1). Write a whole"
        " number from 1 to 2147483647, without quotes, in decimal digits that do not begin with 0"
        " [value-not-as-written]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {application: acme, application: acme}"},
        {"fleetFile": "fleet.yaml"},
        "fleet.original.application: the file has this key twice (fleet.yaml, line 1). Remove one of them"
        " [key-written-twice]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "- acme"},
        {"fleetFile": "fleet.yaml"},
        "fleetFile: fleet.yaml has no keys. Write those of mirrors:fleet, such as original [fleet-file-unusable]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {\n"},
        {"fleetFile": "fleet.yaml"},
        "fleetFile: fleet.yaml, line 2, is no YAML. Correct the file [fleet-file-unusable]",
    ),
    (
        {"Pulumi.yaml": "name: acme"},
        {"fleetFile": "fleet.yaml"},
        "fleetFile: Mirrors cannot read DIRECTORY/fleet.yaml: No such file or directory. Write the path from"
        " the project's directory on [fleet-file-unusable]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {application: acme}"},
        {"fleet": FLEET, "fleetFile": "fleet.yaml"},
        "fleetFile: mirrors:fleet is also set. Remove one of them [keys-exclude-each-other]",
    ),
]


def problems(declared: dict[str, Any], directory: Path, stack: str = "test") -> list[str]:
    values = {key: value for key, value in declared.items() if value is not None}
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    environ = TOKEN if "apiToken" not in declared else {}
    found = parse_configuration(raw, stack, environ, ProjectFiles.find(directory, stack)).problems
    return [problem.line.replace(str(directory), "DIRECTORY") for problem in found]


@pytest.mark.parametrize(("declared", "line"), ONE_VALUE + SEVERAL_KEYS)
def test_what_is_declared(declared: dict[str, Any], line: str, tmp_path: Path) -> None:
    assert problems(declared, tmp_path) == [f"mirrors:{line}"]


@pytest.mark.parametrize(("files", "arrives", "line"), ALTERED)
def test_what_the_files_have(files: dict[str, str], arrives: dict[str, Any], line: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert problems(arrives, tmp_path) == [f"mirrors:{line}"]


def test_what_the_environment_of_the_process_has(tmp_path: Path) -> None:
    environ = {**TOKEN, "DIVIO_API_URL": "divio.com"}
    [address] = parse_configuration({"fleet": json.dumps(FLEET)}, "test", environ).problems
    [environment] = problems({"fleet": FLEET}, tmp_path, "production")

    assert address.line == (
        'mirrors:apiUrl: "divio.com" from DIVIO_API_URL in the environment is not valid. Write an address such as'
        " https://api.divio.com, without user name, query or fragment [value-not-taken]"
    )
    assert environment == (
        'mirrors:environment: "production" from the stack\'s name is not valid. Write test or live, for example with'
        " pulumi config set mirrors:environment test --stack production [value-not-taken]"
    )


def test_what_a_provider_process_cannot_use() -> None:
    with pytest.raises(ConfigurationError) as address:
        load_divio_connection({"apiUrl": "ftp://x", "maxConcurrentRequests": "0"}, {})
    with pytest.raises(ConfigurationError) as rollout:
        load_divio_connection({"apiToken": "x", "rollout": "{"}, {})
    with pytest.raises(ConfigurationError) as host:
        load_docker_connection({"docker": "["}, {})

    assert [problem.line for problem in (*address.value.problems, *rollout.value.problems, *host.value.problems)] == [
        "mirrors:apiToken: the value is missing or not valid. Set it in the stack, or set DIVIO_API_TOKEN in the"
        " environment [connection-invalid]",
        "mirrors:apiUrl: the value is missing or not valid. Set it in the stack, or set DIVIO_API_URL in the"
        " environment [connection-invalid]",
        "mirrors:maxConcurrentRequests: the value is not valid. Correct it: docs/reference/configuration lists what"
        " each key takes [value-not-taken]",
        "mirrors:rollout: the value is not valid. Correct it: docs/reference/configuration lists what each key takes"
        " [value-not-taken]",
        "mirrors:docker.host, DOCKER_HOST in the environment or mirrors:dockerTls is not valid [docker-host-invalid]",
    ]


def test_a_key_that_a_fleet_in_arguments_does_not_read() -> None:
    declared = ProgramFleet("acme", {"original": {"application": "acme"}})
    found = parse_configuration({"overrides": "{}"}, "test", {"DIVIO_API_TOKEN": "token"}, declared=declared)

    assert [problem.line for problem in found.problems] == [
        "mirrors:overrides: the program declares the fleet acme in arguments, so Mirrors does not read this key. Pass"
        " its values in the arguments, and remove it here [key-without-effect]"
    ]


def test_every_code_of_the_catalogue_has_its_words_here() -> None:
    lines = [line for _, line in ONE_VALUE + SEVERAL_KEYS] + [line for _, _, line in ALTERED]
    codes = {line.rpartition(" [")[2].removesuffix("]") for line in lines}

    assert CONFIGURATION_PROBLEMS.keys() <= codes | {"docker-host-invalid", "key-without-effect"}
    assert list(CONFIGURATION_PROBLEMS) == sorted(CONFIGURATION_PROBLEMS)
