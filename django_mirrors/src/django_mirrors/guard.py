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
from django_mirrors.sentences import refusal_text, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django_mirrors.acknowledgements import Acknowledgement
    from django_mirrors.declaration import Declaration
    from django_mirrors.effect import Effect

__all__ = ["Decision", "Refusal", "SiteDeclaration", "UnknownSite", "decide", "decide_stale_contenttypes"]

CLEAR_BY_THEMSELVES = {Kind.TAKEN_AWAY, Kind.TIGHTENED, Kind.REQUIRED}
TO_ACKNOWLEDGE = {Kind.CONSTRAINT, Kind.UNKNOWN}


@dataclass(frozen=True)
class Refusal:
    """An effect that some site cannot stand. ``text`` says who needs what, and which step is missing."""

    effect: Effect | None
    text: str


@dataclass(frozen=True)
class Decision:
    """Without refusals the migrations may be applied. ``text`` is for the terminal."""

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything, for the person who deploys; empty if there is nothing to say."""
        return text_of([refusal.text for refusal in self.refusals], self.warnings)


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
    concerned = {site.site_id for site in declarations} | {site.site_id for site in unknown_sites}
    if concerned <= {site_id}:
        return Decision()
    case = _Case(declarations, unknown_sites, acknowledgements, now)
    refusals = [refusal for effect in effects for refusal in case.refusals(effect)]
    warnings = [warning for effect in effects for warning in case.warnings(effect)]
    return Decision(tuple(refusals), tuple(dict.fromkeys(warnings)))


def decide_stale_contenttypes(
    declarations: Sequence[SiteDeclaration], unknown_sites: Sequence[UnknownSite], own: Declaration
) -> Decision:
    """Whether ``remove_stale_contenttypes`` may run: what ``own`` code calls stale may be another code's model."""
    others = [site for site in declarations if site.declaration != own]
    if not others and not unknown_sites:
        return Decision()
    what = "remove_stale_contenttypes: removes what this code does not know, and other code may know it"
    step = "deploy one release to every site; while several run, content types are left alone."
    return Decision((Refusal(None, refusal_text(what, others, unknown_sites, step)),))


@dataclass(frozen=True)
class _Case:
    declarations: Sequence[SiteDeclaration]
    unknown_sites: Sequence[UnknownSite]
    acknowledgements: Sequence[Acknowledgement]
    now: datetime

    def refusals(self, effect: Effect) -> Iterator[Refusal]:
        if effect.kind in TO_ACKNOWLEDGE:
            concerned = self._needing(effect)
            unknown = [] if effect.new_table else self.unknown_sites
            if (concerned or unknown) and not self._acknowledged(effect):
                yield Refusal(effect, _refused(effect, concerned, (), self._to_acknowledge(effect)))
            return
        needing = self._needing(effect)
        if needing and effect.kind is Kind.EXPAND:
            effect = replace(
                effect, kind=Kind.TIGHTENED, detail="the column is new, and not the one that the code knows"
            )
        by_unknown = effect.kind in CLEAR_BY_THEMSELVES and not effect.new_table
        unknown = self.unknown_sites if by_unknown else ()
        if (needing or unknown) and effect.kind is not Kind.DELETES:
            yield Refusal(effect, _refused(effect, needing, unknown, self._missing_step(effect)))

    def warnings(self, effect: Effect) -> Iterator[str]:
        acknowledged = self._acknowledged(effect) if effect.kind in TO_ACKNOWLEDGE else None
        if acknowledged:
            until = f"acknowledged until {acknowledged.expires}: {acknowledged.reason}"
            yield f"{effect.migration}, {effect.operation}: {until}"
        needing = self._needing(effect) if effect.kind is Kind.DELETES else []
        if needing:
            yield refusal_text(_what(effect), needing, (), "")

    def _needing(self, effect: Effect) -> list[SiteDeclaration]:
        return [site for site in self.declarations if needs(site.declaration, effect)]

    def _acknowledged(self, effect: Effect) -> Acknowledgement | None:
        today = self.now.date()
        found = [item for item in self.acknowledgements if item.covers(effect.migration) and today <= item.expires]
        return found[0] if found else None

    def _to_acknowledge(self, effect: Effect) -> str:
        entry = f'"{effect.migration}": {{"reason": "…", "expires": "YYYY-MM-DD"}}'
        expired = [str(item.expires) for item in self.acknowledgements if item.covers(effect.migration)]
        ended = f" The one that there was ended on {max(expired)}." if expired else ""
        looked = "what it does" if effect.kind is Kind.UNKNOWN else "that the code of every site keeps to it"
        return f"an acknowledgement. Make sure of {looked}, then add to MIRRORS_ACKNOWLEDGED: {entry}.{ended}"

    def _missing_step(self, effect: Effect) -> str:
        first_step_done = any(is_aware(site.declaration, effect) for site in self.declarations)
        if effect.kind is Kind.REQUIRED:
            if first_step_done:
                return "the rest of step 1: deploy to these sites a release that knows the column; then this one."
            return (
                "step 1: a release that adds the column with NULL or a database default, on every site. "
                "Only a later release may require it."
            )
        if first_step_done:
            return "the rest of step 1: deploy to these sites a release that does not need it; then this one."
        return f"step 1: a release that does not need {effect.place}, on every site. Only a later release may do this."


def _refused(effect: Effect, needing: Sequence[SiteDeclaration], unknown: Sequence[UnknownSite], missing: str) -> str:
    return refusal_text(_what(effect), needing, unknown, missing)


def _what(effect: Effect) -> str:
    place = f" {effect.place}:" if effect.place else ""
    return f"{effect.migration}, {effect.operation}: {effect.kind.value}:{place} {effect.detail}"
