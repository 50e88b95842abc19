"""The page of ``mirrors report`` in a browser, at the width of a phone and of a desk."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from mirrors.cli.report.page import render_html
from tests.fleet_reports import make_report, make_report_with_unreadable_stack

SITES = 300
WIDTHS = (390, 1280)


@pytest.fixture(scope="module", params=WIDTHS)
def page(request: pytest.FixtureRequest, chrome: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Chrome:
    path = tmp_path_factory.mktemp("report") / "fleet.html"
    path.write_text(render_html(make_report(SITES, "test", "live")), encoding="utf-8")
    chrome.set_window_size(request.param, 900)
    chrome.get(path.as_uri())
    return chrome


def shown_sites(page: Chrome) -> list[str]:
    rows = "[...document.querySelectorAll('#sites tbody tr')].filter(row => row.offsetParent)"
    return [str(item) for item in page.execute_script(f"return {rows}.map(row => row.cells[0].textContent)")]


def test_the_page_fits_its_width_and_says_nothing_on_the_console(page: Chrome) -> None:
    assert page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert page.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_a_text_and_a_state_choose_the_sites_and_the_count_is_said(page: Chrome) -> None:
    text, state = page.find_element(By.ID, "text"), Select(page.find_element(By.ID, "state"))
    assert len(shown_sites(page)) == SITES

    text.send_keys("ACME-04")
    assert shown_sites(page) == [f"acme-{number:03}" for number in range(40, 50)]
    state.select_by_visible_text("behind the original")
    assert shown_sites(page) == ["acme-043"]
    assert page.find_element(By.ID, "shown").text == f"1 of {SITES} sites"

    text.send_keys(Keys.CONTROL, "a")
    text.send_keys(Keys.DELETE)
    state.select_by_visible_text("all")
    assert len(shown_sites(page)) == SITES


def test_a_heading_sorts_by_the_keyboard_and_says_so(page: Chrome) -> None:
    heading = page.find_element(By.CSS_SELECTOR, "#sites thead th:nth-child(4)")
    if page.get_window_size()["width"] == min(WIDTHS):
        assert not heading.is_displayed(), "a reader filters there"
        return
    heading.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.find_element(By.TAG_NAME, "button").send_keys(Keys.SPACE)
    assert heading.get_attribute("aria-sort") == "descending"
    worst, *_ = shown_sites(page)
    assert "missing" in page.find_element(By.XPATH, f"//th[text()='{worst}']/..").text


def test_the_address_of_a_site_leads_there_and_no_text_becomes_markup(page: Chrome) -> None:
    assert page.find_elements(By.ID, "injected") == []
    row = page.find_element(By.XPATH, "//th[text()='acme-007']/..")
    assert row.find_element(By.LINK_TEXT, "open").get_attribute("href") == "https://acme-007.example.com/"


def test_each_rollout_has_a_drawing_and_a_table_of_its_waves(page: Chrome) -> None:
    assert len(page.find_elements(By.TAG_NAME, "svg")) == 10
    table = page.find_element(By.CSS_SELECTOR, "table[aria-label^='Waves of the rollout of test']")
    rows = [row.text.split() for row in table.find_elements(By.CSS_SELECTOR, "tbody tr")]
    assert [" ".join(row[:2]) for row in rows] == ["original 1", "wave 1", "wave 2", "wave 3"]


def test_a_stack_that_cannot_be_read_is_a_part_of_the_page(chrome: Chrome, tmp_path: Path) -> None:
    path = tmp_path / "fleet.html"
    path.write_text(render_html(make_report_with_unreadable_stack()), encoding="utf-8")
    chrome.get(path.as_uri())
    body = chrome.find_element(By.TAG_NAME, "body").text
    assert "live cannot be read" in body
    assert "no-such-stack" in body
    assert chrome.find_elements(By.ID, "injected") == []
    assert shown_sites(chrome) == ["acme", "acme-de"]
