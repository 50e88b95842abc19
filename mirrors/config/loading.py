"""From the raw values of the configuration to settings, with every problem on the way."""

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
"""Where one of these is wrong there is nothing to look at, but the rest is still checked with these in their place. A
platform adds its own."""


@dataclass(frozen=True)
class Loaded:
    """What ``load`` found out.

    ``settings`` is what is left without the parts that the problems are about, so that the platform can be looked at
    all the same; None where too much is missing for that. ``fleet`` is there also where only the fleet is sound.
    """

    settings: Settings | None
    problems: tuple[Problem, ...]
    fleet: Fleet | None


def load(raw: Mapping[str, str], stack: str, environ: Mapping[str, str], files: Files = NO_FILES) -> Loaded:
    """Settings and problems of a stack's configuration; never raises.

    ``raw`` are the values of the namespace ``mirrors``, keys without it, as the engine hands them out: text as it is,
    objects as JSON, numbers as digits. ``stack`` is the stack's name; ``environ`` the environment of the process, whose
    ``DIVIO_API_URL`` and ``DIVIO_API_TOKEN`` win over the configuration. ``files``: the project's, if they are at hand;
    what does not arrive as it stands there is a problem.
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
    """The configuration on its way to settings: what is wrong with it is taken out and becomes a problem."""

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
            origins["environment",] = Origin("the stack's name", f"set it with {command}, or live")
        mirrors = _mirrors(data)
        return cls(data, origins, scanned, list(range(len(mirrors))), frozenset(_named(mirrors)), scanned.problems)

    def settle(self) -> Settings | None:
        """Settings of what is sound; None where nothing is left to take out."""
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
        """Each place has one problem: what is written there counts where it is not what arrives."""
        silent = {*self.scan.changed, *([("fleet",)] if self.scan.unread else [])}
        rest = [error for error in errors if place_of(error) not in silent]
        return self.scan.said(errors) + [
            describe(error, self.origins, self.scan.leaves.get(place_of(error))) for error in rest
        ]

    @property
    def _stand_ins(self) -> dict[str, Any]:
        return {**_STAND_INS, **settings_class(kind_of(self.data)).stand_ins}

    def _optional_part(self, place: Place) -> Place:
        """Return the smallest part around a place that the configuration can do without; ``()`` if there is none."""
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
    """The value of an object's key; the text itself where it is no JSON, which no object's key takes."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    return value


def _encodable(key: str) -> str:
    """A key that came with bytes that are no UTF-8, with these escaped: pydantic cannot look at it otherwise."""
    return key.encode(errors="backslashreplace").decode()


def _mirrors(data: Mapping[str, Any]) -> list[Any]:
    fleet = data.get("fleet")
    mirrors = fleet.get("mirrors") if isinstance(fleet, dict) else None
    return mirrors if isinstance(mirrors, list) else []


def _named(mirrors: Iterable[Any]) -> Iterable[str]:
    """The slugs that the entries of the list seem to mean, sound or not."""
    slugs = (entry.get("application") if isinstance(entry, dict) else entry for entry in mirrors)
    return (slug for slug in slugs if isinstance(slug, str))


def _validated(data: Mapping[str, Any]) -> tuple[Settings | None, list[ErrorDetails]]:
    """Check keys of all platforms: the settings hold those of one, and what the others have must be sound, too."""
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
    """Put the keys of the platform where the user writes them: at the top."""
    first, *rest = error["loc"] or ("",)
    return {**error, "loc": tuple(rest)} if first == "platform" and rest else error


def _errors_of_another(kind: str, own: Mapping[str, Any]) -> list[ErrorDetails]:
    """Return what is wrong in the keys of a platform that is not the stack's. It does not have to have any."""
    try:
        if own:
            settings_class(kind).model_validate(dict(own))
    except ValidationError as invalid:
        found = invalid.errors(include_url=False)
        return [error for error in found if error["type"] != "missing" or len(error["loc"]) > 1]
    return []


def _depth_first(place: Place) -> list[tuple[int, str]]:
    """A key to sort by, in reverse: the later items of a list first, and what is inside something before it."""
    return [(key if isinstance(key, int) else -1, str(key)) for key in place]


def _without_conflicts(settings: Settings) -> Settings:
    """Without the second of two applications alike, and without a declared SITE_ID that is not free.

    Both are reported already; what follows should not stumble over them again.
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
