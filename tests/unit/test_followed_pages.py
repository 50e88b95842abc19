"""The pages whose commands the tests with the real engine run: each is followed, and none of its blocks is left out."""

import re

import pytest

from tests.engine.operations import JOURNEYS
from tests.engine.operations.steps import FAULTS, PAGES, SECTIONS
from tests.engine.pages import adoption, quickstart, tutorial
from tests.engine.pages.page import Page, Section, missing, page
from tests.peers.divio_cli import VERSION
from tests.peers.test_sandbox_divio_cli import COMMANDS

GITOPS = page("how-to/gitops")


def commands(section: Section) -> list[str]:
    return [block.text for block in section.blocks if block.language == "sh" and not block.not_run]


def test_each_page_of_the_runbook_and_each_fault_is_in_one_journey() -> None:
    followed = [name for journey in JOURNEYS for name in (*journey.SET_UPS, *journey.BESIDE)]
    assert sorted(followed) == sorted(name for name, section in SECTIONS.items() if commands(section))


@pytest.mark.parametrize("name", SECTIONS)
def test_each_block_is_run_or_compared_or_says_why_not(name: str) -> None:
    assert {block.language for block in SECTIONS[name].blocks} <= {"sh", "text", "yaml"}


def test_no_block_is_overlooked() -> None:
    assert [name for name, page in PAGES.items() if page.text.count("\n```") != 2 * len(SECTIONS[name].blocks)] == []
    assert FAULTS.unread == 0


def test_the_index_names_each_page_of_the_runbook() -> None:
    assert [name for name in PAGES if name != "index" and f"({name}.md)" not in PAGES["index"].text] == []


@pytest.mark.parametrize(
    ("pages", "set_ups"),
    [(module.PAGES, module.SET_UPS) for module in (adoption, quickstart, tutorial)],
)
def test_each_section_of_a_page_that_is_followed_in_order_has_a_set_up(pages: list[Page], set_ups: list[str]) -> None:
    assert [section.title for part in pages for section in part.sections] == list(set_ups)
    assert [part.unread for part in pages] == [0] * len(pages)


def test_each_block_of_the_page_about_pipelines_is_followed() -> None:
    """The first is the quick start's own; the rules' section is followed by the test of the policy pack."""
    run = [section for section in GITOPS.sections if any(not block.not_run for block in section.blocks)]

    assert [section.title for section in run] == ["Start", "Rules for every stack"]
    assert run[0].blocks == quickstart.PAGES[0].sections[0].blocks[:1]
    assert GITOPS.unread == 0


def test_what_the_page_about_the_sandbox_says_of_divios_client_is_what_its_test_runs() -> None:
    text = page("how-to/sandbox").text
    assert f"divio-cli {VERSION}" in text
    said = {line.partition(" --remote-id")[0] for line in re.findall(r"`divio (app list|app logs [^`]*)`", text)}
    run = {line.partition(" --remote-id")[0] for line in COMMANDS}
    assert said == {"app list", "app logs test"}
    assert said <= run


def test_what_was_not_said_is_found_out() -> None:
    said = "error: acme-de (test): deployment   abc failed; its log\n  ends here\n"
    assert missing("acme-de (test): deployment … failed; its log\n  ends here", said) == []
    assert missing("acme-de (test): deployment … failed; its log\nends there", said) == ["ends there"]
