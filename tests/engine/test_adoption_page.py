"""The page about a fleet that was made by hand: each command is run, and says what the page quotes."""

from collections.abc import Iterator

import pytest

from tests.engine.pages.adoption import SET_UPS, made_by_hand
from tests.engine.pages.page import Section, page
from tests.engine.pages.reader import Reader
from tests.engine.secrets import nothing_leaks

PAGES = [page("how-to/adopt"), page("how-to/adopt-special-cases")]
SECTIONS = [section for part in PAGES for section in part.sections]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with made_by_hand(tmp_path_factory.mktemp("adoption")) as fleet, nothing_leaks(fleet):
        yield Reader(fleet.project, lambda section: SET_UPS[section.title](fleet, section))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_the_commands_of_a_section_do_and_say_what_it_tells(reader: Reader, section: Section) -> None:
    reader.read(section)


def test_each_section_has_a_set_up_and_each_block_is_read() -> None:
    assert [section.title for section in SECTIONS] == list(SET_UPS)
    assert [part.unread for part in PAGES] == [0, 0]
