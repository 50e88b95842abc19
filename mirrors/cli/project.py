"""Write into a project's ``Pulumi.yaml``. Everything that Mirrors does not write stays as it is, comments included."""

import io
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from operator import itemgetter
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.tokens import CommentToken

from mirrors.config.files import stack_file
from mirrors.config.scalars import reads_otherwise
from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = ["FLEET", "FleetFile", "ProjectFile", "as_yaml"]

FLEET = "mirrors:fleet"
FLEET_FILE = "mirrors:fleetFile"
NAMES = ("Pulumi.yaml", "Pulumi.yml")
INDENTS = ((2, 4, 2), (2, 2, 0), (4, 4, 2), (4, 6, 4), (4, 4, 0), (2, 3, 1))
"""Common ways to indent: (maps, the content of a list, the dash of a list)."""


class ProjectFile:
    """One ``Pulumi.yaml``. Nothing is written before ``save``."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._yaml, self._document = _loaded(path, text.replace("\r\n", "\n"))

    @classmethod
    def find(cls, directory: Path) -> "ProjectFile":
        """Read the project's file. Raises MirrorsError where it is missing or cannot be read."""
        path = next((directory / name for name in NAMES if (directory / name).is_file()), None)
        if path is None:
            said = f"there is no {NAMES[0]} in {directory.resolve()}"
            raise MirrorsError(Problem("no-project", said, "go to the project's directory, or name it with -C"))
        return cls.read(path)

    @classmethod
    def declaring(cls, directory: Path, stack: str) -> "ProjectFile":
        """Read the file that declares a stack's fleet: the stack's own, the project's, or the file that either names.

        Raises:
            MirrorsError: No such file declares a fleet in clear.
        """
        project, own = cls.find(directory), stack_file(directory, stack)
        for file in (*([cls.read(own)] if own and own.is_file() else []), project):
            if file.fleet_file:
                return FleetFile.read(project.path.parent / file.fleet_file)
            if isinstance(file.fleet, CommentedMap) and isinstance(file.fleet.get("original"), CommentedMap):
                return file
        said = f"no file in {directory.resolve()} declares {FLEET} in clear"
        raise MirrorsError(Problem("fleet-not-in-clear", said, "write the ids where it is declared"))

    @classmethod
    def to_write(cls, directory: Path) -> "ProjectFile":
        """Read the file that a fleet is written into: the project's, or the one that it names, which may not exist yet.

        Raises:
            MirrorsError: The project's file is missing or cannot be read.
        """
        project = cls.find(directory)
        if project.fleet_file is None:
            return project
        named = project.path.parent / project.fleet_file
        return FleetFile.read(named) if named.is_file() else FleetFile(named, "{}\n")

    @classmethod
    def read(cls, path: Path) -> "ProjectFile":
        try:
            return cls(path.resolve(), path.read_bytes().decode())
        except (OSError, UnicodeDecodeError) as error:
            said = f"{path} cannot be read: {type(error).__name__}"
            raise MirrorsError(Problem("project-file-unreadable", said)) from error

    @property
    def name(self) -> str:
        return str(self._document.get("name"))

    @property
    def fleet(self) -> Any:
        """The declared fleet as the file has it, to be changed in place; None if there is none."""
        return self._configured(FLEET)

    @property
    def fleet_file(self) -> str | None:
        """The file that has the fleet in place of this one, relative to the project's directory."""
        name = self._configured(FLEET_FILE)
        return name if isinstance(name, str) and name else None

    def _configured(self, key: str) -> Any:
        config = self._document.get("config")
        entry = config.get(key) if isinstance(config, dict) else None
        return entry.get("value") if isinstance(entry, dict) and set(entry) == {"value"} else entry

    def set_fleet(self, fleet: Mapping[str, Any]) -> None:
        """Replace the declared fleet, or add one."""
        config = self._document.get("config")
        if not isinstance(config, dict):
            config = self._document["config"] = CommentedMap()
        config[FLEET] = CommentedMap({"value": commented(fleet)})

    def save(self) -> None:
        """Write the file whole, or not at all. Raises MirrorsError."""
        text = _dumped(self._yaml, self._document).replace("\n", self._newline)
        try:
            _replace(self.path, text.encode())
        except OSError as error:
            said = f"{self.path} cannot be written: {error.strerror}"
            raise MirrorsError(Problem("project-file-unwritable", said)) from error


class FleetFile(ProjectFile):
    """A file that holds a fleet alone, its keys at the top."""

    @property
    def fleet(self) -> Any:
        return self._document or None

    @property
    def fleet_file(self) -> str | None:
        return None

    def set_fleet(self, fleet: Mapping[str, Any]) -> None:
        self._yaml, self._document = _yaml(INDENTS[0]), commented(fleet)


def as_yaml(data: Mapping[str, Any]) -> str:
    return _dumped(_yaml(INDENTS[0]), commented(data))


def commented(data: Any) -> Any:
    """Return data for the writer. Text that a reader of YAML would take for another type gets quotes."""
    if isinstance(data, Mapping):
        return CommentedMap({commented(key): commented(value) for key, value in data.items()})
    if isinstance(data, list | tuple):
        return CommentedSeq([commented(item) for item in data])
    return DoubleQuotedScalarString(data) if isinstance(data, str) and reads_otherwise(data) else data


