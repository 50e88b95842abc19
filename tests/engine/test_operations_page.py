"""The page for whoever is on call: each of its commands is run, and says what the page quotes, in the page's order.

A shell block is run line by line; ``# exit 2`` behind a command is the code that it must end with. The text block
after it quotes what the commands said: ``…`` stands for anything, an indented line continues the one above it. One
that stands before any shell block quotes what the set-up has provoked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.engine.fleet import Fleet, seeded_fleet
from tests.engine.operations.page import Section, command_of, missing, sections
from tests.engine.operations.trouble import SET_UPS

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
SECTIONS = sections(PAGE.read_text(encoding="utf-8"))
AS_IF_CONFIRMED = {"pulumi up": "pulumi up --skip-preview", "pulumi destroy": "pulumi destroy --skip-preview --yes"}
"""What a user is asked, and answers with yes; the page has previews of its own."""


@dataclass
class Reader:
    """Follows the page on one fleet. Sections build on each other: after one that failed the others mean nothing."""

    fleet: Fleet
    failed: str = ""
    said: str = field(default="", repr=False)

    def follow(self, section: Section) -> None:
        steps = SET_UPS[section.title](self.fleet)
        try:
            for block in section.blocks:
                if block.language == "sh" and not block.not_run:
                    next(steps, None)
                    self.said = "".join(self.run(line) for line in block.text.splitlines())
                elif block.language == "text":
                    self.said = self.said or next(steps, None) or ""
                    assert missing(block.text, self.said) == [], self.said
        finally:
            self.said = ""
            steps.close()

    def run(self, line: str) -> str:
        command, code = command_of(line)
        for asking, confirmed in AS_IF_CONFIRMED.items():
            command = command.replace(asking, confirmed)
        done = self.fleet.project.run("sh", "-c", command)
        assert done.code == code, f"{line}\n{done.text}"
        return done.text


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with seeded_fleet(tmp_path_factory.mktemp("operations")) as fleet:
        fleet.test.up().succeeded()
        yield Reader(fleet)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_the_commands_of_a_section_do_and_say_what_it_tells(reader: Reader, section: Section) -> None:
    if reader.failed:
        pytest.skip(f"it follows {reader.failed!r}, which has failed")
    reader.failed = section.title
    reader.follow(section)
    reader.failed = ""


def test_each_section_has_a_set_up_and_each_set_up_a_section() -> None:
    assert [section.title for section in SECTIONS] == list(SET_UPS)


def test_each_block_is_run_or_compared_or_says_why_not() -> None:
    languages = {block.language for section in SECTIONS for block in section.blocks}
    assert languages == {"sh", "text", "yaml"}
    assert PAGE.read_text(encoding="utf-8").count("\n```") == 2 * sum(len(section.blocks) for section in SECTIONS)


def test_what_was_not_said_is_found_out() -> None:
    said = "error: acme-de (test): deployment   abc failed; its log\n  ends here\n"
    assert missing("acme-de (test): deployment … failed; its log\n  ends here", said) == []
    assert missing("acme-de (test): deployment … failed; its log\nends there", said) == ["ends there"]
