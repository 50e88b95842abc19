"""The configuration beside the files that it stands in: what does not arrive as it is written is a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import ErrorDetails

from mirrors.config.base import Place
from mirrors.config.files import Files
from mirrors.config.messages import altered, engines_date, path, place_of, problem_at, takes_of
from mirrors.config.platforms import secret_commands
from mirrors.config.scalars import Altered, Leaf, is_engines_date
from mirrors.problems import Problem

__all__ = ["Scan", "scan"]


@dataclass
class Scan:
    """``leaves``: how each scalar is written, where a file shows it.

    ``unread``: the fleet is in a file that cannot be read, which is one of the problems.
    """

    leaves: dict[Place, Leaf] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    changed: dict[Place, Altered] = field(default_factory=dict)
    unread: bool = False

    def said(self, errors: Sequence[ErrorDetails] = ()) -> list[Problem]:
        """A problem for each altered scalar. What pydantic finds in the same place says what the place takes."""
        takes = {
            place_of(error): takes_of(error, place_of(error)) for error in errors if place_of(error) in self.changed
        }
        problems = [altered(found, takes.get(place)) for place, found in self.changed.items()]
        self.changed = {}
        return problems


def scan(data: dict[str, Any], files: Files) -> Scan:
    """``data``: {key: value} as it came. What is altered gets the text that is written; a fleet's file is read in.

    Secret keys are left out: what is encrypted arrives as it is.
    """
    found = Scan()
    _read_fleet_file(data, files, found)
    for key in data.keys() - secret_commands().keys():
        for place, leaf, arrived, same in files.written(key, data[key]):
            found.leaves[place] = leaf
            if not same:
                _alter(data, Altered(place, leaf, arrived), found)
    found.problems += _dates(data, found)
    return found


def _read_fleet_file(data: dict[str, Any], files: Files, found: Scan) -> None:
    name = data.get("fleetFile")
    if not name:
        return
    if "fleet" in data:
        message = f"{path(('fleet',))} is set, too"
        found.problems.append(problem_at(("fleetFile",), "keys-exclude-each-other", message, "remove one of them"))
        return
    read = files.fleet(name)
    found.problems += read.problems
    found.leaves |= read.leaves
    if read.fleet is None:
        found.unread = True
        return
    data["fleet"] = read.fleet
    for item in read.altered:
        _alter(data, item, found)


def _alter(data: dict[str, Any], item: Altered, found: Scan) -> None:
    holder: Any = data
    for key in item.place[:-1]:
        holder = holder[key]
    holder[item.place[-1]] = item.leaf.text
    found.changed[item.place] = item


def _dates(data: dict[str, Any], found: Scan) -> Iterator[Problem]:
    for key in sorted(data.keys() - secret_commands().keys()):
        for place, text in _texts(data[key], (key,)):
            leaf = found.leaves.get(place)
            known = leaf is not None and not leaf.rewritten
            if not known and place not in found.changed and is_engines_date(text, rewritten=leaf is not None):
                yield engines_date(place, leaf)


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    items: Iterable[tuple[int | str, Any]] = ()
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from _texts(item, (*place, key))
