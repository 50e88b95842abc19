"""The engine's own preview, ``pulumi preview --json``, as far as we read it. Seen with CLI 3.259.

There is a step for each resource that the engine looks at. A ``refresh`` step holds the state as it was, the ``update``
step after it the state as the platform has it now: what differs between the two was changed by hand.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mirrors.planning.site_state import Entries, SiteState, different
from mirrors.planning.variables.names import write_order
from mirrors.problems import Note, Problem

Kind = Literal["added", "changed", "removed", "kept"]

OURS = "pulumi-python:dynamic/mirrors:"
OF_SITES = ("Mirror", "OriginalSite")
SITES = tuple(f"{OURS}{kind}" for kind in OF_SITES)
"""The types of the resources that are a site."""

QUIET = frozenset({"same", "refresh", "read"})
ENDS = frozenset({"delete", "delete-replaced", "discard-replaced"})
FLEET = "mirrors:index:Fleet"
STACK = "pulumi:pulumi:Stack"
COMPONENTS = "mirrors:"
"""How the types of the Fleet and of its parts begin. They hold resources, and are none themselves."""

Inputs = Mapping[str, Any]

LEDGER_IS_PROTECTED = Problem(
    "ledger-would-be-deleted",
    "the state's list of SITE_IDs would be deleted, and is protected. Do not take the protection off: the ids would be"
    " forgotten.",
    "Give the Fleet its former name and place in the program back; to destroy the stack: pulumi destroy"
    " --exclude-protected",
)
"""Instead of the engine's advice (3.259), which is to run ``pulumi state unprotect``."""

_BEFORE = re.compile(
    r"\A(error: |Preview failed: |\S+ resource '[^']*' has a problem: |Exception calling application: )+"
)
"""What the engine and the SDK put before our own words."""


@dataclass(frozen=True, slots=True)
class Change:
    """Of one variable, without its values. ``by_hand``: the platform has another value than we wrote.

    ``kept``: it is declared no more, and stays as it is, since it was there before us.
    """

    name: str
    kind: Kind
    secret: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """``kind``: the type, of ours the last part alone. ``old`` and ``new``: the inputs; ``keys``: those that differ.

    ``outputs``: of before.
    """

    op: str
    urn: str
    kind: str
    name: str
    old: Inputs
    new: Inputs
    keys: tuple[str, ...]
    outputs: Inputs

    @property
    def creates(self) -> bool:
        return self.op in ("create", "create-replacement")

    @property
    def replaces(self) -> bool:
        """By the engine's one word for the whole of it: ``--json`` leaves the steps that it is made of out."""
        return self.op in ("replace", "create-replacement")

    @property
    def changes_something(self) -> bool:
        return self.op not in QUIET and self.kind != STACK and not self.kind.startswith(COMPONENTS)

    @property
    def is_below_the_fleet(self) -> bool:
        """Whether it is directly below the Fleet, so that it is not a part of what the sites have in common."""
        return self.urn.split("::", 3)[2].rpartition("$")[0].endswith(FLEET)

    @property
    def deployment(self) -> str | None:
        """What the site runs, as far as the state knows."""
        return self.outputs.get("deployment")

    @property
    def failed(self) -> bool:
        """Whether its last deployment failed where failures are collected. Then no input needs to differ."""
        return bool(self.outputs.get("failed")) or not self.keys

    @property
    def unverified(self) -> bool:
        """Whether it is asked for its health. Where the engine names no key, the outputs know."""
        if not self.new.get("verified"):
            return False
        return "verified" in self.keys or not (self.keys or self.outputs.get("verified"))

    @property
    def is_first(self) -> bool:
        """Whether a deployment of this site is new in the state."""
        return self.creates or self.replaces or self.deployment is None


def steps_of(engine: Mapping[str, Any]) -> list[Step]:
    return [_step(item) for item in engine.get("steps") or ()]


def changes(step: Step, stored: Step | None) -> tuple[list[Change], bool]:
    """Of the variables in an update, and whether the site is deployed for them.

    ``stored``: the refresh of the same resource, where there was one: what it knew before that, we had done. What an
    attempt left undone the outputs know; the inputs are its own until the next refresh.
    """
    outputs, declared = SiteState.of(step.outputs), SiteState.of(step.new)
    now = declared.is_set
    before = outputs.managed(now)
    kept = write_order(outputs.is_set.keys() - before.is_set.keys())
    known = SiteState.of(stored.outputs) if stored is not None else before
    written = [name for name in {*before.is_set, *now} if before.is_set.get(name) != now.get(name)]
    run, deploys = different(before.runs, now), before.needs_deployment(declared)
    by_hand = {name for name in written if before.is_set.get(name) != known.is_set.get(name)}
    by_hand |= {*run}.intersection(different(before.runs, known.runs))
    names = write_order({*written, *run})
    known_as = {name: before.is_set if name in written else before.runs for name in names}
    changed = [_change(name, known_as[name], now, by_hand=name in by_hand) for name in names]
    return [*changed, *(Change(name, "kept", outputs.is_set[name].secret) for name in kept)], deploys


def _change(name: str, before: Entries, now: Entries, *, by_hand: bool) -> Change:
    kind: Kind = "removed" if name not in now else "changed" if name in before else "added"
    return Change(name, kind, any(entries[name].secret for entries in (before, now) if name in entries), by_hand)


def errors_of(engine: Mapping[str, Any], reported: Collection[str]) -> Iterator[Problem]:
    """The engine's own errors. ``reported``: the lines of those that Mirrors has raised, which are left out."""
    ours = tuple(line.strip() for line in reported)
    for item in engine.get("diagnostics") or ():
        text = str(item.get("message", "")).strip()
        if item.get("severity") == "error" and not text.endswith(ours):
            yield LEDGER_IS_PROTECTED if _of_the_ledger(text) else Problem("engine", _BEFORE.sub("", text))


def says_only_that_it_failed(problem: Problem) -> bool:
    """Whether it is the engine's last line, which says nothing but that there are others (CLI 3.259)."""
    return problem == Problem("engine", "preview failed")


def notes_of(engine: Mapping[str, Any], reported: Collection[str]) -> Iterator[Note]:
    """What the engine, or the user's own program, remarks: a note a line."""
    for item in engine.get("diagnostics") or ():
        if item.get("severity", "info") not in ("error", "debug"):
            lines = map(str.strip, str(item.get("message", "")).splitlines())
            found = (line.removeprefix("warning: ") for line in lines)
            yield from (Note(line) for line in found if line and line not in reported)


def _of_the_ledger(text: str) -> bool:
    return "it is protected" in text and f"{OURS}SiteIds::" in text


def _step(item: Mapping[str, Any]) -> Step:
    kinds, name = item["urn"].split("::", 3)[2:]
    old, new = item.get("oldState") or {}, item.get("newState") or {}
    return Step(
        item["op"],
        item["urn"],
        kinds.rpartition("$")[2].removeprefix(OURS),
        name,
        old.get("inputs") or {},
        new.get("inputs") or {},
        tuple(item.get("diffReasons") or ()),
        old.get("outputs") or {},
    )
