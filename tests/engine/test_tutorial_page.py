"""The first tutorial, followed on a fleet that is up: each command is run, and says what the page quotes."""

from tests.engine.fleet import Fleet
from tests.engine.pages.reader import Reader
from tests.engine.pages.tutorial import BY_HAND, PAGES, SET_UPS, rotated


def test_the_first_tutorial_is_followed_from_the_start_to_a_new_mirror(fleet: Fleet) -> None:
    reader = Reader(fleet.project)
    for section in (section for page in PAGES for section in page.sections):
        reader.read(section, SET_UPS[section.title](fleet, section))


def test_what_the_page_about_the_sandbox_does_by_hand_is_repaired_as_it_says(fleet: Fleet) -> None:
    Reader(fleet.project).read(BY_HAND, rotated(fleet))
