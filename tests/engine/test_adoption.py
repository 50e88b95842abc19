"""A fleet that was made by hand, taken over as the pages say: each command is run, and says what the page quotes."""

from pathlib import Path

from tests.engine.pages.adoption import PAGES, SET_UPS, made_by_hand
from tests.engine.pages.reader import Reader
from tests.engine.secrets import nothing_leaks


def test_a_fleet_made_by_hand_is_taken_over_as_the_pages_say_and_without_interrupting_it(tmp_path: Path) -> None:
    with made_by_hand(tmp_path) as fleet, nothing_leaks(fleet):
        reader = Reader(fleet.project)
        for section in (section for page in PAGES for section in page.sections):
            reader.read(section, SET_UPS[section.title](fleet, section))
