"""The project's files, as far as they are at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml.nodes import Node, ScalarNode

from mirrors.config.base import Place
from mirrors.config.fleet_file import FleetFile, read_fleet
from mirrors.config.scalars import Leaf
from mirrors.config.written import OtherSourceError, Source, arrives_as_written, compare, keys_of

__all__ = ["NAMES", "NO_FILES", "Files", "stack_file"]

NAMES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
NAMESPACE = "mirrors"


@dataclass(frozen=True)
class Files:
    """``directory`` is the project's. ``sources``: the stack's file, then the project's, as far as they can be read."""

    directory: Path
    sources: Sequence[Source] = ()

    @classmethod
    def of(cls, directory: Path, stack: str) -> Files:
        """Those of the project that a directory belongs to: it may be one that ``main`` names."""
        project = _project_of(directory)
        if project is None:
            return cls(directory)
        top = keys_of(_text(project))
        own = _beside(project, top, stack)
        found = (
            Source.of(own.name, keys_of(_text(own)), NAMESPACE, rewritten=True),
            Source.of(project.name, top, NAMESPACE, rewritten=False),
        )
        return cls(project.parent, [source for source in found if source])

    def written(self, key: str, value: Any) -> list[tuple[Place, Leaf, Any, bool]]:
        """Of a key's value each scalar: place, how it is written, what arrives, and whether that is the same.

        Empty where no file has what arrives: ``--config-file`` names another one, or a program has set the value.
        """
        for source in self.sources:
            if key in source.keys:
                try:
                    found = compare(source, source.keys[key], value, (key,))
                    return [(place, leaf, arrived, arrives_as_written(leaf, arrived)) for place, leaf, arrived in found]
                except OtherSourceError:
                    continue
        return []

    def fleet(self, name: str) -> FleetFile:
        return read_fleet(self.directory / name, name)


NO_FILES = Files(Path())


def stack_file(directory: Path, stack: str) -> Path | None:
    """Where Pulumi keeps a stack's configuration, be it there yet or not; None where there is no project."""
    project = _project_of(directory)
    return _beside(project, keys_of(_text(project)), stack) if project else None


def _project_of(directory: Path) -> Path | None:
    places = (place / name for place in (directory, *directory.resolve().parents) for name in NAMES)
    return next((place for place in places if place.is_file()), None)


def _beside(project: Path, top: Mapping[str, Node] | None, stack: str) -> Path:
    """Beside the project's, unless ``stackConfigDir`` says otherwise; it has the same ending."""
    folder = (top or {}).get("stackConfigDir")
    place = project.parent / folder.value if isinstance(folder, ScalarNode) else project.parent
    return place / f"{project.stem}.{stack.rpartition('/')[2]}{project.suffix}"


def _text(file: Path) -> str:
    """Nothing where it cannot be read: then there is nothing to compare with."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
