"""The platform boundary: one place chooses, and a third platform is a folder with an entry."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import mirrors
from mirrors.cli.platforms import commands_of, refuse_unless_supported
from mirrors.cli.preview_report import preview_text
from mirrors.cli.target_options import target_options
from mirrors.config import LoadedConfiguration, parse_configuration
from mirrors.config.models.all_keys import all_keys_model
from mirrors.config.models.divio import DivioSettings
from mirrors.config.platforms import (
    PLATFORMS,
    load_platform_part,
    platform_kind_of,
    platform_kind_of_types,
    platform_settings_class,
    secret_key_commands,
)
from mirrors.errors import ConfigurationError, UnsupportedPlatformError
from mirrors.planning.platform_words import PlatformWords, load_platform_words
from mirrors.planning.reports.preview import summarize_preview
from mirrors.planning.rollout.targets import ChosenSites
from mirrors.planning.site_ids.facts import Ledger
from tests.unit.fleets import settings
from tests.unit.program_under_mocks import SECRET_KEYS, TIMEOUT, in_a_process, ran_as
from tests.unit.sketch_platform import ENTRY, MODULE, TYPE, SketchSettings

PACKAGE = Path(mirrors.__file__).parent
CHOOSES = PACKAGE / "config" / "platforms.py"
FLEET = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}, {"application": "acme-fr"}]}
PENCIL = {"pencil": "soft"}
CANARY = "canary-52f7c1"


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLATFORMS, "sketch", ENTRY)


def loaded(**more: Any) -> LoadedConfiguration:
    values = {"platform": "sketch", "fleet": FLEET, "sketch": PENCIL, **more}
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return parse_configuration(raw, "test", {})


@pytest.mark.parametrize("kind", [*PLATFORMS])
def test_an_entry_says_what_the_parts_of_its_folder_are(kind: str) -> None:
    entry, own = PLATFORMS[kind], platform_settings_class(kind)
    assert own.kind == kind
    assert {*entry.keys} == {str(field.alias) for field in own.model_fields.values()}
    assert entry.objects | entry.secrets.keys() <= {*entry.keys}
    assert isinstance(load_platform_part(kind, "words"), PlatformWords)
    for part in ("program", "commands"):
        assert isinstance(load_platform_part(kind, part), type)


def test_no_two_platforms_have_a_key_in_common() -> None:
    keys = [key for entry in PLATFORMS.values() for key in entry.keys]
    assert len(keys) == len({*keys})
    assert {*keys} < {str(field.alias) for field in all_keys_model().model_fields.values()}


def choices(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that compare something with a platform's name, or with one of several."""
    for node in ast.walk(tree):
        compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        compared += [node.value] if isinstance(node, ast.MatchValue) else []
        inside = [part for item in compared for part in ast.walk(item)]
        if any(isinstance(item, ast.Constant) and item.value in PLATFORMS for item in inside):
            yield node.lineno  # type: ignore[attr-defined]  # of an expression, or of a pattern


@pytest.mark.parametrize(
    "source", ['platform == "docker"', 'x = kind in ("divio", "y")', 'match a:\n    case "docker":\n        pass']
)
def test_a_comparison_with_a_platforms_name_is_found(source: str) -> None:
    assert [*choices(ast.parse(source))]


def test_nothing_but_the_choosing_place_compares_a_platforms_name() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if path != CHOOSES]
    found = [f"{path}:{line}" for path in files for line in choices(ast.parse(path.read_text(encoding="utf-8")))]
    assert (len(files) > 100, found) == (True, [])


def test_the_platform_holds_its_own_keys_and_no_other() -> None:
    containers = settings("acme-de", platform="docker", docker={"image": "acme:1"})
    assert not hasattr(containers.platform, "api_token")
    assert settings("acme-de").platform_keys(DivioSettings).api_token.get_secret_value() == "token"
    with pytest.raises(TypeError, match="docker"):
        containers.platform_keys(DivioSettings)


def test_the_state_says_which_platform_a_stack_is_on() -> None:
    assert platform_kind_of_types(["pulumi:pulumi:Stack", "mirrors:index:Fleet", "mirrors:docker:Media"]) == "docker"
    assert platform_kind_of_types(["mirrors:index:Fleet"]) == "divio"
    assert (platform_kind_of({"platform": "docker"}), platform_kind_of({"platform": "x"}), platform_kind_of({})) == (
        "docker",
        "divio",
        "divio",
    )


def test_a_package_that_is_missing_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLATFORMS, "docker", SimpleNamespace(program="no_such_package.x:Y", extra="docker"))
    with pytest.raises(ConfigurationError) as caught:
        load_platform_part("docker", "program")
    [problem] = caught.value.problems
    assert (problem.code, problem.path) == ("package-missing", "mirrors:platform")
    assert "no_such_package" in problem.message
    assert problem.remedy == "Run pip install 'pulumi-mirrors[docker]'"


