"""Read a fleet from a file of its own, ``mirrors:fleetFile``. Pulumi does not read it, so it may be of any size.

Mirrors reads it as strictly as ``Pulumi.yaml``. It refuses a scalar that Pulumi would change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mirrors.config.base import Place
from mirrors.config.messages import path, problem_at
from mirrors.config.scalars import Altered, Leaf, engine_reads_otherwise, plain_value
from mirrors.config.written import LOADER, Source, pairs
from mirrors.problems import Problem

__all__ = ["FleetFile", "read_fleet"]

FLEET = path(("fleet",))


@dataclass
class FleetFile:
    """A fleet as its file has it.

    Args:
        fleet: The value of ``mirrors:fleet``; None if Mirrors cannot read the file.
        leaves: How the file writes each scalar.
        altered: The scalars that readers of YAML do not agree on.
        problems: Everything that is wrong with the file.
    """

    fleet: Any = None
    leaves: dict[Place, Leaf] = field(default_factory=dict)
    altered: list[Altered] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_fleet(file: Path, name: str) -> FleetFile:
    """Read the fleet's file, and turn each error into a problem.

    Args:
        file: The path of the file.
        name: The file's name in the user's words, for messages.
    """
    found = FleetFile()
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=LOADER)
        if isinstance(root, MappingNode):
            found.fleet = _Reading(Source(name, False, {}), found).value(root, ("fleet",))
        else:
            found.problems.append(_unusable(f"{name} has no keys.", f"Write those of {FLEET}, such as original"))
    except OSError as error:
        message = f"Mirrors cannot read {file}: {error.strerror}."
        found.problems.append(_unusable(message, "Write the path from the project's directory on"))
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}," if mark else ""
        found.problems.append(_unusable(f"{name}{where} is no YAML.", "Correct the file"))
    return found


def _unusable(message: str, remedy: str) -> Problem:
    return problem_at(("fleetFile",), "fleet-file-unusable", message, remedy)


@dataclass
class _Reading:
    source: Source
    found: FleetFile

    def value(self, node: Node, place: Place) -> Any:
        if isinstance(node, SequenceNode):
            return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            self.found.problems += self._doubles(node, place)
            return {key: self.value(item, (*place, key)) for key, item in dict(pairs(node)).items()}
        return self._scalar(self.source.leaf(node), place) if isinstance(node, ScalarNode) else None

    def _scalar(self, leaf: Leaf, place: Place) -> Any:
        self.found.leaves[place] = leaf
        if leaf.quoted or not engine_reads_otherwise(leaf.text):
            return leaf.text
        value = plain_value(leaf.text)
        if isinstance(value, str):
            self.found.altered.append(Altered(place, leaf, None))
        return value

    def _doubles(self, node: MappingNode, place: Place) -> Iterator[Problem]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                where = f"{self.source.file}, line {key.start_mark.line + 1}"
                message = f"the file has this key twice ({where})."
                yield problem_at((*place, str(key.value)), "key-written-twice", message, "Remove one of them")
            seen.add(key.value)
