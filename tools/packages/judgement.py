"""The guard's verdict beside the truth. Pure.

The truth is what old code can no longer do on the new schema. The guard must have named each such table: in a refusal,
or for DELETE alone in a warning. A migration that it cannot judge is named as such, so any failure may come of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django_mirrors.effects import ChangeKind

__all__ = ["Agreement", "Failure", "Objection", "Truth", "Verdict", "agreement", "compare", "silent_failures"]

WAITS = {kind.value for kind in (ChangeKind.REMOVED, ChangeKind.NARROWED, ChangeKind.REQUIRED)}
ANY_DELETE = "DELETE new"
"""The part that a row's own DELETE is compared with, where new code alone has made the row."""

STEPS = ("SELECT", "INSERT", "UPDATE", "DELETE")


class Agreement(StrEnum):
    """The worth of a verdict."""

    AGREES = "agrees"
    WARNED = "warned"
    """The guard let it pass, and its warning came true."""
    CAUTION = "caution"
    """The guard refused, and old code works."""
    DANGEROUS = "dangerous"
    """Old code fails at something that the guard did not name."""


@dataclass(frozen=True)
class Objection:
    """An effect that the guard refuses or warns of."""

    migration: str
    operation: str
    kind: str
    table: str
    column: str
    refers_to: str
    until: str
    detail: str

    @property
    def place(self) -> str:
        return ".".join(part for part in (self.table, self.column) if part)

    def names(self, failure: Failure) -> bool:
        """Return whether the failure is at a table that the objection names."""
        own = {self.table, self.refers_to} - {""}
        words = set(re.findall(r"\w+", failure.error))
        return bool(own & {*failure.tables, *words})


@dataclass(frozen=True)
class Verdict:
    """The answer of ``mirrors_migrate --check`` to the new release."""

    migrations: Sequence[str]
    operations: int
    objections: Sequence[Objection]
    warnings: Sequence[Objection]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Verdict:
        """Return the verdict of ``tools.packages.project.verdict``.

        Raises:
            ValueError: the command and the decision behind it contradict each other.
        """
        if data["refused"] != bool(data["objections"]):
            raise ValueError(f"mirrors_migrate --check says otherwise than its decision:\n{data['text']}")
        objections, warnings = ([Objection(**item) for item in data[name]] for name in ("objections", "warnings"))
        return cls(data["migrations"], data["operations"], objections, warnings)

    @property
    def words(self) -> str:
        """Return the verdict in the words of the table of operations."""
        if any(item.kind in WAITS and not item.until for item in self.objections):
            return "waits"
        if self.objections:
            return "acknowledge"
        if not self.migrations:
            return "nothing pending"
        return "passes, warns" if self.warnings else "passes"


@dataclass(frozen=True)
class Failure:
    """Something that old code could do on the old schema and cannot do on the new one."""

    model: str
    part: str  # "INSERT full, save()"
    tables: tuple[str, ...]
    error: str

    @property
    def step(self) -> str:
        return self.part.partition(" ")[0]


@dataclass(frozen=True)
class Truth:
    """The failures of old code on the new schema. ``models`` counts those that could be used on the old one."""

    models: int
    failures: Sequence[Failure]

    @property
    def broken_models(self) -> int:
        return len({failure.model for failure in self.failures})

    @property
    def steps(self) -> list[str]:
        found = {failure.step for failure in self.failures}
        return [step for step in STEPS if step in found]


Uses = Mapping[str, Mapping[str, Any]]


def compare(before: Uses, after: Uses) -> Truth:
    """Compare two runs of old code. Only what worked before counts: a package may refuse generated rows.

    Args:
        before: what ``tools.packages.project.crud`` found on the old schema.
        after: what it found on the new schema.
    """
    failures = [failure for model, found in after.items() for failure in _failures(model, before[model], found)]
    return Truth(sum(_is_used(found) for found in before.values()), failures)


def _is_used(found: Mapping[str, Any]) -> bool:
    inserts = [error for part, error in found["parts"].items() if part.startswith("INSERT")]
    return bool(found["rows"]) and "" in inserts


def _failures(model: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Failure]:
    known = before["parts"]
    for part, error in after["parts"].items():
        if error and known.get(part, known.get(ANY_DELETE)) == "":
            yield Failure(model, part, tuple(after["tables"]), error)


def agreement(verdict: Verdict, truth: Truth) -> Agreement:
    """Return what the verdict is worth, given the truth."""
    if silent_failures(verdict, truth):
        return Agreement.DANGEROUS
    if truth.failures:
        return Agreement.AGREES if verdict.objections else Agreement.WARNED
    return Agreement.CAUTION if verdict.objections else Agreement.AGREES


def silent_failures(verdict: Verdict, truth: Truth) -> list[Failure]:
    """Return the failures that neither a refusal nor a warning named."""
    return [failure for failure in truth.failures if not _is_named(failure, verdict)]


def _is_named(failure: Failure, verdict: Verdict) -> bool:
    if any(item.kind == ChangeKind.UNKNOWN.value or item.names(failure) for item in verdict.objections):
        return True
    return failure.step == "DELETE" and any(item.names(failure) for item in verdict.warnings)
