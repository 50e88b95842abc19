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

from mirrors.config.files.scalars import AlteredScalar, YamlScalar, agreed_value, engine_changes_scalar
from mirrors.config.files.written import YAML_LOADER, SourceFile, mapping_pairs
from mirrors.config.messages.wording import format_path, problem_at
from mirrors.config.models.base import KeyPath
from mirrors.problems import Problem

__all__ = ["FleetFileContent", "read_fleet_file"]

_FLEET_KEY = format_path(("fleet",))


@dataclass
class FleetFileContent:
    """A fleet as its file has it.

    Args:
        fleet: The value of ``mirrors:fleet``; None if Mirrors cannot read the file.
        leaves: How the file writes each scalar.
        altered: The scalars that readers of YAML do not agree on.
        problems: Everything that is wrong with the file.
    """

    fleet: Any = None
    leaves: dict[KeyPath, YamlScalar] = field(default_factory=dict)
    altered: list[AlteredScalar] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_fleet_file(file: Path, name: str) -> FleetFileContent:
    """Read the fleet's file, and turn each error into a problem.

    Args:
        file: The path of the file.
        name: The file's name in the user's words, for messages.
    """
    found = FleetFileContent()
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=YAML_LOADER)
        if isinstance(root, MappingNode):
            found.fleet = _FleetReader(SourceFile(name, False, {}), found).read_node(root, ("fleet",))
        else:
            found.problems.append(
                _make_unusable_file_problem(f"{name} has no keys.", f"Write those of {_FLEET_KEY}, such as original")
            )
    except OSError as error:
        message = f"Mirrors cannot read {file}: {error.strerror}."
        found.problems.append(_make_unusable_file_problem(message, "Write the path from the project's directory on"))
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}," if mark else ""
        found.problems.append(_make_unusable_file_problem(f"{name}{where} is no YAML.", "Correct the file"))
    return found


def _make_unusable_file_problem(message: str, remedy: str) -> Problem:
    return problem_at(("fleetFile",), "fleet-file-unusable", message, remedy)


@dataclass
class _FleetReader:
    source: SourceFile
    found: FleetFileContent

    def read_node(self, node: Node, place: KeyPath) -> Any:
        if isinstance(node, SequenceNode):
            return [self.read_node(item, (*place, number)) for number, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            self.found.problems += self._find_duplicate_keys(node, place)
            return {key: self.read_node(item, (*place, key)) for key, item in dict(mapping_pairs(node)).items()}
        return self._read_scalar(self.source.scalar_of(node), place) if isinstance(node, ScalarNode) else None

    def _read_scalar(self, leaf: YamlScalar, place: KeyPath) -> Any:
        self.found.leaves[place] = leaf
        if leaf.quoted or not engine_changes_scalar(leaf.text):
            return leaf.text
        value = agreed_value(leaf.text)
        if isinstance(value, str):
            self.found.altered.append(AlteredScalar(place, leaf, None))
        return value

    def _find_duplicate_keys(self, node: MappingNode, place: KeyPath) -> Iterator[Problem]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                where = f"{self.source.file}, line {key.start_mark.line + 1}"
                message = f"the file has this key twice ({where})."
                yield problem_at((*place, str(key.value)), "key-written-twice", message, "Remove one of them")
            seen.add(key.value)