@pytest.mark.usefixtures("third")
class TestThirdPlatform:
    """One that Mirrors has never heard of: nothing but its entry is new."""

    def test_its_keys_are_read(self) -> None:
        found = loaded(sketchKey=CANARY)
        assert found.problems == ()
        assert found.settings is not None
        own = found.settings.platform_keys(SketchSettings)
        assert own.sketch is not None
        assert own.sketch.pencil == "soft"
        assert CANARY not in repr(found)

    def test_what_is_wrong_in_them_is_a_problem_at_its_place(self) -> None:
        [wrong, unknown] = loaded(sketch={"pencil": 7, "ink": 1}).problems
        assert (wrong.code, wrong.path) == ("needs-quotes", "mirrors:sketch.pencil")
        assert (unknown.code, unknown.path, unknown.remedy) == (
            "unknown-key",
            "mirrors:sketch.ink",
            "Use one of these: pencil",
        )
        [missing] = loaded(sketch={}).problems
        assert (missing.path, missing.remedy) == ("mirrors:sketch.pencil", "Write the name of a pencil")
        [empty] = loaded(sketchKey="").problems
        assert empty.path == "mirrors:sketchKey"
        [misspelt] = loaded(sketsh="{}").problems
        assert misspelt.remedy == "Did you mean sketch?"

    def test_they_are_checked_on_another_platform_and_not_asked_for(self) -> None:
        assert loaded(platform="divio", apiToken="token", sketch="null").problems == ()
        [wrong] = loaded(platform="divio", apiToken="token", sketch={"pencil": ""}, sketchKey=CANARY).problems or [None]
        assert wrong is None or wrong.path == "mirrors:sketch.pencil"
        [other] = loaded(platform="paper").problems[:1]
        assert other.remedy == "Write divio or docker or sketch"

    def test_its_rules_hold_and_those_of_other_platforms_do_not(self) -> None:
        original = {"application": "acme", "variables": {"THEME": "dark"}}  # Divio's rule refuses it
        assert loaded(fleet={**FLEET, "original": original, "shared": []}).problems == ()
        many = [*FLEET["mirrors"], {"application": "acme-it"}]
        assert [item.path for item in loaded(fleet={**FLEET, "mirrors": many}).problems] == ["mirrors:fleet.mirrors"]

    def test_its_secrets_are_asked_for_as_such(self) -> None:
        assert secret_key_commands()["sketchKey"] == " mirrors:sketchKey"

    def test_a_preview_speaks_of_its_sites_in_its_own_words(self) -> None:
        found = loaded().settings
        assert found is not None

        def step(op: str, kind: str, name: str, *keys: str) -> dict[str, Any]:
            urn = f"urn:pulumi:test::acme::mirrors:index:Fleet${kind}::{name}"
            details = {key: {"kind": "update", "inputDiff": False} for key in keys}
            reasons = [key.partition(".")[0] for key in keys]
            found = {"op": op, "urn": urn, "diffReasons": reasons, "detailedDiff": details or None}
            return {**found, "oldState": {}, "newState": {}}

        steps = [
            step("update", TYPE, "acme", "paper.words.THEME", "frame"),
            step("update", TYPE, "acme-de", "paper.edition"),
            step("update", "Frame", "acme-de", "wood"),
            step("create", "mirrors:sketch:Sheet", "acme"),
            step("create", TYPE, "acme-fr"),
            step("delete", TYPE, "acme-it"),
        ]
        assert preview_text(summarize_preview({"steps": steps}, found, "test")).splitlines() == [
            "Preview of test: 3 of 3 sites change, 3 to deploy, 1 off the list",
            *("", "the original", "  1 site: deployed: changed variables; changed container", "    acme"),
            *("", "wave 1", "  1 site: deployed: new release", "    acme-de"),
            *("  1 site: deployed: first deployment", "    acme-fr"),
            *("", "Off the list", "  acme-it: its paper is thrown away"),
        ]

    def test_the_commands_ask_it(self) -> None:
        found = loaded().settings
        assert found is not None
        assert target_options(found, ChosenSites(("acme-de",)))[1::2] == [
            *load_platform_words(found).targets,
            "**::acme-de",
        ]
        commands = commands_of("sketch")
        stored = SimpleNamespace(ledger=Ledger({"acme-de": ("acme-de", 2)}), created={}, verified={})
        rows = commands.status(found, lambda: stored, lambda note: None).rows  # noqa: ARG005
        assert [(row.application, row.site_id) for row in rows] == [("acme", None), ("acme-de", 2), ("acme-fr", None)]
        assert [item.message for item in commands.doctor([found])] == ["a sheet with 3 sites"]
        refuse_unless_supported("leave", "sketch", "test")
        with pytest.raises(UnsupportedPlatformError, match=r"mirrors:platform: sketch\. Draw it yourself"):
            refuse_unless_supported("adopt", "sketch", "test")


def test_a_program_declares_a_fleet_on_a_third_platform() -> None:
    values = {"platform": "sketch", "fleet": json.dumps(FLEET), "sketch": json.dumps(PENCIL)}
    asked = {"stack": "test", "preview": False, "reference": None, "made_up": 0}
    config = {f"mirrors:{key}": value for key, value in values.items()}
    done = in_a_process(MODULE, asked, config, SECRET_KEYS, TIMEOUT)
    ran = ran_as(done, done.stdout if done.returncode == 0 else "")

    assert ran.code == 0, ran.said
    assert {*ran.of(TYPE)} == {"acme", "acme-de", "acme-fr"}  # in whatever order
    assert ran.outputs["siteIds"] == {"acme": 1, "acme-de": 2, "acme-fr": 3}
