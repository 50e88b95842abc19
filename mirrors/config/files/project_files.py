"""The project's files: ``Pulumi.yaml``, the stack's file, and the file of ``mirrors:fleetFile``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml.nodes import Node, ScalarNode

from mirrors.config.files.fleet_file import FleetFileContent, read_fleet_file
from mirrors.config.files.scalars import YamlScalar
from mirrors.config.files.written import (
    OtherSourceError,
    SourceFile,
    arrives_as_written,
    compare_scalars,
    top_level_keys,
)
from mirrors.config.models.base import CONFIG_NAMESPACE, KeyPath

__all__ = ["NO_PROJECT_FILES", "PROJECT_FILE_NAMES", "ProjectFiles", "find_project_file", "stack_file_path"]

PROJECT_FILE_NAMES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


@dataclass(frozen=True)
class ProjectFiles:
    """The files of a project and one of its stacks.

    Args:
        directory: The project's directory.
        sources: The stack's file, then the project's. A file that Mirrors cannot read is left out.
    """

    directory: Path
    sources: Sequence[SourceFile] = ()

    @classmethod
    def find(cls, directory: Path, stack: str) -> ProjectFiles:
        """Find the files of a stack.

        Args:
            directory: The project's directory, or one below it, such as the one that ``main`` names.
            stack: The name of the stack.
        """
        project = find_project_file(directory)
        if project is None:
            return cls(directory)
        top = top_level_keys(_read_text_or_empty(project))
        own = _find_stack_file(project, top, stack)
        found = (
            SourceFile.from_top_keys(
                own.name, top_level_keys(_read_text_or_empty(own)), CONFIG_NAMESPACE, rewritten=True
            ),
            SourceFile.from_top_keys(project.name, top, CONFIG_NAMESPACE, rewritten=False),
        )
        return cls(project.parent, [source for source in found if source])

    def compare_with_source(self, key: str, value: Any) -> list[tuple[KeyPath, YamlScalar, Any, bool]]:
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
                    found = compare_scalars(source, source.keys[key], value, (key,))
                    return [(place, leaf, arrived, arrives_as_written(leaf, arrived)) for place, leaf, arrived in found]
                except OtherSourceError:
                    continue
        return []

    def read_fleet(self, name: str) -> FleetFileContent:
        return read_fleet_file(self.directory / name, name)


NO_PROJECT_FILES = ProjectFiles(Path())


def stack_file_path(directory: Path, stack: str) -> Path | None:
    """Return the path of a stack's configuration file, which may not exist yet; None without a project."""
    project = find_project_file(directory)
    return _find_stack_file(project, top_level_keys(_read_text_or_empty(project)), stack) if project else None


def find_project_file(directory: Path) -> Path | None:
    """Return the path of the project's file, in the directory or above it, as Pulumi looks for it."""
    places = (place / name for place in (directory, *directory.resolve().parents) for name in PROJECT_FILE_NAMES)
    return next((place for place in places if place.is_file()), None)


def _find_stack_file(project: Path, top: Mapping[str, Node] | None, stack: str) -> Path:
    """Return the path of a stack's file.

    The file is in the project's directory, or in the one that ``stackConfigDir`` names. It has the suffix of the
    project's file.
    """
    folder = (top or {}).get("stackConfigDir")
    place = project.parent / folder.value if isinstance(folder, ScalarNode) else project.parent
    return place / f"{project.stem}.{stack.rpartition('/')[2]}{project.suffix}"


def _read_text_or_empty(file: Path) -> str:
    """Return a file's text; empty if Mirrors cannot read it, so that it is compared with nothing."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
