"""``make site``: builds the documentation strictly. No page of it loads anything from elsewhere.

The links of all pages, and the anchors behind them, are checked on the way. A page also works where it is opened as a
file; only the search needs a server.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PYTHON = CHECKOUT / ".tools" / "docs" / "bin" / "python"
SITE = CHECKOUT / ".state" / "site"

LOADED = re.compile(
    r"""<(?:script|img|iframe)\b[^>]*\ssrc="?(https?:[^"\s>]+)|<link\b[^>]*\shref="?(https?:[^"\s>]+)"""
)


def main() -> int:
    done = subprocess.run([PYTHON, "-m", "zensical", "build", "--clean", "--strict"], cwd=CHECKOUT, check=False)
    if done.returncode:
        return done.returncode
    pages = sorted(SITE.rglob("*.html"))
    elsewhere = {url for page in pages for url in loaded(page.read_text(encoding="utf-8"))}
    sys.stdout.write(f"{len(pages)} pages: {SITE / 'index.html'}\n")
    sys.stdout.write(f"With search: python3 -m http.server --bind 127.0.0.1 --directory {SITE}\n")
    sys.stderr.writelines(f"site: a page loads {url}, which is not in the site\n" for url in sorted(elsewhere))
    return 1 if elsewhere else 0


def loaded(page: str) -> Iterator[str]:
    """Yield each address of another host from which a page loads something. Links are no such addresses."""
    yield from (script or link for script, link in LOADED.findall(page))


if __name__ == "__main__":
    sys.exit(main())
