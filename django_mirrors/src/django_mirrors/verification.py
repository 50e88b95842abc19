"""Whether code may start although the real schema is not what it declares. Pure.

What a rollback finds is a reason to refuse: the database is ahead of the code. So is what this release has brought
about. What the schema was before, with code that served, is not, nor is a model that is ahead of its own migrations:
no later release could ever start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django_mirrors.schema import Lack

__all__ = ["Verification", "verify"]

REPORTED = "Warning: the schema is not what this code declares, and was not before, or its migrations do not say so:"
BACK = "If this is a rollback or an older image: deploy a release that knows the schema as it is."
BESIDE = (
    "No migration of this image explains it: one of them, or somebody, has altered the schema and not the state, or a "
    "migration was edited after it was applied. Mend the schema; or deploy once with MIRRORS_ENFORCE off: with what "
    "code has run with since then, later releases start."
)


@dataclass(frozen=True)
class Verification:
    """``refused`` is a reason not to start, ``reported`` is none; both are sentences."""

    refused: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()

    def told(self, head: str) -> str:
        """What is refused, below ``head``, and what helps."""
        return "\n".join([head, *(f"  {sentence}" for sentence in self.refused), *self.remedies])

    @property
    def remark(self) -> str:
        """What is reported; empty if nothing is."""
        return "\n".join([REPORTED, *(f"  {sentence}" for sentence in self.reported)]) if self.reported else ""


def verify(
    lacking: Sequence[Lack], *, before: Collection[str], of_migrations: Collection[str], ahead: Collection[str]
) -> Verification:
    """Takes apart what the code lacks.

    :param before: what code that ran before this release lacked before it, in the same words
    :param of_migrations: what the state behind this image's migrations lacks, in the same words
    :param ahead: labels of the apps of which the database has migrations that this image has not
    """
    ours = [lack for lack in lacking if lack.text in of_migrations]
    back = [lack for lack in ours if lack.app_label in ahead]
    refused = [lack for lack in ours if lack in back or lack.text not in before]
    remedies = [BACK] * bool(back) + [BESIDE] * (len(refused) > len(back))
    reported = [lack.text for lack in lacking if lack not in refused]
    return Verification(tuple(lack.text for lack in refused), tuple(reported), tuple(remedies))
