"""The decision whether the pending migrations may be applied, given what the code of all sites needs. Pure.

A removal or a narrowing waits until no code needs the old form. A new requirement waits until all code knows it. Both
refusals end by themselves.

The companion cannot see whether all code satisfies a new constraint, nor what Python or SQL does. Such a migration
needs an acknowledgement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django_mirrors.compatibility import has_adapted, is_broken_by
from django_mirrors.effects import PRUNE, ChangeKind
from django_mirrors.guarded_sites import SiteDeclaration, UnknownSite
from django_mirrors.messages import (
    acknowledgement_step,
    app_acknowledgement,
    decision_text,
    describe_effect,
    forget_steps,
    missing_step,
    packaged_app,
    registration_steps,
    site_block,
    sites_label,
    unknown_code,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence
    from datetime import datetime

    from django_mirrors.acknowledgements import Acknowledgement
    from django_mirrors.declaration import SchemaDeclaration
    from django_mirrors.effects import Effect

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

TO_ACKNOWLEDGE = {ChangeKind.CONSTRAINT, ChangeKind.UNKNOWN}
REFUSED_BY_UNKNOWN = {ChangeKind.REMOVED, ChangeKind.NARROWED, ChangeKind.REQUIRED, *TO_ACKNOWLEDGE}


@dataclass(frozen=True)
class Refusal:
    """Effects that break the same sites. ``text`` names what each site needs, and the one step that is missing."""

    effects: tuple[Effect, ...]
    text: str


@dataclass(frozen=True)
class Decision:
    """The guard's decision. Without refusals the command may run.

    ``objection`` describes the reason of all refusals, ``consequence`` what a refusal results in.
    """

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    objection: str = "these migrations would break code that sites run or may still run"
    consequence: str = "Nothing was migrated"
    suggestions: tuple[str, ...] = ()  # each for all refusals of an app

    @property
    def text(self) -> str:
        """Return the whole text for the person who deploys, or "" if there is none."""
        return self.describe("")

    def describe(self, unguarded: str) -> str:
        """Return the text, with a heading that fits a run that applies the migrations all the same.

        Args:
            unguarded: why the migrations are applied in spite of the refusals. "" if they are not applied.
        """
        head = f"Not refused, as {unguarded}: {self.objection}."
        if not unguarded:
            head = f"Refused: {self.objection}. {self.consequence}."
        return decision_text(head, [*(refusal.text for refusal in self.refusals), *self.suggestions], self.warnings)


def decide(
    effects: Sequence[Effect],
    declarations: Sequence[SiteDeclaration],
    unknown_sites: Sequence[UnknownSite],
    acknowledgements: Sequence[Acknowledgement],
    now: datetime,
    *,
    site_id: int | None = None,
    packaged_apps: Collection[str] = (),
) -> Decision:
    """Decide against the declarations of all sites together.

    Args:
        effects: the effects of the pending migrations.
        declarations: those of all sites in all states, the deploying site's own old containers included.
        unknown_sites: sites whose code is not declared.
        acknowledgements: the acknowledgements that apply, expired ones included.
        now: the current time, with a time zone.
        site_id: the deploying site. If no other site is declared or unknown, everything passes.
        packaged_apps: the labels of the apps that come with installed packages.
    """
    if is_alone(declarations, unknown_sites, site_id):
        return Decision()
    case = _Case(declarations, unknown_sites, acknowledgements, now, site_id)
    refusals = case.refusals(effects)
    warnings = [warning for effect in effects for warning in case.warnings(effect)]
    suggestions = (*_app_acknowledgements(refusals), *_packaged_apps(refusals, packaged_apps))
    return Decision(tuple(refusals), tuple(dict.fromkeys(warnings)), suggestions=suggestions)


def is_alone(
    declarations: Sequence[SiteDeclaration], unknown_sites: Sequence[UnknownSite], site_id: int | None
) -> bool:
    """Return whether no other site is declared or unknown. Then everything passes."""
    return {site.site_id for site in declarations} | {site.site_id for site in unknown_sites} <= {site_id}


def decide_stale_contenttypes(
    declarations: Sequence[SiteDeclaration], unknown_sites: Sequence[UnknownSite], own: SchemaDeclaration
) -> Decision:
    """Decide whether ``remove_stale_contenttypes`` may run: a type that ``own`` lacks may be other code's model."""
    others = [site for site in declarations if site.declaration != own]
    if not others and not unknown_sites:
        return Decision()
    description = "remove_stale_contenttypes removes what this code does not know."
    steps = ["Missing: one release on every site. While several run, leave the content types alone."] if others else []
    text = site_block(description, "Other code", others, unknown_sites, [*steps, *registration_steps(unknown_sites)])
    return Decision((Refusal((), text),), (), "other code may know what this code calls stale", "Nothing was removed")


