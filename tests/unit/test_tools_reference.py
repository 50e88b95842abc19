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

from mirrors.cli import COMMAND_MODULES
from mirrors.config import Settings, parse_configuration
from mirrors.config.connection import CONNECTION_ENVIRON
from mirrors.config.models import fleet, overrides, rollout
from mirrors.config.models import settings as settings_module
from mirrors.config.models.all_keys import all_keys_model, key_models
from mirrors.config.models.base import ConfigModel
from mirrors.config.models.platform_settings import PlatformSettings
from mirrors.docker.config import settings as docker
from mirrors.fleet import Fleet
from mirrors.planning.site_properties import CHECK_ONLY
from mirrors.resources.mirror import Site
from mirrors.resources.original import Original, OriginalProvider
from mirrors.resources.provider import Provider
from mirrors.resources.site import SiteProvider
from mirrors.resources.site_ids import SiteIds, SiteIdsProvider
from tools.reference import CHECKOUT, MADE, commands, configuration, files
from tools.reference.docstrings import in_a_cell, markdown, of_fields
from tools.reference.keys import Key, keys, sound_with

KEYS = tuple(keys())
WITH_DEFAULT = [key for key in KEYS if key.default_value is not None]
CONFIGURATION = configuration.pages()
EXAMPLES = re.findall(r"```yaml\n(mirrors:.*?)```", "".join(CONFIGURATION.values()), re.DOTALL)
RESOURCES = ((SiteIds, SiteIdsProvider), (Original, OriginalProvider), (Site, SiteProvider))
CHECK_ONLY_MARK, REPLACES = "Check only.", "Another one replaces the resource."
FLEET = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-fr"}]}


def settings(data: dict[str, Any], stack: str = "test") -> Settings:
    """Return the settings as a stack's configuration. The token is there, and nothing is wrong."""
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in data.items()}
    loaded = parse_configuration(raw, stack, {"DIVIO_API_TOKEN": "token"})
    assert (loaded.problems, loaded.settings is None) == ((), False)
    assert loaded.settings is not None
    return loaded.settings


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_the_committed_file_is_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run: make docs"


def test_no_page_is_left_of_what_the_code_has_no_more() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in (CHECKOUT / "docs").rglob("*.md")}

    assert {path for path, text in texts.items() if text.startswith(MADE)} == {
        path for path in files() if path.suffix == ".md"
    }


def test_every_key_of_every_model_has_a_row_in_the_table_of_its_object() -> None:
    tables: dict[str, list[str]] = defaultdict(list)
    for key in KEYS:
        tables[key.path.rpartition(".")[0]].append(key.name)
    classes = [
        item
        for module in (fleet, overrides, settings_module, rollout, docker)
        for item in vars(module).values()
        if inspect.isclass(item)
    ]
    not_written = {ConfigModel, PlatformSettings, fleet.SiteSettings, *key_models()}
    written = [item for item in dict.fromkeys(classes) if issubclass(item, ConfigModel) and item not in not_written]

    declared = [[str(field.alias) for field in item.model_fields.values()] for item in (all_keys_model(), *written)]
    assert sorted(tables.values()) == sorted(declared)
    rows = [name for page in CONFIGURATION.values() for name in re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)]
    assert sorted(rows) == sorted(key.name for key in KEYS)


