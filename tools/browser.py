"""``python -m tools.browser``: Chromium and its driver, for the tests of pages. Each test starts its own."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from tools.debian import InstallError, find_program, install

__all__ = ["Browser", "find_browser"]

PACKAGES = ("chromium", "chromium-driver")


@dataclass(frozen=True)
class Browser:
    """The paths of the two programs."""

    program: str
    driver: str


def find_browser() -> Browser | None:
    """Return the installed browser; None if it, or its driver, is missing."""
    program, driver = find_program("chromium"), find_program("chromedriver")
    return Browser(program, driver) if program and driver else None


def main() -> None:
    if find_browser() is None:
        try:
            install(PACKAGES)
        except InstallError as error:
            sys.stdout.write(f"browser: no Chromium, so the tests of pages are skipped: {error}\n")
            return
    sys.stdout.write(f"browser: {find_browser()}\n")


if __name__ == "__main__":
    main()