@dataclass(frozen=True)
class _Case:
    declarations: Sequence[SiteDeclaration]
    unknown_sites: Sequence[UnknownSite]
    acknowledgements: Sequence[Acknowledgement]
    now: datetime
    site_id: int | None

    def refusals(self, effects: Sequence[Effect]) -> list[Refusal]:
        """Return the refusals: one for all objections that the same step, or the same acknowledgement, resolves."""
        groups: dict[Hashable, list[_Objection]] = {}
        for effect in effects:
            for objection in self._objections(effect):
                groups.setdefault(objection.refusal_key, []).append(objection)
        return [self._refusal(group) for group in groups.values()]

    def _objections(self, effect: Effect) -> Iterator[_Objection]:
        """Yield one objection, or none."""
        needing = self._needing(effect)
        unknown = () if effect.new or effect.kind not in REFUSED_BY_UNKNOWN else self.unknown_sites
        if effect.kind is ChangeKind.BLOCKS_DELETE or not (needing or unknown):
            return
        if effect.kind is ChangeKind.EXPAND:
            effect = replace(
                effect,
                kind=ChangeKind.NARROWED,
                detail="the column is new and differs from the one that the code knows",
            )
        if not _is_to_acknowledge(effect):
            started = any(has_adapted(site.declaration, effect) for site in self.declarations)
            yield _Objection(effect, tuple(needing), tuple(unknown), started)
        elif not self._acknowledged(effect):
            yield _Objection(effect, tuple(needing or self.declarations), (), started=False)

    def _refusal(self, group: Sequence[_Objection]) -> Refusal:
        effects, first = tuple(objection.effect for objection in group), group[0]
        if _is_to_acknowledge(first.effect):
            steps = [acknowledgement_step(first.effect, self._ended(first.effect))]
        else:
            step = [missing_step(effects, first.started), *forget_steps(first.needing, self.site_id)]
            steps = [*(step if first.needing else ()), *registration_steps(first.unknown)]
        description = "\n".join(map(describe_effect, effects))
        return Refusal(effects, site_block(description, sites_label(first.effect), first.needing, first.unknown, steps))

    def warnings(self, effect: Effect) -> Iterator[str]:
        """Yield a warning for each effect that passes, with the reason."""
        acknowledged = self._acknowledged(effect) if _is_to_acknowledge(effect) else None
        if acknowledged and (not effect.until or self._needing(effect) or self.unknown_sites):
            yield f"{describe_effect(effect)} Acknowledged until {acknowledged.expires}: {acknowledged.reason}"
        if effect.kind is ChangeKind.BLOCKS_DELETE:
            needing = self._needing(effect)
            if needing or self.unknown_sites:
                yield site_block(describe_effect(effect), sites_label(effect), needing, self.unknown_sites)

    def _needing(self, effect: Effect) -> list[SiteDeclaration]:
        return [site for site in self.declarations if is_broken_by(site.declaration, effect)]

    def _acknowledged(self, effect: Effect) -> Acknowledgement | None:
        today = self.now.date()
        found = [item for item in self.acknowledgements if item.covers(effect.migration) and today <= item.expires]
        return found[0] if found else None

    def _ended(self, effect: Effect) -> str:
        return max((str(item.expires) for item in self.acknowledgements if item.covers(effect.migration)), default="")


def _app_acknowledgements(refusals: Sequence[Refusal]) -> Iterator[str]:
    """Yield one acknowledgement for each app of which several migrations need one."""
    migrations: dict[str, set[str]] = {}
    for effect in (effect for refusal in refusals for effect in refusal.effects if _is_to_acknowledge(effect)):
        migrations.setdefault(effect.migration.partition(".")[0], set()).add(effect.migration)
    return (app_acknowledgement(app, len(names)) for app, names in migrations.items() if len(names) > 1)


def _packaged_apps(refusals: Sequence[Refusal], packaged: Collection[str]) -> Iterator[str]:
    """Yield where to read on for each app of an installed package, whose steps are those of its author."""
    effects = [effect for refusal in refusals for effect in refusal.effects if not _is_to_acknowledge(effect)]
    labels = dict.fromkeys(effect.migration.partition(".")[0] for effect in effects)
    return (packaged_app(label) for label in labels if label in packaged)


@dataclass(frozen=True)
class _Objection:
    """An effect, and the sites that it breaks. ``started``: some site's code has taken the missing step."""

    effect: Effect
    needing: tuple[SiteDeclaration, ...]
    unknown: tuple[UnknownSite, ...]
    started: bool

    @property
    def refusal_key(self) -> Hashable:
        """Return the key of the objection's refusal: one step, or one acknowledgement, resolves it."""
        effect, sites = self.effect, tuple((site.site_id, site.state) for site in self.needing)
        if _is_to_acknowledge(effect):
            return (effect.migration, effect.kind, effect.until, sites)
        step = (effect.kind, bool(effect.constraint), effect.migration if effect.operation == PRUNE else self.started)
        return (effect.table, step, sites, tuple(site.site_id for site in self.unknown))


def _is_to_acknowledge(effect: Effect) -> bool:
    """Return whether the effect needs an acknowledgement: it cannot be judged, or it ends with the plan."""
    return effect.kind in TO_ACKNOWLEDGE or bool(effect.until)
