"""Whether the pending migrations may be applied, given what the code of all sites needs. Pure.

What is taken away or tightened waits until no code needs it any more, what becomes required until all code knows it:
both clear by themselves. What nobody can see from here, whether all code keeps to a new constraint and what a piece of
Python or SQL does, needs somebody's acknowledgement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django_mirrors.effect import Kind
from django_mirrors.needs import is_aware, needs
from django_mirrors.participants import SiteDeclaration, UnknownSite
from django_mirrors.sentences import (
    block,
    gone,
    registrations,
    step_for,
    text_of,
    to_acknowledge,
    unknown_code,
    what,
    who,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django_mirrors.acknowledgements import Acknowledgement
    from django_mirrors.declaration import Declaration
    from django_mirrors.effect import Effect

__all__ = [
    "Decision",
    "Refusal",
    "SiteDeclaration",
    "UnknownSite",
    "decide",
    "decide_stale_contenttypes",
    "is_alone",
    "unknown_code",
]

TO_ACKNOWLEDGE = {Kind.CONSTRAINT, Kind.UNKNOWN}
REFUSED_BY_UNKNOWN = {Kind.TAKEN_AWAY, Kind.TIGHTENED, Kind.REQUIRED, *TO_ACKNOWLEDGE}


@dataclass(frozen=True)
class Refusal:
    """An effect that some site cannot stand. ``text`` says who needs what, and which step is missing."""

    effect: Effect | None
    text: str


@dataclass(frozen=True)
class Decision:
    """Without refusals it may be done. ``objection`` says what they are about, ``undone`` what follows from them."""

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    objection: str = "code that sites run, or may still run, does not stand these migrations"
    undone: str = "Nothing was migrated"

    @property
    def text(self) -> str:
        """Everything, for the person who deploys; empty if there is nothing to say."""
        return self.told("")

    def told(self, unguarded: str) -> str:
        """The same where it is done in spite of the refusals. ``unguarded``: why; empty where it is not done."""
        head = f"Not refused, as {unguarded}: {self.objection}."
        if not unguarded:
            head = f"Refused: {self.objection}. {self.undone}."
        return text_of(head, [refusal.text for refusal in self.refusals], self.warnings)


def decide(
    effects: Sequence[Effect],
    declarations: Sequence[SiteDeclaration],
    unknown_sites: Sequence[UnknownSite],
    acknowledgements: Sequence[Acknowledgement],
    now: datetime,
    *,
    site_id: int | None = None,
) -> Decision:
    """Decides against the union of all declarations.

    :param declarations: of all sites and states, those of the deploying site's own old containers included
    :param now: with a time zone
    :param site_id: the deploying site: where no other site is declared or unknown, everything passes
    """
    if is_alone(declarations, unknown_sites, site_id):
        return Decision()
    case = _Case(declarations, unknown_sites, acknowledgements, now, site_id)
    refusals = [refusal for effect in effects for refusal in case.refusals(effect)]
    warnings = [warning for effect in effects for warning in case.warnings(effect)]
    return Decision(tuple(refusals), tuple(dict.fromkeys(warnings)))


def is_alone(
    declarations: Sequence[SiteDeclaration], unknown_sites: Sequence[UnknownSite], site_id: int | None
) -> bool:
    """Whether no other site is declared or unknown: then everything passes, whatever it does."""
    return {site.site_id for site in declarations} | {site.site_id for site in unknown_sites} <= {site_id}


def decide_stale_contenttypes(
    declarations: Sequence[SiteDeclaration], unknown_sites: Sequence[UnknownSite], own: Declaration
) -> Decision:
    """Whether ``remove_stale_contenttypes`` may run: what ``own`` code calls stale may be another code's model."""
    others = [site for site in declarations if site.declaration != own]
    if not others and not unknown_sites:
        return Decision()
    said = "remove_stale_contenttypes removes what this code does not know."
    steps = ["Missing: one release on every site. While several run, leave the content types alone."] if others else []
    text = block(said, "Other code", others, unknown_sites, [*steps, *registrations(unknown_sites)])
    return Decision((Refusal(None, text),), (), "other code may know what this code calls stale", "Nothing was removed")


@dataclass(frozen=True)
class _Case:
    declarations: Sequence[SiteDeclaration]
    unknown_sites: Sequence[UnknownSite]
    acknowledgements: Sequence[Acknowledgement]
    now: datetime
    site_id: int | None

    def refusals(self, effect: Effect) -> Iterator[Refusal]:
        """Nothing, or one."""
        needing = self._needing(effect)
        unknown = () if effect.new_table or effect.kind not in REFUSED_BY_UNKNOWN else self.unknown_sites
        if effect.kind is Kind.DELETES or not (needing or unknown):
            return
        if effect.kind is Kind.EXPAND:
            effect = replace(effect, kind=Kind.TIGHTENED, detail="the column is new, and another than the code knows")
        if effect.kind not in TO_ACKNOWLEDGE:
            steps = [*(self._steps(effect, needing) if needing else ()), *registrations(unknown)]
            yield Refusal(effect, block(what(effect), who(effect), needing, unknown, steps))
        elif not self._acknowledged(effect):
            steps = [to_acknowledge(effect, self._ended(effect))]
            yield Refusal(effect, block(what(effect), who(effect), needing or self.declarations, (), steps))

    def warnings(self, effect: Effect) -> Iterator[str]:
        """What is let pass, and by whom."""
        acknowledged = self._acknowledged(effect) if effect.kind in TO_ACKNOWLEDGE else None
        if acknowledged:
            yield f"{what(effect)} Acknowledged until {acknowledged.expires}: {acknowledged.reason}"
        if effect.kind is Kind.DELETES:
            needing = self._needing(effect)
            if needing or self.unknown_sites:
                yield block(what(effect), who(effect), needing, self.unknown_sites)

    def _steps(self, effect: Effect, needing: Sequence[SiteDeclaration]) -> list[str]:
        started = any(is_aware(site.declaration, effect) for site in self.declarations)
        return [step_for(effect, started), *gone(needing, self.site_id)]

    def _needing(self, effect: Effect) -> list[SiteDeclaration]:
        return [site for site in self.declarations if needs(site.declaration, effect)]

    def _acknowledged(self, effect: Effect) -> Acknowledgement | None:
        today = self.now.date()
        found = [item for item in self.acknowledgements if item.covers(effect.migration) and today <= item.expires]
        return found[0] if found else None

    def _ended(self, effect: Effect) -> str:
        return max((str(item.expires) for item in self.acknowledgements if item.covers(effect.migration)), default="")
