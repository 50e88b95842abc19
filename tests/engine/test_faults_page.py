"""The page of faults: on a fleet with each of them, the commands say what the page quotes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet, silently
from tests.engine.pages.page import Section, page
from tests.engine.pages.reader import Reader, Steps
from tests.engine.secrets import nothing_leaks
from tests.engine.serving import served
from tests.sandboxes import change, frozen_variables, set_variable

PAGE = page("how-to/rehearse-faults")
SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
RENAME = "UPDATE sandbox_application SET slug = ? WHERE slug = ?"


def passphrase(fleet: Fleet) -> Steps:
    with fleet.project.with_environment(PULUMI_CONFIG_PASSPHRASE="wrong"):
        yield None


def emptied(fleet: Fleet) -> Steps:
    [attributes] = fleet.project.state.glob("pulumi/.pulumi/stacks/*/test.json.attrs")
    before = attributes.read_bytes()
    attributes.write_bytes(b"")
    try:
        yield None
    finally:
        attributes.write_bytes(before)


def changed(fleet: Fleet) -> Steps:
    set_variable(fleet.sandbox, "acme-de", "test", "SITE_ID", "9")
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "7")
    fleet.sandbox.deploy("acme-ch", "test", report=silently)
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "4")
    try:
        yield None
    finally:
        fleet.test.up().succeeded()


def unhealthy(fleet: Fleet) -> Steps:
    asked: dict[str, Any] = {"mirrors:rollout": {"value": {"waves": [1, "100%"], "health": {"timeout": "2s"}}}}
    with fleet.project.configured(lambda config: config.update(asked)), served(fleet, MIRRORS) as sites:
        sites["acme-de"].status = 500
        fleet.test.up().failed()
        yield None


def renamed(fleet: Fleet) -> Steps:
    change(fleet.sandbox, RENAME, "acme-france", "acme-fr")
    try:
        yield None
    finally:
        change(fleet.sandbox, RENAME, "acme-fr", "acme-france")


def hidden(fleet: Fleet) -> Steps:
    prepared(fleet, "acme-old")
    set_variable(fleet.sandbox, "acme-old", "test", "SITE_ID", "8", is_sensitive=True)
    fleet.sandbox.mirror("acme", "acme-it", report=silently)
    with fleet.with_mirrors(*MIRRORS, "acme-it"):
        yield None


def adopted(fleet: Fleet) -> Steps:
    by_hand(fleet, "acme-at", "11")
    by_hand(fleet, "acme-be", None)
    set_variable(fleet.sandbox, "acme-be", "test", "SITE_ID", "12")
    with fleet.with_mirrors(*MIRRORS, "acme-at", "acme-be"):
        yield None


def by_hand(fleet: Fleet, slug: str, site_id: str | None) -> None:
    """Make and deploy a mirror by hand."""
    prepared(fleet, slug)
    if site_id is not None:
        set_variable(fleet.sandbox, slug, "test", "SITE_ID", site_id)
    fleet.sandbox.deploy(slug, "test", report=silently)


def prepared(fleet: Fleet, slug: str) -> None:
    """The application, with copies of what is shared."""
    fleet.sandbox.mirror("acme", slug, report=silently)
    shared = frozen_variables(fleet.sandbox, "acme", "test")
    for name in SHARED:
        set_variable(fleet.sandbox, slug, "test", name, shared[name])


SET_UPS: Mapping[str, Callable[[Fleet], Steps]] = {
    "The passphrase is wrong": passphrase,
    "A file of the backend is empty after a kill": emptied,
    "Changed by hand, and set but not deployed": changed,
    "A site that is not healthy": unhealthy,
    "A mirror that was renamed": renamed,
    "Mirrors made by hand": adopted,
    "A neighbour that hides its SITE_ID": hidden,
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with seeded_fleet(tmp_path_factory.mktemp("faults")) as fleet, nothing_leaks(fleet):
        fleet.test.up().succeeded()
        yield fleet


@pytest.mark.parametrize("section", PAGE.sections, ids=lambda section: section.title)
def test_each_fault_is_named_as_the_page_quotes_it(fleet: Fleet, section: Section) -> None:
    Reader(fleet.project, lambda found: SET_UPS[found.title](fleet)).read(section)


def test_each_section_has_a_set_up_and_each_set_up_a_section() -> None:
    assert [section.title for section in PAGE.sections] == list(SET_UPS)
    assert PAGE.unread == 0
