"""The documentation as a whole: short pages, all of them in the navigation, and links of the other files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.site import loaded

CHECKOUT = Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
DECISIONS = sorted(DOCS.glob("adr/0*.md"))
OUTSIDE = [path for path in CHECKOUT.glob("*.md") if path.is_file()]
"""Pages beside the site, such as the README: ``make site`` does not check their links."""

MOST_LINES = 200


def navigation() -> Iterator[str]:
    """Yield each page that ``mkdocs.yml`` names. The rest of that file has tags that only its reader knows."""
    text = (CHECKOUT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    yield from leaves(yaml.safe_load(text))


def leaves(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
        return
    for item in node.values() if isinstance(node, dict) else node:
        yield from leaves(item)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_is_short(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_each_page_is_in_the_navigation_once() -> None:
    assert sorted(navigation()) == sorted(str(page.relative_to(DOCS)) for page in PAGES if page not in DECISIONS)


def test_each_decision_is_in_their_table() -> None:
    table = (DOCS / "adr" / "README.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| \[\d+\]\((.+?)\) \|", table, re.MULTILINE) == [page.name for page in DECISIONS]


@pytest.mark.parametrize("file", OUTSIDE, ids=lambda file: file.name)
def test_a_link_of_a_file_beside_the_site_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", file.read_text(encoding="utf-8"))

    assert [link for link in links if not (file.parent / link).exists()] == []


def test_what_a_page_loads_from_elsewhere_is_found_and_a_link_is_not() -> None:
    page = (
        '<link rel="stylesheet" href="https://a.example/a.css"><link href="own.css"><script defer src=https://b.example/b>'
        '<img alt="" src="https://c.example/c.png"><script src="own.js"></script><a href="https://d.example/">d</a>'
    )

    assert list(loaded(page)) == ["https://a.example/a.css", "https://b.example/b", "https://c.example/c.png"]