@pytest.mark.parametrize("key", WITH_DEFAULT, ids=lambda key: key.path)
def test_a_default_that_is_written_out_changes_nothing(key: Key) -> None:
    default = key.default_value

    assert settings(sound_with(key.place, default)) == settings(sound_with(("platform",), "divio"))
    whole = all_keys_model().model_validate(sound_with(key.place, str(default) if len(key.place) == 1 else default))
    assert whole == all_keys_model().model_validate(sound_with(("platform",), "divio"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_sound_configuration(example: str) -> None:
    declared = {name.removeprefix("mirrors:"): value for name, value in yaml.safe_load(example).items()}
    if "fleet" in declared:
        declared["fleet"] = declared["fleet"]["value"]

    settings({"fleet": FLEET, **declared}, stack=declared.get("environment", "test"))


def test_a_list_and_a_map_say_what_each_item_takes() -> None:
    takes = {key.path: key.takes for key in KEYS}

    assert (
        takes["rollout.waves"] == 'a list, each a number of mirrors from 1 on, without quotes, or a part such as "25%"'
    )
    assert takes["secrets"].startswith("an object {name: value}, each value an object {name: value}, each value text")
    assert takes["overrides.mirrors"].startswith("an object {name: value}, each value an object, see [")
    assert takes["environment"] == "test or live"


def test_a_link_to_an_object_leads_to_its_heading() -> None:
    headings = {
        f"{name}#{re.sub(r'[^a-z]', '', title.lower())}"
        for name, page in CONFIGURATION.items()
        for title in re.findall(r"^## `(.+)`$", page, re.MULTILINE)
    }

    assert {link for page in CONFIGURATION.values() for link in re.findall(r"see \[`.+?`\]\((.+?)\)", page)} == headings


def test_secrets_and_variables_of_the_environment_are_named() -> None:
    tls = {"dockerTls.ca", "dockerTls.cert", "dockerTls.key"}

    assert {key.path for key in KEYS if key.secret} == {"secrets", "sharedValues", "apiToken", *tls}
    assert {key.path for key in KEYS if "in the environment wins" in key.summary} == set(CONNECTION_ENVIRON)
    assert all(name in CONFIGURATION["index.md"] for name in CONNECTION_ENVIRON.values())
    assert "".join(CONFIGURATION.values()).count("| **secret**: ") == 6


class Undocumented(ConfigModel):
    """Its first key has no text."""

    silent: int = 1
    documented: int = 2
    """The second one."""


def test_a_key_without_a_docstring_is_refused() -> None:
    assert of_fields(Undocumented) == {"documented": "The second one."}
    with pytest.raises(LookupError, match=r"Undocumented\.silent"):
        list(keys(Undocumented))


def attributes_of(cls: type) -> dict[str, str]:
    """Return {name: text} of a resource's documented properties: of its docstring, and of its annotations."""
    section = (inspect.getdoc(cls) or "").partition("Attributes:\n")[2]
    named = re.findall(r"^    (\w+): (.+(?:\n        .+)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in named} | of_fields(cls)


@pytest.mark.parametrize(("resource", "provider"), RESOURCES)
def test_every_property_of_a_resource_is_documented(resource: type, provider: type[Provider]) -> None:
    documented = attributes_of(resource)
    kept = {*provider.inputs, *provider.outputs}
    check_only = {name for name, text in documented.items() if text.startswith(CHECK_ONLY_MARK)}
    assert documented.keys() == kept | check_only
    if resource is Site:
        assert check_only == {*CHECK_ONLY}
    else:
        source = inspect.getsource(sys.modules[provider.__module__])
        assert [name for name in check_only if f'"{name}"' not in source] == []
    assert {name for name, text in documented.items() if text.endswith(REPLACES)} == set(provider.immutable)


def test_the_page_of_resources_names_what_exists() -> None:
    page = (CHECKOUT / "docs" / "reference" / "resources.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: (\S+)\n(?: +options:\n +members: \[(.+)\]\n)?", page, re.MULTILINE)

    for path, members in named:
        module, _, name = path.rpartition(".")
        owner = getattr(sys.modules[module], name)
        assert inspect.getdoc(owner), path
        for member in filter(None, members.split(", ")):
            assert member in of_fields(owner) or inspect.getdoc(getattr(owner, member)), f"{path}.{member}"
    assert {path.rpartition(".")[2] for path, _ in named} == {
        item.__name__ for item in (Fleet, *(one for both in RESOURCES for one in both))
    }


def test_every_command_has_a_heading_and_its_options() -> None:
    pages = commands.pages()

    assert re.findall(r"^## (.+)$", pages["commands.md"], re.MULTILINE) == [
        f"mirrors {name}" for name in sorted(COMMAND_MODULES) if name != "sandbox"
    ]
    assert "## mirrors sandbox fault add\n" in pages["sandbox-commands.md"]
    assert r"| `-s, --stack TEXT` | The stack, e.g. test. \[required] |" in pages["commands.md"]


def test_docstrings_become_markdown_and_cells_stay_in_their_table() -> None:
    assert markdown("``a`` and\n```yaml\nb: 1\n```") == "`a` and\n```yaml\nb: 1\n```"
    assert in_a_cell("one |\n  two") == r"one \| two"
