"""Writes the files that are made of the code, those that would change."""

from __future__ import annotations

import sys

from tools.reference import CHECKOUT, files


def main() -> int:
    for path, text in files().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(CHECKOUT)}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
