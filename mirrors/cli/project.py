"""Read and write the file that declares a fleet. Everything that Mirrors does not write stays as it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from yaml.nodes import MappingNode, Node

from mirrors.cli.atomic_file import write_atomically
from mirrors.cli.pinning import pin_site_ids
from mirrors.cli.yaml_edit import YamlEditor
from mirrors.cli.yaml_text import as_yaml, find_pair, parse_yaml, value_of
from mirrors.config.files.project_files import find_project_file, stack_file_path
from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = ["FLEET_KEY", "ProjectFile", "find_broken_file"]

FLEET_KEY = "mirrors:fleet"
FLEET_FILE_KEY = "mirrors:fleetFile"
BYTE_ORDER_MARK = "\ufeff"


class ProjectFile:
    """A file that declares a fleet, or could. Nothing is written before ``save``.

    Args:
        path: The path of the file.
        text: Its content.
        only_fleet: The file holds a fleet alone, its keys at the top.

    Raises:
        MirrorsError: The text is no YAML, or holds no keys.
    """

    def __init__(self, path: Path, text: str, *, only_fleet: bool = False) -> None:
        self.path = path
        self._only_fleet = only_fleet
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        self._load(text.removeprefix(self._mark).replace("\r\n", "\n"))

    @classmethod
    def find(cls, directory: Path) -> Self:
        """Read the project's file, in the directory or above it. Raises MirrorsError if it is missing or unreadable."""
        path = find_project_file(directory)
        if path is None:
            said = f"there is no Pulumi.yaml in {directory.resolve()}, or above it"
            raise MirrorsError(Problem("no-project", said, "go to the project's directory, or name it with -C"))
        return cls.read(path)

    @classmethod
    def declaring(cls, directory: Path, stack: str) -> Self:
        """Read the file that declares a stack's fleet: the stack's own, the project's, or the file that either names.

        Raises:
            MirrorsError: No such file declares a fleet in clear.
        """
        project, own = cls.find(directory), stack_file_path(directory, stack)
        for file in (*([cls.read(own)] if own and own.is_file() else []), project):
            if file.fleet_file:
                return cls.read(project.path.parent / file.fleet_file, only_fleet=True)
            if isinstance(file.fleet, Mapping) and isinstance(file.fleet.get("original"), Mapping):
                return file
        said = f"no file in {directory.resolve()} declares {FLEET_KEY} in clear"
        raise MirrorsError(Problem("fleet-not-in-clear", said, "write the ids where it is declared"))

    @classmethod
    def to_write(cls, directory: Path) -> Self:
        """Read the file that a fleet is written into: the project's, or the one that it names, which may not exist yet.

        Raises:
            MirrorsError: The project's file is missing or cannot be read.
        """
        project = cls.find(directory)
        if project.fleet_file is None:
            return project
        named = project.path.parent / project.fleet_file
        return cls.read(named, only_fleet=True) if named.is_file() else cls(named, "{}\n", only_fleet=True)

    @classmethod
    def read(cls, path: Path, *, only_fleet: bool = False) -> Self:
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            said = f"{path} cannot be read: {type(error).__name__}"
            raise MirrorsError(Problem("project-file-unreadable", said)) from error
        return cls(path.resolve(), text, only_fleet=only_fleet)

    @property
    def name(self) -> str:
        return str(self._data.get("name"))

    @property
    def fleet(self) -> Any:
        """The declared fleet; None if there is none."""
        return (self._data or None) if self._only_fleet else self._configured(FLEET_KEY)

    @property
    def fleet_file(self) -> str | None:
        """The file that has the fleet in place of this one, relative to the project's directory."""
        name = None if self._only_fleet else self._configured(FLEET_FILE_KEY)
        return name if isinstance(name, str) and name else None

    def set_fleet(self, fleet: Mapping[str, Any]) -> None:
        """Replace the declared fleet, or add one."""
        if self._only_fleet:
            return self._load(as_yaml(fleet))
        editor, (_, config) = YamlEditor(self._text), find_pair(self._root, "config") or (None, None)
        if isinstance(config, MappingNode) and config.value:
            editor.set_key(config, FLEET_KEY, {"value": fleet})
        else:
            editor.set_key(self._root, "config", {FLEET_KEY: {"value": fleet}})
        return self._load(editor.edited())

    def pin(self, site_ids: Mapping[str, int], retired: Sequence[int] = (), highest: int = 0) -> list[str]:
        """Declare ids that are not declared yet. Declared ids stay as they are.

        If a site left the list and returned, its id is no longer retired.

        Args:
            site_ids: {application: its id}.
            retired: The ids of sites that have left.
            highest: The highest id ever given; 0 where it is not known.

        Returns:
            A line for each change.
        """
        editor = YamlEditor(self._text)
        lines = list(pin_site_ids(editor, self._fleet_node(), site_ids, retired, highest))
        self._load(editor.edited())
        return lines

    def save(self) -> None:
        """Write the file whole, or not at all. Raises MirrorsError."""
        if self.path.suffix == ".json" and not self._only_fleet:
            said = f"{self.path} is JSON, and Mirrors writes YAML. Nothing was written"
            raise MirrorsError(Problem("project-file-unwritable", said, "write it into the file by hand"))
        try:
            write_atomically(self.path, (self._mark + self._text.replace("\n", self._newline)).encode())
        except OSError as error:
            said = f"{self.path} cannot be written: {error.strerror}"
            raise MirrorsError(Problem("project-file-unwritable", said)) from error

    def _load(self, text: str) -> None:
        root = parse_yaml(text, self.path)
        if not isinstance(root, MappingNode):
            said = f"{self.path} is no project's file: it holds no keys"
            raise MirrorsError(Problem("project-file-invalid", said, "correct the file"))
        self._text, self._root, self._data = text, root, value_of(root)

    def _configured(self, key: str) -> Any:
        config = self._data.get("config")
        entry = config.get(key) if isinstance(config, dict) else None
        return entry["value"] if isinstance(entry, dict) and entry.keys() == {"value"} else entry

    def _fleet_node(self) -> MappingNode:
        node: Node = self._root
        for key in () if self._only_fleet else ("config", FLEET_KEY, "value"):
            node = pair[1] if (pair := find_pair(node, key)) else node
        assert isinstance(node, MappingNode)  # noqa: S101 - the caller has seen a fleet
        return node


def find_broken_file(directory: Path, stack: str | None = None) -> Problem | None:
    """Return what is wrong with the project's file, or the stack's, if it is no YAML."""
    for path in (find_project_file(directory), stack_file_path(directory, stack) if stack else None):
        try:
            if path and path.is_file():
                parse_yaml(path.read_bytes(), path)
        except MirrorsError as error:
            return error.problems[0]
        except OSError:  # Pulumi cannot read it either, and says so
            continue
    return None
