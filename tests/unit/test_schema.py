"""``schemas/mirrors.schema.json``: what it takes is what Mirrors takes, in each of the files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from mirrors.config.platforms import secret_key_commands
from tools.reference import CHECKOUT, schema
from tools.reference.keys import NOTHING_TAKES, Key, keys, sound_with

SCHEMA = CHECKOUT / schema.FILE
VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
FLEET = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-fr", "siteId": 7}]}
SECURE = {"secure": "v1:x"}
PROJECT = {"name": "acme", "runtime": "python"}
PLAIN = [key for key in keys() if key.place[0] not in secret_key_commands()]


def errors(data: Any) -> list[str]:
    """Return what the schema says of a file's content."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(data)]


def stack(**values: Any) -> dict[str, Any]:
    return {"encryptionsalt": "v1:abc=", "config": {f"mirrors:{key}": value for key, value in values.items()}}


def project(**values: Any) -> dict[str, Any]:
    return {**PROJECT, "config": {f"mirrors:{key}": value for key, value in values.items()}}


def test_the_example_and_a_project_of_the_template_are_valid(tmp_path: Path) -> None:
    template = (CHECKOUT / "templates" / "fleet").glob("Pulumi*.yaml")
    texts = {path.name: path.read_text(encoding="utf-8").replace("${PROJECT}", "acme") for path in template}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [*CHECKOUT.glob("Pulumi*.yaml"), *tmp_path.iterdir()]

    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert len(files) == 6
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


@pytest.mark.parametrize(
    "data",
    [
        FLEET,
        stack(environment="live", siteIdsFrom="test", maxConcurrentRequests=8),
        stack(fleet=FLEET, secrets={"all": {"API_KEY": SECURE}}, apiToken=SECURE),
        stack(secrets=SECURE, dockerTls=SECURE, sharedValues={"DSN": SECURE}),
        stack(
            rollout={"waves": [1, "25%", "100%"], "health": False}, overrides={"mirrors": {"acme-fr": {"hold": True}}}
        ),
        {**stack(), "config": {"other:key": 1}},
        {"config": None},
        project(fleet={"value": FLEET}, imageFrom="matching", platform={"value": "docker"}),
        project(onRemoval={"type": "string", "default": "keep"}),
    ],
)
def test_what_mirrors_takes_is_taken(data: dict[str, Any]) -> None:
    assert errors(data) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({**FLEET, "mirors": []}, "'mirors' was unexpected"),
        (stack(flet=FLEET), "$.config: False schema does not allow"),
        ({**stack(), "config": {"mirrors:rollout.parallel": 2}}, "$.config: False schema does not allow 2"),
        (stack(apiToken="in-clear"), "'in-clear'"),
        (stack(secrets={"all": {"API_KEY": "in-clear"}}), "mirrors:secrets"),
        (stack(fleet={"value": FLEET}), "mirrors:fleet"),
        (stack(fleet={"original": {"application": "Acme"}}), "'Acme'"),
        (stack(fleet={**FLEET, "variables": {"1ST": "x"}}), "'1ST'"),
        (stack(fleet={**FLEET, "variables": {"FIRST": 1}}), "variables: {'FIRST': 1} is not valid"),
        (project(fleet=FLEET), "mirrors:fleet"),
        (project(apiToken=SECURE), "$.config: False schema does not allow"),
    ],
)
def test_what_mirrors_refuses_is_refused(data: dict[str, Any], said: str) -> None:
    assert said in "\n".join(errors(data))


def stack_with(key: Key, value: Any) -> dict[str, Any]:
    """Return a stack's file that has a value at a key and is sound everywhere else."""
    return stack(**sound_with(key.place, value) | {"apiToken": SECURE, "dockerTls": SECURE})


def test_every_default_is_taken() -> None:
    with_default = [key for key in PLAIN if key.default_value is not None]

    assert len(with_default) > 20
    assert [key.path for key in with_default if errors(stack_with(key, key.default_value))] == []


def test_a_value_that_nothing_takes_is_refused_everywhere() -> None:
    assert [key.path for key in PLAIN if not errors(stack_with(key, NOTHING_TAKES))] == []
