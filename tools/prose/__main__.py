"""Print each hit as ``path:line: rule: text``, and fail where a folder has another number of them than is allowed."""

import argparse
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.prose.passages import passages
from tools.prose.rules import RULES, Hit, hits

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = Path(__file__).with_name("allowed.toml")


def main(arguments: list[str] | None = None) -> int:
    """Lint the paths that are named, or compare the whole project with ``allowed.toml``."""
    parser = argparse.ArgumentParser(prog="python -m tools.prose", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders; without any: the project's own")
    parser.add_argument("--lower", action="store_true", help="write today's numbers, unless they are more in all")
    options = parser.parse_args(arguments)
    found = {
        path: list(lint(path))
        for path in files(options.paths or [path for name in RULES["paths"] for path in ROOT.glob(name)])
    }
    if options.paths:
        _show(found)
        return int(any(found.values()))
    counts = Counter({folder(path): 0 for path in found})
    for path, its in found.items():
        counts[folder(path)] += len(its)
    allowed: dict[str, int] = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))
    return _lower(counts, allowed) if options.lower else _compare(found, counts, allowed)


def lint(path: Path) -> Iterator[Hit]:
    """Yield the hits of one file."""
    messages = any(path.resolve().is_relative_to(ROOT / name) for name in RULES["messages"])
    for passage in passages(path, messages):
        yield from hits(passage)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of these paths that have prose, without hidden folders."""
    for path in paths:
        if path.is_file():
            yield path
        for file in sorted(path.rglob("*")) if path.is_dir() else ():
            hidden = any(part.startswith(".") and part != ".github" for part in file.relative_to(path).parts[:-1])
            if file.is_file() and file.suffix in RULES["suffixes"] and not hidden:
                yield file


def folder(path: Path) -> str:
    """Return the folder that an allowance is for."""
    return path.resolve().relative_to(ROOT).parent.as_posix()


def _compare(found: dict[Path, list[Hit]], counts: Counter[str], allowed: dict[str, int]) -> int:
    more = {name for name, count in counts.items() if count > allowed.get(name, 0)}
    _show({path: its for path, its in found.items() if folder(path) in more})
    for name in sorted(more):
        _write(f"{name}: {counts[name]} hits, {allowed.get(name, 0)} allowed")
    fewer = sorted(name for name, count in allowed.items() if count > counts[name])
    for name in fewer:
        _write(f"{name}: {counts[name]} hits, {allowed[name]} allowed. Lower it: python -m tools.prose --lower")
    return int(bool(more or fewer))


def _lower(counts: Counter[str], allowed: dict[str, int]) -> int:
    if counts.total() > sum(allowed.values()):
        _write(f"{counts.total()} hits, {sum(allowed.values())} allowed: the numbers only go down")
        return 1
    lines = [f'"{name}" = {count}\n' for name, count in sorted(counts.items()) if count]
    head = "# The hits that a folder may still have. `python -m tools.prose --lower` writes it.\n"
    ALLOWED.write_text(head + "".join(lines), encoding="utf-8")
    return 0


def _show(found: dict[Path, list[Hit]]) -> None:
    for path, its in found.items():
        name = path.resolve().relative_to(ROOT) if path.resolve().is_relative_to(ROOT) else path
        for hit in sorted(its, key=lambda hit: hit.line):
            _write(f"{name}:{hit.line}: {hit.rule}: {hit.text}")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
