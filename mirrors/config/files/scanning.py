"""Compare the configuration with the files that it comes from. A scalar that arrives changed is a problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import ErrorDetails

from mirrors.config.files.project_files import ProjectFiles
from mirrors.config.files.scalars import AlteredScalar, YamlScalar, is_rewritten_date
from mirrors.config.messages.schema_errors import (
    altered_scalar_problem,
    describe_expected,
    path_of_error,
    rewritten_date_problem,
)
from mirrors.config.messages.wording import format_path, problem_at
from mirrors.config.models.base import KeyPath, walk_values
from mirrors.config.platforms import secret_key_commands
from mirrors.problems import Problem

__all__ = ["FileScan", "compare_with_files"]


@dataclass
class FileScan:
    """The result of ``compare_with_files``.

    Args:
        leaves: Each scalar that a file shows, by place.
        problems: The problems of the files themselves.
        changed: Each scalar that does not arrive as it is written, by place.
        unread: Whether Mirrors cannot read the file of the fleet. ``problems`` says why.
    """

    leaves: dict[KeyPath, YamlScalar] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    changed: dict[KeyPath, AlteredScalar] = field(default_factory=dict)
    unread: bool = False

    def take_problems(self, errors: Sequence[ErrorDetails] = ()) -> list[Problem]:
        """Return a problem for each altered scalar, and forget them.

        Args:
            errors: The errors of pydantic. One at the same place says what its key takes.
        """
        takes = {
            path_of_error(error): describe_expected(error, path_of_error(error))
            for error in errors
            if path_of_error(error) in self.changed
        }
        problems = [altered_scalar_problem(found, takes.get(place)) for place, found in self.changed.items()]
        self.changed = {}
        return problems


def compare_with_files(data: dict[str, Any], files: ProjectFiles) -> FileScan:
    """Compare the configuration with its files, and read the fleet's own file.

    An encrypted value arrives unchanged, so Mirrors compares no secret key.

    Args:
        data: {key: value} as Pulumi passes it. An altered scalar gets the text of its file, and ``fleet`` the value
            from the file of ``fleetFile``.
        files: The project's files.
    """
    found = FileScan()
    _read_fleet_file(data, files, found)
    for key in data.keys() - secret_key_commands().keys():
        for place, leaf, arrived, same in files.compare_with_source(key, data[key]):
            found.leaves[place] = leaf
            if not same:
                _restore_written_text(data, AlteredScalar(place, leaf, arrived), found)
    found.problems += _find_rewritten_dates(data, found)
    return found


def _read_fleet_file(data: dict[str, Any], files: ProjectFiles, found: FileScan) -> None:
    name = data.get("fleetFile")
    if not name:
        return
    if "fleet" in data:
        message = f"{format_path(('fleet',))} is also set."
        found.problems.append(problem_at(("fleetFile",), "keys-exclude-each-other", message, "Remove one of them"))
        return
    read = files.read_fleet(name)
    found.problems += read.problems
    found.leaves |= read.leaves
    if read.fleet is None:
        found.unread = True
        return
    data["fleet"] = read.fleet
    for item in read.altered:
        _restore_written_text(data, item, found)


def _restore_written_text(data: dict[str, Any], item: AlteredScalar, found: FileScan) -> None:
    holder: Any = data
    for key in item.place[:-1]:
        holder = holder[key]
    holder[item.place[-1]] = item.leaf.text
    found.changed[item.place] = item


def _find_rewritten_dates(data: dict[str, Any], found: FileScan) -> Iterator[Problem]:
    for key in sorted(data.keys() - secret_key_commands().keys()):
        for place, text in walk_values(data[key], (key,)):
            if not isinstance(text, str):
                continue
            leaf = found.leaves.get(place)
            known = leaf is not None and not leaf.rewritten
            if not known and place not in found.changed and is_rewritten_date(text, rewritten=leaf is not None):
                yield rewritten_date_problem(place, leaf)
