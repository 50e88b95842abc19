"""The pages that are made of docstrings: complete, as committed, and right about what the program takes."""

import inspect
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrors.config import Settings, load, models, rollout
from mirrors.config.all_keys import all_keys, owners
from mirrors.config.base import ConfigModel
from mirrors.config.connection import ENVIRON
from mirrors.config.platform_settings import PlatformSettings
from mirrors.docker import settings as docker
from tools.reference import pages
from tools.reference.configuration import Key, keys, page, sound_with
from tools.reference.docstrings import in_a_cell, markdown, of_fields
from tools.reference.resources import DOCUMENTED, Documented

KEYS = tuple(keys())
WITH_DEFAULT = [key for key in KEYS if key.default.startswith("`") and key.default.count("`") == 2]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", page(), re.DOTALL)
FLEET = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-fr"}]}


def settings(data: dict[str, Any], stack: str = "test") -> Settings:
    """Return the settings as a stack's configuration. The token is there, and nothing is wrong."""
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in data.items()}
    loaded = load(raw, stack, {"DIVIO_API_TOKEN": "token"})
    assert (loaded.problems, loaded.settings is None) == ((), False)
    assert loaded.settings is not None
    return loaded.settings


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_the_committed_page_is_what_the_docstrings_say(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages()[path], "run: python -m tools.reference"


def test_every_key_of_every_model_has_a_row_in_the_table_of_its_object() -> None:
    tables: dict[str, list[str]] = defaultdict(list)
    for key in KEYS:
        tables[key.path.rpartition(".")[0]].append(key.name)
    classes = [item for module in (models, rollout, docker) for item in vars(module).values() if inspect.isclass(item)]
    not_written = {ConfigModel, PlatformSettings, models.Site, *owners()}
    written = [item for item in dict.fromkeys(classes) if issubclass(item, ConfigModel) and item not in not_written]

    declared = [[str(field.alias) for field in item.model_fields.values()] for item in (all_keys(), *written)]
    assert sorted(tables.values()) == sorted(declared)
    assert {key.described() for key in KEYS} <= set(page().splitlines())


@pytest.mark.parametrize("key", WITH_DEFAULT, ids=lambda key: key.path)
def test_a_default_that_is_written_out_changes_nothing(key: Key) -> None:
    default = yaml.safe_load(key.default.strip("`"))

    assert settings(sound_with(key.place, default)) == settings(sound_with(("platform",), "divio"))
    whole = all_keys().model_validate(sound_with(key.place, str(default) if len(key.place) == 1 else default))
    assert whole == all_keys().model_validate(sound_with(("platform",), "divio"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_sound_configuration(example: str) -> None:
    declared = {name.removeprefix("mirrors:"): value for name, value in yaml.safe_load(example).items()}
    if "fleet" in declared:
        declared["fleet"] = declared["fleet"]["value"]

    settings({"fleet": FLEET, **declared}, stack=declared.get("environment", "test"))


def test_what_a_list_and_a_map_take_is_reported_to_the_last_item() -> None:
    told = {key.path: key.takes for key in KEYS}

    assert (
        told["rollout.waves"] == 'a list, each a number of mirrors from 1 on, without quotes, or a part such as "25%"'
    )
    assert told["secrets"].startswith("an object {name: value}, each value an object {name: value}, each value text")
    assert told["overrides.mirrors"].startswith("an object {name: value}, each value an object, see [")
    assert told["environment"] == "test or live"


def test_what_is_said_to_be_seen_elsewhere_is_a_heading_of_the_page() -> None:
    headings = re.findall(r"^## `(.+)`$", page(), re.MULTILINE)

    seen = dict(re.findall(r"see \[`(.+?)`\]\(#(\w+)\)", page()))
    assert seen == {text: re.sub(r"\W", "", text.lower()) for text in headings}


def test_secrets_and_variables_of_the_environment_are_named() -> None:
    rows = {key.path: key.described() for key in KEYS}

    tls = {"dockerTls.ca", "dockerTls.cert", "dockerTls.key"}
    assert {path for path, row in rows.items() if "**secret**" in row} == {"secrets", "sharedValues", "apiToken", *tls}
    assert {path for path, row in rows.items() if "in the environment wins" in row} == set(ENVIRON)
    assert all(name in rows[path] for path, name in ENVIRON.items())


class Undocumented(ConfigModel):
    """Its first key has no text."""

    silent: int = 1
    told: int = 2
    """The second one."""


def test_a_key_without_a_docstring_is_refused() -> None:
    assert of_fields(Undocumented) == {"told": "The second one."}
    with pytest.raises(LookupError, match=r"Undocumented\.silent"):
        list(keys(Undocumented))


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: item.name)
def test_every_property_of_a_resource_is_reported(item: Documented) -> None:
    told, kept = set(item.properties), {*item.provider.inputs, *item.outputs}
    source = inspect.getsource(sys.modules[item.provider.__module__])

    assert told >= kept | set(item.check_only)
    assert [name for name in told - kept - {*item.check_only} if f'"{name}"' not in source] == []
    assert {name for name in told if item.kind_of(name) == "input, replaces"} == set(item.provider.immutable)


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: item.name)
def test_what_a_resource_does_is_reported_in_words_of_mirrors(item: Documented) -> None:
    told = [item.what_happens(method) for method in ("check", "diff", "create", "update", "read", "delete")]

    assert not any(":param" in text for text in told), "that is the SDK's docstring"


def test_docstrings_become_markdown_and_cells_stay_in_their_table() -> None:
    assert markdown("``a`` and\n```yaml\nb: 1\n```") == "`a` and\n```yaml\nb: 1\n```"
    assert in_a_cell("one |\n  two") == r"one \| two"
