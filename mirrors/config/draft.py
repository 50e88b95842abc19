"""A configuration on its way to settings. Each part that is not valid becomes a problem and is taken out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import ErrorDetails

from mirrors.config.files.project_files import ProjectFiles
from mirrors.config.files.scanning import FileScan, compare_with_files
from mirrors.config.messages.key_lookup import is_required_key
from mirrors.config.messages.schema_errors import ValueSource, path_of_error, problem_of_error
from mirrors.config.messages.wording import format_value
from mirrors.config.models.base import KeyPath
from mirrors.config.models.settings import Settings
from mirrors.config.platforms import (
    DEFAULT_PLATFORM,
    json_keys,
    keys_of_other_platforms,
    platform_kind_of,
    platform_settings_class,
)
from mirrors.config.program_fleet import PROGRAM_KEYS, ProgramFleet
from mirrors.config.rules.platform_validation import validate_all_platforms
from mirrors.problems import Problem

__all__ = ["ConfigurationDraft"]

_STAND_INS = {"environment": "test", "platform": DEFAULT_PLATFORM}
"""{key: a valid value} of the keys without which Mirrors cannot look at the platform. A platform adds its own.

If such a key is wrong, Mirrors checks the rest of the configuration with this value, and then uses none of it.
"""


@dataclass
class ConfigurationDraft:
    """A configuration without the parts that had a problem so far.

    Args:
        data: The rest of the configuration, by key at its top.
        origins: The sources of values that are not in the configuration, by place.
        scan: How the project's files write the values.
        positions: The number of each entry of ``fleet.mirrors`` in the user's list.
        named: The slugs of all entries of that list, valid or not.
        problems: The problems so far.
        usable: Whether Mirrors can look at the platform with the rest.
        in_program: Whether a program declares the fleet, so that no YAML has it.
    """

    data: dict[str, Any]
    origins: dict[KeyPath, ValueSource]
    scan: FileScan
    positions: list[int]
    named: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    usable: bool = True
    in_program: bool = False

    @classmethod
    def from_raw(
        cls,
        raw: Mapping[str, str],
        stack: str,
        environ: Mapping[str, str],
        files: ProjectFiles,
        declared: ProgramFleet | None = None,
    ) -> "ConfigurationDraft":
        """Parse the raw values, and fill in values of the process environment. ``parse_configuration`` has the Args."""
        objects = json_keys()
        data: dict[str, Any] = {
            _escape_invalid_utf8(key): parse_json_or_text(text) if key in objects else text for key, text in raw.items()
        }
        scanned = compare_with_files(data, files)
        data |= declared.data if declared else {}
        origins = _fill_in(data, stack, environ)
        mirrors = _find_mirror_entries(data)
        positions, named = list(range(len(mirrors))), frozenset(_find_named_slugs(mirrors))
        return cls(data, origins, scanned, positions, named, scanned.problems, in_program=declared is not None)

    def validate(self) -> Settings | None:
        """Take wrong parts out until the rest is valid.

        Returns:
            The settings; None if a part is wrong that the settings cannot do without.
        """
        while True:
            settings, errors = validate_all_platforms(self.data)
            if settings is not None and not errors:
                self.problems += self.scan.take_problems()
                return settings
            self.problems += [item for item in self._convert_errors(errors) if item not in self.problems]
            places = {self._find_smallest_optional_part(path_of_error(error)) for error in errors}
            if () in places:
                return None
            for place in sorted(places, key=_rank_for_removal, reverse=True):
                self._remove_part(place)

    def _convert_errors(self, errors: Sequence[ErrorDetails]) -> list[Problem]:
        """Return one problem for each place.

        Where a scalar does not arrive as it is written, the problem is about what the file has.
        """
        silent = {*self.scan.changed, *([("fleet",)] if self.scan.unread else [])}
        rest = [error for error in errors if path_of_error(error) not in silent]
        return self.scan.take_problems(errors) + [
            problem_of_error(
                error, self.origins, self.scan.leaves.get(path_of_error(error)), in_yaml=self._in_yaml(error)
            )
            for error in rest
        ]

    def _in_yaml(self, error: ErrorDetails) -> bool:
        return not (self.in_program and path_of_error(error)[0] in PROGRAM_KEYS)

    @property
    def _stand_ins(self) -> dict[str, Any]:
        return {**_STAND_INS, **platform_settings_class(platform_kind_of(self.data)).stand_ins}

    def _find_smallest_optional_part(self, place: KeyPath) -> KeyPath:
        """Return the place of the smallest optional part around a place; ``()`` if no part is optional."""
        if place[0] in self._stand_ins or (
            place[0] in keys_of_other_platforms(platform_kind_of(self.data)) and len(place) == 1
        ):
            return place
        while place and isinstance(place[-1], str) and is_required_key(place):
            place = place[:-1]
        return place

    def _remove_part(self, place: KeyPath) -> None:
        if place[0] in self._stand_ins:
            self.data[str(place[0])] = self._stand_ins[str(place[0])]
            self.usable = False
            return
        holder: Any = self.data
        for key in place[:-1]:
            holder = holder[key]
        del holder[place[-1]]
        if place[:2] == ("fleet", "mirrors") and len(place) == 3:
            del self.positions[int(place[2])]


def _fill_in(data: dict[str, Any], stack: str, environ: Mapping[str, str]) -> dict[KeyPath, ValueSource]:
    """Fill in values from the environment variables of the platform, and the stack's name as environment.

    Returns:
        The sources of these values, by place.
    """
    variables = platform_settings_class(platform_kind_of(data)).environ
    given = {key: name for key, name in variables.items() if environ.get(name)}
    data |= {key: environ[name] for key, name in given.items()}
    origins: dict[KeyPath, ValueSource] = {
        (key,): ValueSource(f"{name} in the environment") for key, name in given.items()
    }
    if "environment" not in data:
        data["environment"] = stack
        command = f"pulumi config set mirrors:environment test --stack {format_value(stack)[1:-1]}"
        origins["environment",] = ValueSource("the stack's name", f", for example with {command}")
    return origins


def parse_json_or_text(text: str) -> Any:
    """Parse the JSON of an object's key. Text that is no JSON stays text, which the models refuse."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    return value


def _escape_invalid_utf8(key: str) -> str:
    """Escape the bytes of a key that are not UTF-8: pydantic cannot read them."""
    return key.encode(errors="backslashreplace").decode()


def _find_mirror_entries(data: Mapping[str, Any]) -> list[Any]:
    fleet = data.get("fleet")
    mirrors = fleet.get("mirrors") if isinstance(fleet, dict) else None
    return mirrors if isinstance(mirrors, list) else []


def _find_named_slugs(mirrors: Iterable[Any]) -> Iterable[str]:
    """Yield the slugs that the entries of the list seem to mean, whether an entry is valid or not."""
    slugs = (entry.get("application") if isinstance(entry, dict) else entry for entry in mirrors)
    return (slug for slug in slugs if isinstance(slug, str))


def _rank_for_removal(place: KeyPath) -> list[tuple[int, str]]:
    """Return a sort key. In reverse order it has later list items first, and inner places before outer ones."""
    return [(key if isinstance(key, int) else -1, str(key)) for key in place]
