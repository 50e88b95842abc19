"""What a stack's state has of a site: what is set, what it runs with, and which deployment. Part of the state's schema.

Each variable is a property: its value where that is plain; ``{fingerprint}`` where it is a secret, whose value is in no
state. ``NAME (running)`` is there only where the site runs with something else than is set.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from mirrors.planning.variables.names import is_service_variable, write_order
from mirrors.planning.variables.writes import PROVIDER, running_values

INPUTS = ("site", "environment", "image_environment", "release", "verified", "found", "hmac_key")
OUTPUTS = ("deployment", "url", "failed", "attempt")
CHECK_ONLY = ("variables", "rollout", "turn", "observed", "databases", "collected", "newest", "shared")
"""What only ``check`` sees. Nothing of it is kept."""

RUNNING = " (running)"
"""Ends the key of what a site runs with. No variable's name contains a blank."""

ABSENT: Mapping[str, Any] = {"absent": True}
"""Such a property of a variable that is set, and that the site is not known to run with."""

FINGERPRINT_BYTES = 16

Properties = dict[str, Any]
Stored = str | Mapping[str, Any]


def fingerprint(key: str, name: str, value: str) -> str:
    """Tells whether a secret is the same one. ``key``: the site's own, a secret of the state."""
    digest = hmac.digest(key.encode(), f"{name}\0{value}".encode(), "sha256")
    return urlsafe_b64encode(digest[:FINGERPRINT_BYTES]).decode().rstrip("=")


def key_of(name: str) -> str:
    """The property of a variable. One whose name is taken gets an equals sign before it, which no name contains.

    Taken are our own properties, those of every resource, and what begins with an underscore: the engine shows no
    property that begins with two, and in the SDK such a property hides a resource's own attribute.
    """
    taken = name in (*INPUTS, *OUTPUTS, *CHECK_ONLY, "id", "urn") or name.startswith(("_", "="))
    return f"={name}" if taken else name


def name_of(key: str) -> str:
    """The variable of a property."""
    return key.removesuffix(RUNNING).removeprefix("=")


def is_variable(key: str) -> bool:
    return key not in (*INPUTS, *OUTPUTS, *CHECK_ONLY, PROVIDER, "id", "urn")


@dataclass(frozen=True, slots=True)
class Entry:
    """A variable. ``value``: in clear, or the fingerprint of a secret. ``sensitive``: whether the platform hides it."""

    value: str
    secret: bool = False
    sensitive: bool = False

    @classmethod
    def of(cls, stored: Stored) -> Self:
        if isinstance(stored, str):
            return cls(stored)
        secret = "fingerprint" in stored
        value = stored["fingerprint"] if secret else stored["value"]
        return cls(str(value), secret, bool(stored.get("sensitive", secret)))

    @property
    def stored(self) -> Stored:
        """As short as it can be: what is usual is left out."""
        if self.secret:
            return {"fingerprint": self.value} | ({} if self.sensitive else {"sensitive": False})
        return {"value": self.value, "sensitive": True} if self.sensitive else self.value

    def has_value_of(self, other: "Entry | None") -> bool:
        return other is not None and (self.value, self.secret) == (other.value, other.secret)


