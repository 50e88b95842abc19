"""Turn the raw values of the configuration into settings, and collect every problem in them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mirrors.config.base import Place
from mirrors.config.files import NO_FILES, Files
from mirrors.config.messages import Origin, describe, is_required, place_of, shown
from mirrors.config.models import Fleet, Settings, Site
from mirrors.config.platforms import DEFAULT, PLATFORMS, kind_of, object_keys, others_keys, settings_class
from mirrors.config.rules import ValidationContext, violations
from mirrors.config.scanning import Scan, scan
from mirrors.problems import Problem

__all__ = ["Loaded", "load"]

_STAND_INS = {"environment": "test", "platform": DEFAULT}
"""{key: a valid value} of the keys without which Mirrors cannot look at the platform. A platform adds its own.

If such a key is wrong, Mirrors checks the rest of the configuration with this value, and then uses none of it.
"""


@dataclass(frozen=True)
class Loaded:
    """The result of ``load``.

    Args:
        settings: The settings without the parts that have a problem, so that Mirrors can still look at the platform.
            None if too much is wrong for that.
        problems: Every problem of the configuration.
        fleet: The valid part of the fleet, also where ``settings`` is None. None if the fleet itself is not valid.
    """

    settings: Settings | None
    problems: tuple[Problem, ...]
    fleet: Fleet | None


def load(raw: Mapping[str, str], stack: str, environ: Mapping[str, str], files: Files = NO_FILES) -> Loaded:
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
    draft = _Draft.of(raw, stack, environ, files)
    settings = draft.settle()
    if settings is None:
        return Loaded(None, tuple(draft.problems), None)
    context = ValidationContext(settings, draft.positions, draft.named, stack)
    problems = (*draft.problems, *violations(context))
    sound = _without_conflicts(settings).of_stack(stack)
    return Loaded(sound if draft.usable else None, problems, sound.fleet)


@dataclass
class _Draft:
    """The configuration on its way to settings. Each wrong part becomes a problem and is taken out."""

    data: dict[str, Any]
    origins: dict[Place, Origin]
    scan: Scan
    positions: list[int]
    named: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    usable: bool = True

    @classmethod
    def of(cls, raw: Mapping[str, str], stack: str, environ: Mapping[str, str], files: Files) -> "_Draft":
        objects = object_keys()
        data: dict[str, Any] = {_encodable(key): _parsed(text) if key in objects else text for key, text in raw.items()}
        scanned = scan(data, files)
        given = {key: name for key, name in settings_class(kind_of(data)).environ.items() if environ.get(name)}
        data |= {key: environ[name] for key, name in given.items()}
        origins: dict[Place, Origin] = {(key,): Origin(f"{name} in the environment") for key, name in given.items()}
        if "environment" not in data:
            data["environment"] = stack
            command = f"pulumi config set mirrors:environment test --stack {shown(stack)[1:-1]}"
            origins["environment",] = Origin("the stack's name", f", for example with {command}")
        mirrors = _mirrors(data)
        return cls(data, origins, scanned, list(range(len(mirrors))), frozenset(_named(mirrors)), scanned.problems)

    def settle(self) -> Settings | None:
        """Take wrong parts out until the rest is valid.

        Returns:
            The settings; None if a part is wrong that the settings cannot do without.
        """
        while True:
            settings, errors = _validated(self.data)
            if settings is not None and not errors:
                self.problems += self.scan.said()
                return settings
            self.problems += [item for item in self._described(errors) if item not in self.problems]
            places = {self._optional_part(place_of(error)) for error in errors}
            if () in places:
                return None
            for place in sorted(places, key=_depth_first, reverse=True):
                self._take_out(place)

    def _described(self, errors: Sequence[ErrorDetails]) -> list[Problem]:
        """Return one problem for each place.

        Where a scalar does not arrive as it is written, the problem is about what the file has.
        """
        silent = {*self.scan.changed, *([("fleet",)] if self.scan.unread else [])}
        rest = [error for error in errors if place_of(error) not in silent]
        return self.scan.said(errors) + [
            describe(error, self.origins, self.scan.leaves.get(place_of(error))) for error in rest
        ]

    @property
    def _stand_ins(self) -> dict[str, Any]:
        return {**_STAND_INS, **settings_class(kind_of(self.data)).stand_ins}

    def _optional_part(self, place: Place) -> Place:
        """Return the place of the smallest optional part around a place; ``()`` if no part is optional."""
        if place[0] in self._stand_ins or (place[0] in others_keys(kind_of(self.data)) and len(place) == 1):
            return place
        while place and isinstance(place[-1], str) and is_required(place):
            place = place[:-1]
        return place

    def _take_out(self, place: Place) -> None:
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


def _parsed(text: str) -> Any:
    """Parse the JSON of an object's key. Text that is no JSON stays text, which the models refuse."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    return value


