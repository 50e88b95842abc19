"""The page for operators: each of its commands is run, and says what the page quotes, in the page's order."""

from collections.abc import Iterator

import pytest

from tests.engine.fleet import seeded_fleet
from tests.engine.operations.trouble import SET_UPS
from tests.engine.pages.page import Section, missing, page
from tests.engine.pages.reader import Reader
from tests.engine.secrets import nothing_leaks

PAGE = page("operations")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with seeded_fleet(tmp_path_factory.mktemp("operations")) as fleet, nothing_leaks(fleet):
        fleet.test.up().succeeded()
        yield Reader(fleet.project, lambda section: SET_UPS[section.title](fleet))


@pytest.mark.parametrize("section", PAGE.sections, ids=lambda section: section.title)
def test_the_commands_of_a_section_do_and_say_what_it_tells(reader: Reader, section: Section) -> None:
    reader.read(section)


def test_each_section_has_a_set_up_and_each_set_up_a_section() -> None:
    assert [section.title for section in PAGE.sections] == list(SET_UPS)


def test_each_block_is_run_or_compared_or_says_why_not() -> None:
    assert PAGE.languages == {"sh", "text", "yaml"}
    assert PAGE.unread == 0


def test_what_was_not_said_is_found_out() -> None:
    said = "error: acme-de (test): deployment   abc failed; its log\n  ends here\n"
    assert missing("acme-de (test): deployment … failed; its log\n  ends here", said) == []
    assert missing("acme-de (test): deployment … failed; its log\nends there", said) == ["ends there"]
