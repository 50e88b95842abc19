"""The verdict whether code may start although the real schema does not match its declaration. Pure.

Two kinds of mismatch refuse the start: those of a rollback, where the database is ahead of the code, and those that
this release caused. A mismatch that existed while earlier code served does not. Neither does a model that is ahead of
its own migrations: no later release could ever start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django_mirrors.schema_check import SchemaMismatch

__all__ = ["SchemaVerdict", "judge_mismatches"]

REPORT_HEAD = "Warning: the schema is not what this code declares, and was not before, or its migrations do not say so:"
ROLLBACK_REMEDY = "If this is a rollback or an older image: deploy a release that knows the schema as it is."
DRIFT_REMEDY = (
    "No migration of this image explains it: a migration, or a person, has altered the schema and not the state. Or a "
    "migration was edited after it was applied. Repair the schema, or deploy once with MIRRORS_ENFORCE off: later "
    "releases accept a schema that code has already run with."
)


@dataclass(frozen=True)
class SchemaVerdict:
    """The verdict: ``refused`` mismatches prevent a start, ``reported`` ones do not."""

    refused: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()

    def refusal_text(self, head: str) -> str:
        """Return the refused mismatches, below ``head``, and the remedies."""
        return "\n".join([head, *(f"  {sentence}" for sentence in self.refused), *self.remedies])

    @property
    def report_text(self) -> str:
        """Return the reported mismatches, or ""."""
        return "\n".join([REPORT_HEAD, *(f"  {sentence}" for sentence in self.reported)]) if self.reported else ""


def judge_mismatches(
    lacking: Sequence[SchemaMismatch],
    *,
    before: Collection[str],
    of_migrations: Collection[str],
    ahead: Collection[str],
) -> SchemaVerdict:
    """Decide about the code's mismatches.

    Args:
        lacking: the mismatches.
        before: the mismatches that earlier code had before this release, in the same words.
        of_migrations: the mismatches of the state that this image's migrations create, in the same words.
        ahead: labels of the apps of which the database has migrations that this image lacks.
    """
    unexplained = [lack for lack in lacking if lack.text in of_migrations]
    rolled_back = [lack for lack in unexplained if lack.app_label in ahead]
    refused = [lack for lack in unexplained if lack in rolled_back or lack.text not in before]
    remedies = [ROLLBACK_REMEDY] * bool(rolled_back) + [DRIFT_REMEDY] * (len(refused) > len(rolled_back))
    reported = [lack.text for lack in lacking if lack not in refused]
    return SchemaVerdict(tuple(lack.text for lack in refused), tuple(reported), tuple(remedies))
