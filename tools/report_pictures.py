"""``python -m tools.report_pictures``: the pictures of ``mirrors report`` in the documentation, by a real browser."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from mirrors.cli.report.page import render_html
from tests.fleet_reports import make_report
from tools.browser import find_browser

ASSETS = Path(__file__).parents[1] / "docs" / "assets"
PICTURES = {"report-desk.png": (1280, 1050, "body"), "report-phone.png": (390, 800, "#sites-title")}
"""{file: width, height, and what is at its top}."""

COLOURS = 64
DETAIL = "runs an older release than the original"


def main() -> None:
    found = find_browser()
    if found is None:
        sys.exit("no Chromium with its driver: make browser installs it")
    options = ChromeOptions()
    options.binary_location = found.program
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = Chrome(options, ChromeService(found.driver))
    try:
        with TemporaryDirectory() as folder:
            page = Path(folder) / "fleet.html"
            page.write_text(render_html(make_report(64, "test", "live", detail=DETAIL)), encoding="utf-8")
            driver.get(page.as_uri())
            for name, (width, height, top) in PICTURES.items():
                driver.set_window_size(width, height)
                driver.execute_script("arguments[0].scrollIntoView()", driver.find_element(By.CSS_SELECTOR, top))
                shot = Image.open(BytesIO(driver.get_screenshot_as_png())).convert("RGB")
                shot.quantize(COLOURS).save(ASSETS / name, optimize=True)
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
