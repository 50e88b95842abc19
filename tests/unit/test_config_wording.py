"""The words of every problem of a configuration. The other tests look at its code and its fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from mirrors.config import load
from mirrors.config.connection import load_connection
from mirrors.config.files import Files
from mirrors.docker.connection import load_docker_connection
from mirrors.errors import ConfigurationError
from mirrors.problems.configuration import CONFIGURATION
from tests.unit.test_config import FLEET, TOKEN
from tests.unit.test_config_problems import fleet, mirror

CONTAINERS = {"platform": "docker", "fleet": FLEET}
ONE_VALUE = [
    (
        {"fleet": fleet(mirror(siteId=0))},
        "fleet.mirrors[0].siteId: got 0, takes a whole number from 1 to 2147483647, without quotes [value-not-taken]",
    ),
    ({"fleet": fleet(retired={"3": "x"})}, "fleet.retired: got an object, takes a list [value-not-taken]"),
    (
        {"fleet": fleet(mirror("-acme"))},
        'fleet.mirrors[0].application: got "-acme", takes an application\'s slug: up to 63 lower-case letters, digits'
        " and hyphens [value-not-taken]",
    ),
    (
        {"fleet": fleet("acme-de")},
        'fleet.mirrors[0]: got "acme-de", takes an object with application, siteId, formerly, variables, hold'
        " [value-not-taken]",
    ),
    (
        {"fleet": fleet(variables={"X": None})},
        "fleet.variables.X: got nothing, takes text in quotes [value-not-taken]",
    ),
    (
        {"fleet": {**FLEET, "original": mirror("acme", deploy="yes")}},
        'fleet.original.deploy: got "yes", takes true or false, without quotes [value-not-taken]',
    ),
    ({"fleet": FLEET, "imageFrom": "Live"}, 'imageFrom: got "Live", takes live or matching [value-not-taken]'),
    (
        {"fleet": FLEET, "maxConcurrentRequests": "65"},
        'maxConcurrentRequests: got "65", takes a whole number from 1 to 64 [value-not-taken]',
    ),
    (
        {"fleet": FLEET, "rollout": {"timeout": 90}},
        "rollout.timeout: got 90, takes a duration above zero such as 90s, 75m, 2h or 1h30m [value-not-taken]",
    ),
    (
        {"fleet": FLEET, "siteIdsFrom": "a b"},
        'siteIdsFrom: got "a b", takes the name of a stack [value-not-taken]',
    ),
    (
        {"fleet": FLEET, "overrides": "{x"},
        "overrides: got text, takes an object with variables, mirrors [value-not-taken]",
    ),
    (
        {"fleet": FLEET, "secrets": {"acme-de": "x"}},
        "secrets.acme-de: got text, takes an object {name: value} [value-not-taken]",
    ),
    (
        {"fleet": FLEET, "environment": "production"},
        'environment: got "production", takes test or live [value-not-taken]',
    ),
    (
        {"fleet": fleet(variables={"X": 83})},
        "fleet.variables.X: got a number: put the text in quotes [needs-quotes]",
    ),
    (
        {"fleet": fleet(variables={"X": True})},
        "fleet.variables.X: got true or false: put the text in quotes [needs-quotes]",
    ),
    (
        {"fleet": fleet(mirror(2024))},
        "fleet.mirrors[0].application: 2024 is a number: put the slug in quotes [needs-quotes]",
    ),
    (
        {"fleet": fleet(variables={"my-var": "x"})},
        "fleet.variables.my-var: got a wrong name, takes a variable's name: letters, digits and _, no digit first"
        " [name-not-taken]",
    ),
    ({"fleet": fleet(mirror(siteid=2))}, "fleet.mirrors[0].siteid: unknown key; did you mean siteId? [unknown-key]"),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-de": {"zzz": 1}}}},
        "overrides.mirrors.acme-de.zzz: unknown key; known here: hold, variables [unknown-key]",
    ),
    (
        {"fleet": FLEET, "fleet.mirrors[0]": "x"},
        '["fleet.mirrors[0]"]: unknown key; a part of an object is set with pulumi config set --path [unknown-key]',
    ),
    (
        {"fleet": fleet({})},
        "fleet.mirrors[0].application: missing; it takes the slug of an application [missing-key]",
    ),
    (
        {},
        "fleet: missing; it lists the original and its mirrors, for example under config: in Pulumi.yaml:"
        " mirrors:fleet: {value: {original: {application: acme}, mirrors: [{application: acme-de}]}} [missing-key]",
    ),
    (
        {"fleet": FLEET, "apiToken": None},
        "apiToken: missing; set it with pulumi config set --secret mirrors:apiToken, or as DIVIO_API_TOKEN in the"
        " environment [missing-key]",
    ),
    (
        {
            **CONTAINERS,
            "docker": {"image": "acme:1"},
            "dockerTls": {"cert": "-----BEGIN C-----", "key": "-----BEGIN K-----"},
        },
        "dockerTls.ca: missing; it takes the text of a PEM file [missing-key]",
    ),
]
SEVERAL_KEYS = [
    (
        {"fleet": fleet(mirror("acme"))},
        "fleet.mirrors[0].application: acme stands at mirrors:fleet.original.application already; list each application"
        " once [application-listed-twice]",
    ),
    (
        {"fleet": fleet(mirror(siteId=2), mirror("acme-fr", siteId=2))},
        "fleet.mirrors[1].siteId: acme-fr has 2, and so has acme-de at mirrors:fleet.mirrors[0].siteId; two sites with"
        " one SITE_ID overwrite each other, give each its own [site-id-declared-twice]",
    ),
    (
        {"fleet": fleet(mirror(siteId=2), reservedSiteIds=[2])},
        "fleet.mirrors[0].siteId: acme-de has 2, which mirrors:fleet.reservedSiteIds keeps from being used; choose"
        " another or take it from that list [site-id-reserved]",
    ),
    (
        {"fleet": fleet(mirror(formerly="acme"))},
        "fleet.mirrors[0].formerly: acme stands at mirrors:fleet.original.application, too; one site had this slug."
        " Where two change places, give one a slug that neither had and update every stack first [former-slug-in-use]",
    ),
    (
        {"fleet": fleet(mirror(formerly="old"), mirror("acme-fr", formerly="old"))},
        "fleet.mirrors[1].formerly: old stands at mirrors:fleet.mirrors[0].formerly, too; one site had this slug"
        " [former-slug-in-use]",
    ),
    (
        {"fleet": fleet(variables={"DOMAIN": "a.ch,b.ch"})},
        "fleet.variables.DOMAIN: takes one host name, with its port if it has one, such as www.example.com; leave out"
        " https:// and the path, and put further host names into DOMAIN_ALIASES [domain-is-no-host]",
    ),
    (
        {"fleet": fleet(variables={"SITE_ID": "3"})},
        "fleet.variables.SITE_ID: SITE_ID is set by mirrors itself and cannot be declared; remove it here"
        " [variable-name-reserved]",
    ),
    (
        {"fleet": FLEET, "secrets": {"all": {"DATABASE_URL": "x"}}},
        "secrets.all.DATABASE_URL: DATABASE_URL is shared by the original (fleet.shared) and cannot be declared; remove"
        " it here [variable-name-reserved]",
    ),
    (
        {"fleet": fleet(shared=["DATABASE_URL", "SITE_ID"])},
        "fleet.shared[1]: SITE_ID is each site's own and cannot be shared; remove it [variable-name-reserved]",
    ),
    (
        {"fleet": {**FLEET, "original": mirror("acme", variables={"A": "x"})}},
        "fleet.original.variables: the original is only read, so nobody sets them; add deploy: true to"
        " mirrors:fleet.original, or remove them here [original-only-read]",
    ),
    (
        {"fleet": fleet(mirror(variables={"KEY": "x"})), "secrets": {"all": {"KEY": "y"}}},
        "secrets.all.KEY: KEY is a plain variable at mirrors:fleet.mirrors[0].variables.KEY, too; declare it once"
        " [variable-plain-and-secret]",
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme-du": {}}}},
        "overrides.mirrors.acme-du: the fleet has no site of this name; did you mean acme-de? [unknown-site]",
    ),
    (
        {"fleet": fleet(mirror("all")), "secrets": {"all": {}}},
        "secrets.all: means every mirror, but a site is called all; declare secrets site by site [site-is-called-all]",
    ),
    (
        {"fleet": fleet(shared=["DATABASE_URL", "DATABASE_URL"])},
        'fleet.shared[1]: "DATABASE_URL" is listed twice; remove one [shared-name-listed-twice]',
    ),
    (
        {"fleet": fleet(shared=["X"])},
        "fleet.shared: DATABASE_URL is not in it. It tells which sites share a database, so that none of them gets the"
        " SITE_ID of another; add it [database-url-not-shared]",
    ),
    (
        {"fleet": FLEET, "sharedValues": {"DATABASE": "x"}},
        "sharedValues.DATABASE: is not among the names of fleet.shared; did you mean DATABASE_URL?"
        " [value-of-unshared-name]",
    ),
    (
        {"fleet": FLEET, "siteIdsFrom": "test"},
        "siteIdsFrom: is this stack itself; name the stack that it follows, or remove the key [stack-follows-itself]",
    ),
    (
        {"fleet": FLEET, "rollout": {"waves": [2, 2, "100%"]}},
        "rollout.waves[1]: got 2, but each wave counts those before it, too; let them grow [waves-do-not-grow]",
    ),
    (
        {"fleet": FLEET, "rollout": {"waves": [2]}},
        'rollout.waves: its last wave takes all that is left; add "100%" at its end [last-wave-not-all]',
    ),
    (
        {"fleet": FLEET, "rollout": {"pauseAfter": 2}},
        "rollout.pauseAfter: got 2, but mirrors:rollout.waves has 1; lower it, or remove it where nothing shall pause"
        " [no-wave-to-pause-after]",
    ),
    (
        {"fleet": FLEET, "overrides": {"mirrors": {"acme": {"hold": True}}}},
        "overrides.mirrors.acme.hold: acme is the original; only mirrors are held [original-is-held]",
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
        'fleet.variables.PIN: 0123, without quotes, arrives as 83 (Pulumi.yaml, line 2); put it in quotes, PIN: "0123"'
        " [value-not-as-written]",
    ),
    (
        {"Pulumi.yaml": PROJECT % ("acme", "83")},
        {"fleet": fleet(variables={"PIN": 83})},
        'fleet.variables.PIN: 83 is a number (Pulumi.yaml, line 2): put the text in quotes, PIN: "83" [needs-quotes]',
    ),
    (
        {"Pulumi.yaml": "name: acme", "Pulumi.test.yaml": OWN % "83"},
        {"fleet": FLEET, "overrides": {"variables": {"PIN": 83}}},
        "overrides.variables.PIN: 83 is a number (Pulumi.test.yaml, line 2): put the text in quotes, as it is meant:"
        " Pulumi writes numbers anew whenever it saves that file [needs-quotes]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "Pulumi.test.yaml": OWN % "2024-01-01 00:00:00 +0000 UTC"},
        {"fleet": FLEET, "overrides": {"variables": {"PIN": "2024-01-01 00:00:00 +0000 UTC"}}},
        "overrides.variables.PIN: got what Pulumi makes of a date without quotes (Pulumi.test.yaml, line 2); put the"
        " date in quotes, as it is meant [value-not-as-written]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {application: acme, siteId: 010}"},
        {"fleetFile": "fleet.yaml"},
        "fleet.original.siteId: 010, without quotes, is read in more than one way (fleet.yaml, line 1); takes a whole"
        " number from 1 to 2147483647, without quotes, in decimal digits that do not begin with 0"
        " [value-not-as-written]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {application: acme, application: acme}"},
        {"fleetFile": "fleet.yaml"},
        "fleet.original.application: stands there twice (fleet.yaml, line 1); remove one [key-written-twice]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "- acme"},
        {"fleetFile": "fleet.yaml"},
        "fleetFile: fleet.yaml holds no keys; it takes those of mirrors:fleet, such as original [fleet-file-unusable]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {\n"},
        {"fleetFile": "fleet.yaml"},
        "fleetFile: fleet.yaml is no YAML, see line 2 [fleet-file-unusable]",
    ),
    (
        {"Pulumi.yaml": "name: acme"},
        {"fleetFile": "fleet.yaml"},
        "fleetFile: DIRECTORY/fleet.yaml cannot be read: No such file or directory; name the file from the project's"
        " directory on [fleet-file-unusable]",
    ),
    (
        {"Pulumi.yaml": "name: acme", "fleet.yaml": "original: {application: acme}"},
        {"fleet": FLEET, "fleetFile": "fleet.yaml"},
        "fleetFile: mirrors:fleet is set, too; remove one of them [keys-exclude-each-other]",
    ),
]


def problems(declared: dict[str, Any], directory: Path, stack: str = "test") -> list[str]:
    values = {key: value for key, value in declared.items() if value is not None}
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    environ = TOKEN if "apiToken" not in declared else {}
    found = load(raw, stack, environ, Files.of(directory, stack)).problems
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
    [address] = load({"fleet": json.dumps(FLEET)}, "test", environ).problems
    [environment] = problems({"fleet": FLEET}, tmp_path, "production")

    assert address.line == (
        'mirrors:apiUrl: got "divio.com" from DIVIO_API_URL in the environment, takes an address such as'
        " https://api.divio.com, without user name, query or fragment [value-not-taken]"
    )
    assert environment == (
        'mirrors:environment: got "production" from the stack\'s name, takes test or live; set it with pulumi config'
        " set mirrors:environment test --stack production, or live [value-not-taken]"
    )


def test_what_a_provider_process_cannot_use() -> None:
    with pytest.raises(ConfigurationError) as address:
        load_connection({"apiUrl": "ftp://x", "maxConcurrentRequests": "0"}, {})
    with pytest.raises(ConfigurationError) as rollout:
        load_connection({"apiToken": "x", "rollout": "{"}, {})
    with pytest.raises(ConfigurationError) as host:
        load_docker_connection({"docker": "["}, {})

    assert [problem.line for problem in (*address.value.problems, *rollout.value.problems, *host.value.problems)] == [
        "mirrors:apiToken: missing or not valid; set it in the stack, or DIVIO_API_TOKEN in the environment"
        " [connection-invalid]",
        "mirrors:apiUrl: missing or not valid; set it in the stack, or DIVIO_API_URL in the environment"
        " [connection-invalid]",
        "mirrors:maxConcurrentRequests: not valid [value-not-taken]",
        "mirrors:rollout: not valid [value-not-taken]",
        "mirrors:docker.host, DOCKER_HOST in the environment or mirrors:dockerTls is not valid [docker-host-invalid]",
    ]


def test_every_code_of_the_catalogue_has_its_words_here() -> None:
    lines = [line for _, line in ONE_VALUE + SEVERAL_KEYS] + [line for _, _, line in ALTERED]
    codes = {line.rpartition(" [")[2].removesuffix("]") for line in lines}

    assert CONFIGURATION.keys() <= codes | {"docker-host-invalid"}
    assert list(CONFIGURATION) == sorted(CONFIGURATION)