Entries = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class SiteState:
    """``is_set`` and ``runs``: {name: entry}. Without a ``deployment`` it runs with nothing that is known.

    ``failed``: what went wrong in the run ``attempt``, where failures are collected. ``verified``: None where health is
    not asked for. ``release`` is one of ``image_environment``; it is empty, with a deployment or without, where none is
    wanted.
    """

    is_set: Entries = field(default_factory=dict)
    runs: Entries = field(default_factory=dict)
    found: frozenset[str] = frozenset()
    release: str | None = None
    verified: bool | None = None
    deployment: str | None = None
    url: str | None = None
    failed: str | None = None
    attempt: str | None = None
    image_environment: str | None = None

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Self:
        """From a resource's inputs or outputs; an empty one from none."""
        is_set = {name_of(key): Entry.of(properties[key]) for key in _keys(properties, running=False)}
        others = {name_of(key): properties[key] for key in _keys(properties, running=True)}
        runs = {name: entry for name, entry in is_set.items() if name not in others}
        runs |= {name: Entry.of(stored) for name, stored in others.items() if stored != ABSENT}
        site = cls(
            is_set,
            runs,
            frozenset(properties.get("found") or ()),
            *(properties.get(key) for key in ("release", "verified", *OUTPUTS)),
        )
        return replace(site, url=site.url or None, image_environment=properties.get("image_environment"))

    @property
    def known(self) -> Entries:
        """What the state knows of each name."""
        return {**self.is_set, **self.runs}

    @property
    def inputs(self) -> Properties:
        """What a refresh makes of the declared: whatever it differs in, the next update repairs.

        Without a deployment there is no release, which ``check`` always has.
        """
        entries = {key_of(name): entry.stored for name, entry in self.is_set.items()}
        kept: Properties = {"found": sorted(self.found)} if self.found else {}
        kept |= {} if self.image_environment is None else {"image_environment": self.image_environment}
        if self.deployment is None:
            return entries | kept
        verified = {} if self.verified is None else {"verified": self.verified}
        return entries | self._running | kept | {"release": self.release or ""} | verified

    @property
    def outputs(self) -> Properties:
        """An output that is absent counts as not known yet in a preview and in a refresh that runs the program; so
        ``url`` is there, and empty, where the site has no address."""
        done = {key: getattr(self, key) for key in ("release", *OUTPUTS)} | {"url": self.url or ""}
        return self.inputs | {key: value for key, value in done.items() if value is not None}

    @property
    def _running(self) -> Properties:
        """Only what runs otherwise than it is set."""
        entries = ((name, self.runs.get(name)) for name in different(self.is_set, self.runs))
        return {f"{key_of(name)}{RUNNING}": dict(ABSENT) if item is None else item.stored for name, item in entries}

    def needs_deployment(self, declared: Self) -> bool:
        """Whether the site does not run what is declared."""
        released = self.deployment is not None and declared.release == self.release
        return not released or bool(different(self.managed(declared.is_set).runs, declared.is_set))

    def needs_a_look(self, declared: Self) -> bool:
        """Whether it has to be asked for its health, or failed before; what it runs may be as declared all the same."""
        return self.failed is not None or bool(declared.verified and not self.verified)

    def is_as(self, declared: Self) -> bool:
        """Whether an update has nothing to do."""
        left = self.needs_deployment(declared) or self.needs_a_look(declared)
        return not left and self.is_set == declared.is_set

    def wanting(self, release: str | None) -> Self:
        """Without a deployment the state knows no release, but still where none is wanted."""
        return self if self.deployment is not None else replace(self, release=None if release else release)

    def keeping(self, before: Self, rollout: str | None) -> Self:
        """What is declared, as the rollout has it. ``before``: the outputs.

        ``check`` knows only the inputs, which after a failure are those of the attempt. What follows no release keeps
        the one that it runs, and what is held is not asked for its health.
        """
        if rollout not in ("stays", "held"):
            return self
        image = before.image_environment or self.image_environment
        kept = replace(self, release=before.release or "", image_environment=image)
        return replace(kept, verified=before.verified) if rollout == "held" else kept

    def managed(self, declared: Collection[str]) -> Self:
        """Without what was there before us and is declared no more: that stays as it is, set and running."""
        left = self.found.difference(declared)
        return replace(self, is_set=_without(self.is_set, left), runs=_without(self.runs, left))


def _keys(properties: Mapping[str, Any], *, running: bool) -> Iterable[str]:
    return [key for key in properties if is_variable(key) and key.endswith(RUNNING) is running]


def _without(entries: Entries, names: Collection[str]) -> dict[str, Entry]:
    return {name: entry for name, entry in entries.items() if name not in names}


def _same(one: Entry | None, other: Entry | None) -> bool:
    return one is other or (one is not None and one.has_value_of(other))


def different(before: Entries, now: Entries) -> list[str]:
    """The names whose values differ, in the order of writing. How one is flagged needs no deployment."""
    return write_order(name for name in {*before, *now} if not _same(before.get(name), now.get(name)))


def after_writing(before: SiteState, made: Entries, removed: Collection[str], found: frozenset[str]) -> SiteState:
    """After an attempt that failed behind these writes; what runs is as it was."""
    return replace(before, is_set={**_without(before.is_set, removed), **made}, found=found)


def entry_of(key: str, name: str, value: str, *, secret: bool, sensitive: bool) -> Entry:
    """``key``: of the fingerprints. ``value``: in clear."""
    return Entry(fingerprint(key, name, value) if secret else value, secret, sensitive)


def set_entry(known: Entry, key: str, name: str, value: str, *, sensitive: bool) -> Entry:
    """What is set, and shown. A service that the state does not have in clear already may be a secret by now: an
    attempt that was killed wrote it."""
    secret = known.secret or (is_service_variable(name) and value != known.value)
    return entry_of(key, name, value, secret=secret, sensitive=sensitive)


def _running_entry(known: Entry, is_set: Entry | None, key: str, name: str, value: str) -> Entry:
    """It is in clear only where the state has it in clear already, or where it is set in clear now.

    Any other may be a secret, though the variable is none now: the platform shows what it hid when it was deployed.
    """
    if is_set is not None and is_set.has_value_of(Entry(value)):
        return is_set
    found_secret = not known.secret and value != known.value
    return entry_of(key, name, value, secret=known.secret or found_secret, sensitive=known.sensitive or found_secret)


def running_entries(known: Entries, is_set: Entries, frozen: Mapping[str, str | None], key: str) -> dict[str, Entry]:
    """What a deployment of another's making is known to run with, of the known names: what is shown of it."""
    shown = running_values(known, frozen, [name for name, entry in known.items() if entry.sensitive])
    return {
        name: _running_entry(known[name], is_set.get(name), key, name, value)
        for name, value in shown.items()
        if value is not None
    }
