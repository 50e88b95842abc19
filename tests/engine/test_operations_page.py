"""Follow each page of the runbook: every command runs, ends with its code, and says what the page quotes."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.engine.fleet import seeded_fleet
from tests.engine.operations import drift, mirrors, prerequisites, rollout, stack
from tests.engine.operations.steps import SetUps
from tests.engine.pages.page import Page, missing, page
from tests.engine.pages.reader import Reader
from tests.engine.project import ROOT
from tests.engine.secrets import nothing_leaks

FOLDER = "how-to/operations"
PAGES = {path.stem: page(f"{FOLDER}/{path.stem}") for path in sorted((ROOT / "docs" / FOLDER).glob("*.md"))}
LONGEST = 200  # lines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each journey its pages, in its order."""
    if metafunc.cls is not None and issubclass(metafunc.cls, Journey):
        metafunc.parametrize("name", metafunc.cls.set_ups)


@pytest.fixture(scope="class")
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    set_ups: SetUps = request.cls.set_ups
    with seeded_fleet(tmp_path_factory.mktemp("operations")) as fleet, nothing_leaks(fleet):
        fleet.test.up().succeeded()
        yield Reader(fleet.project, lambda section: set_ups[section.title](fleet))


class Journey:
    """Pages that follow each other on one fleet. After a page that failed, the rest of its journey is skipped."""

    set_ups: ClassVar[SetUps] = {}

    def test_the_commands_do_and_say_what_the_page_quotes(self, reader: Reader, name: str) -> None:
        reader.read(PAGES[name].as_one_section(name))


class TestDrift(Journey):
    set_ups = drift.SET_UPS


class TestMirrors(Journey):
    set_ups = mirrors.SET_UPS


class TestStack(Journey):
    set_ups = stack.SET_UPS


class TestRollout(Journey):
    set_ups = rollout.SET_UPS


class TestPrerequisites(Journey):
    set_ups = prerequisites.SET_UPS


def test_each_page_with_a_command_is_in_one_journey() -> None:
    followed = [name for journey in Journey.__subclasses__() for name in journey.set_ups]
    assert sorted(followed) == [name for name, found in PAGES.items() if commands(found)]


def commands(found: Page) -> list[str]:
    blocks = found.as_one_section("").blocks
    return [block.text for block in blocks if block.language == "sh" and not block.not_run]


@pytest.mark.parametrize("name", PAGES)
def test_each_block_is_run_or_compared_or_says_why_not(name: str) -> None:
    blocks = PAGES[name].as_one_section(name).blocks
    assert {block.language for block in blocks} <= {"sh", "text", "yaml"}
    assert PAGES[name].text.count("\n```") == 2 * len(blocks)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_short_and_the_index_names_it(name: str) -> None:
    assert len(PAGES[name].text.splitlines()) <= LONGEST
    assert name == "index" or f"({name}.md)" in PAGES["index"].text


def test_what_was_not_said_is_found_out() -> None:
    said = "error: acme-de (test): deployment   abc failed; its log\n  ends here\n"
    assert missing("acme-de (test): deployment … failed; its log\n  ends here", said) == []
    assert missing("acme-de (test): deployment … failed; its log\nends there", said) == ["ends there"]