def _encodable(key: str) -> str:
    """Escape the bytes of a key that are not UTF-8: pydantic cannot read them."""
    return key.encode(errors="backslashreplace").decode()


def _mirrors(data: Mapping[str, Any]) -> list[Any]:
    fleet = data.get("fleet")
    mirrors = fleet.get("mirrors") if isinstance(fleet, dict) else None
    return mirrors if isinstance(mirrors, list) else []


def _named(mirrors: Iterable[Any]) -> Iterable[str]:
    """Yield the slugs that the entries of the list seem to mean, whether an entry is valid or not."""
    slugs = (entry.get("application") if isinstance(entry, dict) else entry for entry in mirrors)
    return (slug for slug in slugs if isinstance(slug, str))


def _validated(data: Mapping[str, Any]) -> tuple[Settings | None, list[ErrorDetails]]:
    """Check the keys of all platforms. The settings hold the keys of one, and the other keys must be valid, too."""
    settings, errors = None, []
    try:
        settings = Settings.model_validate(data)
    except ValidationError as invalid:
        errors = [_as_written(error) for error in invalid.errors(include_url=False)]
    others = others_keys(kind_of(data))
    for kind, entry in PLATFORMS.items():
        errors += _errors_of_another(kind, {key: data[key] for key in entry.keys if key in data and key in others})
    return settings, errors


def _as_written(error: ErrorDetails) -> ErrorDetails:
    """Name a platform's key by the place where the user writes it: the top of the configuration."""
    first, *rest = error["loc"] or ("",)
    return {**error, "loc": tuple(rest)} if first == "platform" and rest else error


def _errors_of_another(kind: str, own: Mapping[str, Any]) -> list[ErrorDetails]:
    """Return what is wrong in the keys of a platform that is not the stack's. None of its keys is required."""
    try:
        if own:
            settings_class(kind).model_validate(dict(own))
    except ValidationError as invalid:
        found = invalid.errors(include_url=False)
        return [error for error in found if error["type"] != "missing" or len(error["loc"]) > 1]
    return []


def _depth_first(place: Place) -> list[tuple[int, str]]:
    """Return a sort key. In reverse order it has later list items first, and inner places before outer ones."""
    return [(key if isinstance(key, int) else -1, str(key)) for key in place]


def _without_conflicts(settings: Settings) -> Settings:
    """Drop the second of two equal applications, and each declared SITE_ID that is not free.

    Both are reported as problems already. The planner should not report them again.
    """
    fleet = settings.fleet
    taken = {*fleet.retired, *fleet.reserved_site_ids}
    sites: dict[str, Site] = {}
    for site in fleet.sites:
        if site.application not in sites:
            free = site.site_id not in taken
            sites[site.application] = site if free else site.model_copy(update={"site_id": None})
            taken |= {site.site_id} if site.site_id else set()
    original, *mirrors = sites.values()
    fleet = fleet.model_copy(update={"original": original, "mirrors": tuple(mirrors)})
    return settings.model_copy(update={"fleet": fleet})
