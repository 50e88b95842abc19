"""Turn the raw values of the configuration into settings, and collect every problem in them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mirrors.config.base import KeyPath
from mirrors.config.files import NO_PROJECT_FILES, ProjectFiles
from mirrors.config.messages import ValueSource, format_value, is_required_key, path_of_error, problem_of_error
from mirrors.config.models import FleetSettings, Settings, SiteSettings
from mirrors.config.platforms import (
    DEFAULT_PLATFORM,
    PLATFORMS,
    json_keys,
    keys_of_other_platforms,
    platform_kind_of,
    platform_settings_class,
)
from mirrors.config.rules import ValidationContext, validate_settings
from mirrors.config.scanning import FileScan, compare_with_files
from mirrors.problems import Problem

__all__ = ["LoadedConfiguration", "parse_configuration"]

_STAND_INS = {"environment": "test", "platform": DEFAULT_PLATFORM}
"""{key: a valid value} of the keys without which Mirrors cannot look at the platform. A platform adds its own.

If such a key is wrong, Mirrors checks the rest of the configuration with this value, and then uses none of it.
"""


@dataclass(frozen=True)
class LoadedConfiguration:
    """The result of ``parse_configuration``.

    Args:
        settings: The settings without the parts that have a problem, so that Mirrors can still look at the platform.
            None if too much is wrong for that.
        problems: Every problem of the configuration.
        fleet: The valid part of the fleet, also where ``settings`` is None. None if the fleet itself is not valid.
    """

    settings: Settings | None
    problems: tuple[Problem, ...]
    fleet: FleetSettings | None


def parse_configuration(
    raw: Mapping[str, str], stack: str, environ: Mapping[str, str], files: ProjectFiles = NO_PROJECT_FILES
) -> LoadedConfiguration:
    """Check a stack's configuration. It raises no error, however wrong the configuration is.

    Args:
        raw: The values of the namespace ``mirrors``, by key without the namespace. Pulumi's engine passes text
            unchanged, objects as JSON, and numbers as digits.
        stack: The stack's name, with or without organization and project.
        environ: The environment of the process. Some of its variables override the configuration, such as
            ``DIVIO_API_TOKEN``.
        files: The project's files, if they are known. A value that differs from the one in its file is a problem.
    """
    stack = stack.rpartition("/")[2]
    draft = _ConfigurationDraft.from_raw(raw, stack, environ, files)
    settings = draft.validate()
    if settings is None:
        return LoadedConfiguration(None, tuple(draft.problems), None)
    context = ValidationContext(settings, draft.positions, draft.named, stack)
    problems = (*draft.problems, *validate_settings(context))
    sound = _drop_conflicts(settings).with_stack(stack)
    return LoadedConfiguration(sound if draft.usable else None, problems, sound.fleet)


@dataclass
class _ConfigurationDraft:
    """The configuration on its way to settings. Each wrong part becomes a problem and is taken out."""

    data: dict[str, Any]
    origins: dict[KeyPath, ValueSource]
    scan: FileScan
    positions: list[int]
    named: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    usable: bool = True

    @classmethod
    def from_raw(
        cls, raw: Mapping[str, str], stack: str, environ: Mapping[str, str], files: ProjectFiles
    ) -> "_ConfigurationDraft":
        objects = json_keys()
        data: dict[str, Any] = {
            _escape_invalid_utf8(key): _parse_json_or_text(text) if key in objects else text
            for key, text in raw.items()
        }
        scanned = compare_with_files(data, files)
        given = {
            key: name
            for key, name in platform_settings_class(platform_kind_of(data)).environ.items()
            if environ.get(name)
        }
        data |= {key: environ[name] for key, name in given.items()}
        origins: dict[KeyPath, ValueSource] = {
            (key,): ValueSource(f"{name} in the environment") for key, name in given.items()
        }
        if "environment" not in data:
            data["environment"] = stack
            command = f"pulumi config set mirrors:environment test --stack {format_value(stack)[1:-1]}"
            origins["environment",] = ValueSource("the stack's name", f", for example with {command}")
        mirrors = _mirror_entries(data)
        return cls(
            data, origins, scanned, list(range(len(mirrors))), frozenset(_named_slugs(mirrors)), scanned.problems
        )

    def validate(self) -> Settings | None:
        """Take wrong parts out until the rest is valid.

        Returns:
            The settings; None if a part is wrong that the settings cannot do without.
        """
        while True:
            settings, errors = _validate_all_platforms(self.data)
            if settings is not None and not errors:
                self.problems += self.scan.take_problems()
                return settings
            self.problems += [item for item in self._problems_of_errors(errors) if item not in self.problems]
            places = {self._smallest_optional_part(path_of_error(error)) for error in errors}
            if () in places:
                return None
            for place in sorted(places, key=_removal_order, reverse=True):
                self._remove_part(place)

    def _problems_of_errors(self, errors: Sequence[ErrorDetails]) -> list[Problem]:
        """Return one problem for each place.

        Where a scalar does not arrive as it is written, the problem is about what the file has.
        """
        silent = {*self.scan.changed, *([("fleet",)] if self.scan.unread else [])}
        rest = [error for error in errors if path_of_error(error) not in silent]
        return self.scan.take_problems(errors) + [
            problem_of_error(error, self.origins, self.scan.leaves.get(path_of_error(error))) for error in rest
        ]

    @property
    def _stand_ins(self) -> dict[str, Any]:
        return {**_STAND_INS, **platform_settings_class(platform_kind_of(self.data)).stand_ins}

    def _smallest_optional_part(self, place: KeyPath) -> KeyPath:
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


def _parse_json_or_text(text: str) -> Any:
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


def _mirror_entries(data: Mapping[str, Any]) -> list[Any]:
    fleet = data.get("fleet")
    mirrors = fleet.get("mirrors") if isinstance(fleet, dict) else None
    return mirrors if isinstance(mirrors, list) else []


def _named_slugs(mirrors: Iterable[Any]) -> Iterable[str]:
    """Yield the slugs that the entries of the list seem to mean, whether an entry is valid or not."""
    slugs = (entry.get("application") if isinstance(entry, dict) else entry for entry in mirrors)
    return (slug for slug in slugs if isinstance(slug, str))


def _validate_all_platforms(data: Mapping[str, Any]) -> tuple[Settings | None, list[ErrorDetails]]:
    """Check the keys of all platforms. The settings hold the keys of one, and the other keys must be valid, too."""
    settings, errors = None, []
    try:
        settings = Settings.model_validate(data)
    except ValidationError as invalid:
        errors = [_move_platform_key_to_top(error) for error in invalid.errors(include_url=False)]
    others = keys_of_other_platforms(platform_kind_of(data))
    for kind, entry in PLATFORMS.items():
        errors += _errors_of_other_platform(
            kind, {key: data[key] for key in entry.keys if key in data and key in others}
        )
    return settings, errors


def _move_platform_key_to_top(error: ErrorDetails) -> ErrorDetails:
    """Name a platform's key by the place where the user writes it: the top of the configuration."""
    first, *rest = error["loc"] or ("",)
    return {**error, "loc": tuple(rest)} if first == "platform" and rest else error


