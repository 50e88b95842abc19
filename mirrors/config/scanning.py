"""Compare the configuration with the files that it comes from. A scalar that arrives changed is a problem."""

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
    """The result of ``scan``.

    Args:
        leaves: Each scalar that a file shows, by place.
        problems: The problems of the files themselves.
        changed: Each scalar that does not arrive as it is written, by place.
        unread: Whether Mirrors cannot read the file of the fleet. ``problems`` says why.
    """

    leaves: dict[Place, Leaf] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    changed: dict[Place, Altered] = field(default_factory=dict)
    unread: bool = False

    def said(self, errors: Sequence[ErrorDetails] = ()) -> list[Problem]:
        """Return a problem for each altered scalar, and forget them.

        Args:
            errors: The errors of pydantic. One at the same place says what its key takes.
        """
        takes = {
            place_of(error): takes_of(error, place_of(error)) for error in errors if place_of(error) in self.changed
        }
        problems = [altered(found, takes.get(place)) for place, found in self.changed.items()]
        self.changed = {}
        return problems


def scan(data: dict[str, Any], files: Files) -> Scan:
    """Compare the configuration with its files, and read the fleet's own file.

    An encrypted value arrives unchanged, so Mirrors compares no secret key.

    Args:
        data: {key: value} as Pulumi passes it. An altered scalar gets the text of its file, and ``fleet`` the value
            from the file of ``fleetFile``.
        files: The project's files.
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
        message = f"{path(('fleet',))} is also set."
        found.problems.append(problem_at(("fleetFile",), "keys-exclude-each-other", message, "Remove one of them"))
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