def pin(fleet: CommentedMap, site_ids: Mapping[str, int], retired: Sequence[int], highest: int = 0) -> Iterator[str]:
    """Declare ids that are not declared yet, and yield a line for each change. Declared ids stay as they are.

    If a site left the list and returned, its id is no longer retired.

    Args:
        highest: The highest id ever given; 0 where it is not known.
    """
    for site in (fleet["original"], *(fleet.get("mirrors") or [])):
        slug = site["application"]
        if site.get("siteId") is None and slug in site_ids:
            site.pop("siteId", None)
            insert_after(site, "application", "siteId", site_ids[slug])
            yield f"{slug}: siteId {site_ids[slug]}"
        if site_ids.get(slug) in (fleet.get("retired") or []):
            drop(fleet, "retired", site_ids[slug])
            yield f"retired: without {site_ids[slug]}, which {slug} has again"
    if new := sorted(set(retired) - set(fleet.get("retired") or [])):
        if fleet.get("retired"):
            extend(fleet, "retired", new)
        else:
            fleet.pop("retired", None)
            insert_after(fleet, list(fleet)[-1], "retired", _in_a_row(new))
        yield f"retired: {', '.join(map(str, new))}"
    if highest > (fleet.get("highestSiteId") or 0):
        if fleet.get("highestSiteId"):
            fleet["highestSiteId"] = highest
        else:
            fleet.pop("highestSiteId", None)
            insert_after(fleet, list(fleet)[-1], "highestSiteId", highest)
        yield f"highestSiteId: {highest}"


def insert_after(mapping: CommentedMap, key: str, new: str, value: Any) -> None:
    """Insert a key behind another one. Comment lines below the other one then follow the new one."""
    below = _take_lines_below(mapping, key)
    mapping.insert(list(mapping).index(key) + 1, new, value)
    if below is not None:
        mapping.ca.items[new] = [None, None, below, None]


def drop(mapping: CommentedMap, key: str, item: Any) -> None:
    """Remove an item from a list, with the comment on its line. Comment lines below the list stay."""
    below, items = _take_lines_below(mapping, key), mapping[key]
    items.remove(item)
    if not items:
        mapping[key] = _in_a_row([])
    if below is not None:
        holder, place = (items, len(items) - 1) if items else (mapping, key)
        holder.ca.items[place] = [below, None] if items else [None, None, below, None]


def extend(mapping: CommentedMap, key: str, items: Sequence[Any]) -> None:
    """Append items to a list. Comment lines below the list then follow the last of them."""
    below = _take_lines_below(mapping, key)
    mapping[key].extend(items)
    if below is not None:
        mapping[key].ca.items[len(mapping[key]) - 1] = [below, None]


def _take_lines_below(holder: Any, key: Any) -> CommentToken | None:
    """Take the comment lines below a value away and return them. The comment on its own line stays."""
    value = holder[key]
    if isinstance(value, CommentedMap | CommentedSeq) and value and not value.fa.flow_style():
        if value.ca.end:
            lines = "".join(f"{' ' * token.start_mark.column}{token.value}" for token in value.ca.end)
            value.ca.end = []
            return _comment(f"\n{lines}")
        return _take_lines_below(value, list(value)[-1] if isinstance(value, CommentedMap) else len(value) - 1)
    tokens = holder.ca.items.get(key)
    place = 2 if isinstance(holder, CommentedMap) else 0
    if not tokens or tokens[place] is None:
        return None
    own, _, below = tokens[place].value.partition("\n")
    tokens[place] = CommentToken(f"{own}\n", tokens[place].start_mark, None) if own.strip() else None
    return _comment(f"\n{below}") if below else None


def _comment(lines: str) -> CommentToken:
    return CommentToken(lines, CommentMark(0), None)


def _in_a_row(items: Sequence[Any]) -> CommentedSeq:
    listed = CommentedSeq(items)
    listed.fa.set_flow_style()
    return listed


def _loaded(path: Path, text: str) -> tuple[YAML, Any]:
    """Return the document, and the writer that changes least of the rest of the file.

    The first writer that changes nothing wins: with 1,000 mirrors each try takes seconds.
    """
    tries = []
    for yaml in map(_yaml, INDENTS):
        document = _read(yaml, path, text)
        written = _dumped(yaml, document)
        if written == text:
            return yaml, document
        tries.append((yaml, document, _likeness(text, written)))
    return max(tries, key=itemgetter(2))[:2]


def _read(yaml: YAML, path: Path, text: str) -> CommentedMap:
    try:
        document = yaml.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _invalid(f"{path} is no YAML{f', see line {mark.line + 1}' if mark else ''}") from None
    if not isinstance(document, CommentedMap):
        raise _invalid(f"{path} is no project's file: it holds no keys")
    return document


def _invalid(said: str) -> MirrorsError:
    return MirrorsError(Problem("project-file-invalid", said))


def _likeness(text: str, other: str) -> float:
    return SequenceMatcher(None, text.splitlines(), other.splitlines()).ratio()


def _yaml(indent: tuple[int, int, int]) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # long lines stay whole
    yaml.brace_single_entry_mapping_in_flow_sequence = True  # otherwise [{a: b}] becomes [a: b]
    yaml.indent(*indent)
    return yaml


def _dumped(yaml: YAML, document: Any) -> str:
    output = io.StringIO()
    yaml.dump(document, output)
    return output.getvalue()


def _replace(path: Path, content: bytes) -> None:
    """Replace the file with the same permissions. No reader ever sees half of it."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    number, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(part).unlink()
        raise