def _errors_of_other_platform(kind: str, own: Mapping[str, Any]) -> list[ErrorDetails]:
    """Return what is wrong in the keys of a platform that is not the stack's. None of its keys is required."""
    try:
        if own:
            platform_settings_class(kind).model_validate(dict(own))
    except ValidationError as invalid:
        found = invalid.errors(include_url=False)
        return [error for error in found if error["type"] != "missing" or len(error["loc"]) > 1]
    return []


def _removal_order(place: KeyPath) -> list[tuple[int, str]]:
    """Return a sort key. In reverse order it has later list items first, and inner places before outer ones."""
    return [(key if isinstance(key, int) else -1, str(key)) for key in place]


def _drop_conflicts(settings: Settings) -> Settings:
    """Drop the second of two equal applications, and each declared SITE_ID that is not free.

    Both are reported as problems already. The planner should not report them again.
    """
    fleet = settings.fleet
    taken = {*fleet.retired, *fleet.reserved_site_ids}
    sites: dict[str, SiteSettings] = {}
    for site in fleet.sites:
        if site.application not in sites:
            free = site.site_id not in taken
            sites[site.application] = site if free else site.model_copy(update={"site_id": None})
            taken |= {site.site_id} if site.site_id else set()
    original, *mirrors = sites.values()
    fleet = fleet.model_copy(update={"original": original, "mirrors": tuple(mirrors)})
    return settings.model_copy(update={"fleet": fleet})
