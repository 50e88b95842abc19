"""A real browser: Debian's Chromium without a window. Where it is not installed, these tests are skipped and say so."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tools.browser import find_browser

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


@pytest.fixture(scope="session")
def chrome() -> Iterator[Chrome]:
    found = find_browser()
    if found is None:
        pytest.skip("no Chromium with its driver: make browser installs it")
    options = ChromeOptions()
    options.binary_location = found.program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ARGUMENTS:
        options.add_argument(argument)
    driver = Chrome(options, ChromeService(found.driver))
    yield driver
    driver.quit()
