"""The project's files: ``Pulumi.yaml``, the stack's file, and the file of ``mirrors:fleetFile``."""

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
    """The files of a project and one of its stacks.

    Args:
        directory: The project's directory.
        sources: The stack's file, then the project's. A file that Mirrors cannot read is left out.
    """

    directory: Path
    sources: Sequence[Source] = ()

    @classmethod
    def of(cls, directory: Path, stack: str) -> Files:
        """Find the files of a stack.

        Args:
            directory: The project's directory, or one below it, such as the one that ``main`` names.
            stack: The name of the stack.
        """
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
        """Compare a value with the file that it comes from, scalar by scalar.

        Args:
            key: A key at the top of the configuration.
            value: The value that Pulumi passes for it.

        Returns:
            For each scalar: its place, how the file writes it, what Pulumi passes, and whether both agree. The list is
            empty if the value comes from no file: ``--config-file`` names another one, or a program set the value.
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
    """Return the path of a stack's configuration file, which may not exist yet; None without a project."""
    project = _project_of(directory)
    return _beside(project, keys_of(_text(project)), stack) if project else None


def _project_of(directory: Path) -> Path | None:
    places = (place / name for place in (directory, *directory.resolve().parents) for name in NAMES)
    return next((place for place in places if place.is_file()), None)


def _beside(project: Path, top: Mapping[str, Node] | None, stack: str) -> Path:
    """Return the path of a stack's file.

    The file is in the project's directory, or in the one that ``stackConfigDir`` names. It has the suffix of the
    project's file.
    """
    folder = (top or {}).get("stackConfigDir")
    place = project.parent / folder.value if isinstance(folder, ScalarNode) else project.parent
    return place / f"{project.stem}.{stack.rpartition('/')[2]}{project.suffix}"


def _text(file: Path) -> str:
    """Return a file's text; empty if Mirrors cannot read it, so that it is compared with nothing."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
