"""Whether the pending migrations may be applied, given what the code of all sites needs. Pure.

What is taken away or tightened waits until no code needs it any more, what becomes required until all code knows it:
both clear by themselves. What nobody can see from here, whether all code keeps to a new constraint and what a piece of
Python or SQL does, needs somebody's acknowledgement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django_mirrors.effect import PRUNE, Kind
from django_mirrors.needs import is_aware, needs
from django_mirrors.participants import SiteDeclaration, UnknownSite
from django_mirrors.sentences import (
    block,
    for_all,
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
    from collections.abc import Hashable, Iterator, Sequence
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
    """Effects that the same sites cannot stand. ``text``: who needs what, and the one step that is missing."""

    effects: tuple[Effect, ...]
    text: str


@dataclass(frozen=True)
class Decision:
    """Without refusals it may be done. ``objection`` says what they are about, ``undone`` what follows from them."""

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    objection: str = "code that sites run, or may still run, does not stand these migrations"
    undone: str = "Nothing was migrated"
    shorter: tuple[str, ...] = ()  # ways to say what is missing for many refusals at once

    @property
    def text(self) -> str:
        """Everything, for the person who deploys; empty if there is nothing to say."""
        return self.told("")

    def told(self, unguarded: str) -> str:
        """The same where it is done in spite of the refusals. ``unguarded``: why; empty where it is not done."""
        head = f"Not refused, as {unguarded}: {self.objection}."
        if not unguarded:
            head = f"Refused: {self.objection}. {self.undone}."
        return text_of(head, [*(refusal.text for refusal in self.refusals), *self.shorter], self.warnings)


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
    refusals = case.refusals(effects)
    warnings = [warning for effect in effects for warning in case.warnings(effect)]
    return Decision(tuple(refusals), tuple(dict.fromkeys(warnings)), shorter=tuple(_shorter(refusals)))


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
    return Decision((Refusal((), text),), (), "other code may know what this code calls stale", "Nothing was removed")


@dataclass(frozen=True)
class _Case:
    declarations: Sequence[SiteDeclaration]
    unknown_sites: Sequence[UnknownSite]
    acknowledgements: Sequence[Acknowledgement]
    now: datetime
    site_id: int | None

    def refusals(self, effects: Sequence[Effect]) -> list[Refusal]:
        """One for what wants the same of the same sites: a step from code that has the table, or one word."""
        groups: dict[Hashable, list[_Objection]] = {}
        for effect in effects:
            for objection in self._objections(effect):
                groups.setdefault(objection.wants, []).append(objection)
        return [self._refusal(group) for group in groups.values()]

    def _objections(self, effect: Effect) -> Iterator[_Objection]:
        """None, or one."""
        needing = self._needing(effect)
        unknown = () if effect.new or effect.kind not in REFUSED_BY_UNKNOWN else self.unknown_sites
        if effect.kind is Kind.DELETES or not (needing or unknown):
            return
        if effect.kind is Kind.EXPAND:
            effect = replace(effect, kind=Kind.TIGHTENED, detail="the column is new, and another than the code knows")
        if not _is_to_acknowledge(effect):
            started = any(is_aware(site.declaration, effect) for site in self.declarations)
            yield _Objection(effect, tuple(needing), tuple(unknown), started)
        elif not self._acknowledged(effect):
            yield _Objection(effect, tuple(needing or self.declarations), (), started=False)

    def _refusal(self, group: Sequence[_Objection]) -> Refusal:
        effects, first = tuple(objection.effect for objection in group), group[0]
        if _is_to_acknowledge(first.effect):
            steps = [to_acknowledge(first.effect, self._ended(first.effect))]
        else:
            step = [step_for(effects, first.started), *gone(first.needing, self.site_id)]
            steps = [*(step if first.needing else ()), *registrations(first.unknown)]
        said = "\n".join(map(what, effects))
        return Refusal(effects, block(said, who(first.effect), first.needing, first.unknown, steps))

    def warnings(self, effect: Effect) -> Iterator[str]:
        """What is let pass, and by whom."""
        acknowledged = self._acknowledged(effect) if _is_to_acknowledge(effect) else None
        if acknowledged and (not effect.until or self._needing(effect) or self.unknown_sites):
            yield f"{what(effect)} Acknowledged until {acknowledged.expires}: {acknowledged.reason}"
        if effect.kind is Kind.DELETES:
            needing = self._needing(effect)
            if needing or self.unknown_sites:
                yield block(what(effect), who(effect), needing, self.unknown_sites)

    def _needing(self, effect: Effect) -> list[SiteDeclaration]:
        return [site for site in self.declarations if needs(site.declaration, effect)]

    def _acknowledged(self, effect: Effect) -> Acknowledgement | None:
        today = self.now.date()
        found = [item for item in self.acknowledgements if item.covers(effect.migration) and today <= item.expires]
        return found[0] if found else None

    def _ended(self, effect: Effect) -> str:
        return max((str(item.expires) for item in self.acknowledgements if item.covers(effect.migration)), default="")


def _shorter(refusals: Sequence[Refusal]) -> Iterator[str]:
    """One acknowledgement for an app, where several of its migrations want one."""
    migrations: dict[str, set[str]] = {}
    for effect in (effect for refusal in refusals for effect in refusal.effects if _is_to_acknowledge(effect)):
        migrations.setdefault(effect.migration.partition(".")[0], set()).add(effect.migration)
    return (for_all(app, len(names)) for app, names in migrations.items() if len(names) > 1)


@dataclass(frozen=True)
class _Objection:
    """``started``: some site's code has taken the step that is missing."""

    effect: Effect
    needing: tuple[SiteDeclaration, ...]
    unknown: tuple[UnknownSite, ...]
    started: bool

    @property
    def wants(self) -> Hashable:
        """What it has in common with others that are told in one block: what one step, or one word, does away with."""
        effect, sites = self.effect, tuple((site.site_id, site.state) for site in self.needing)
        if _is_to_acknowledge(effect):
            return (effect.migration, effect.kind, effect.until, sites)
        step = (effect.kind, bool(effect.constraint), effect.migration if effect.operation == PRUNE else self.started)
        return (effect.table, step, sites, tuple(site.site_id for site in self.unknown))


def _is_to_acknowledge(effect: Effect) -> bool:
    """What nobody can see from here, and what lasts only as long as the plan runs."""
    return effect.kind in TO_ACKNOWLEDGE or bool(effect.until)
