"""Texts of a decision, for the person who deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.effects import PRUNE, ChangeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_mirrors.effects import Effect
    from django_mirrors.guarded_sites import SiteDeclaration, UnknownSite

__all__ = [
    "acknowledgement_step",
    "app_acknowledgement",
    "decision_text",
    "describe_effect",
    "forget_steps",
    "missing_step",
    "packaged_app",
    "registration_steps",
    "site_block",
    "sites_label",
    "unknown_code",
]

VERBS = {
    ChangeKind.REMOVED: "removes",
    ChangeKind.NARROWED: "narrows",
    ChangeKind.REQUIRED: "requires",
    ChangeKind.CONSTRAINT: "constrains",
    ChangeKind.BLOCKS_DELETE: "adds",
}
SITES_LABELS = {
    ChangeKind.REMOVED: "Still needed by",
    ChangeKind.NARROWED: "Still needed by",
    ChangeKind.REQUIRED: "Not known to",
    ChangeKind.BLOCKS_DELETE: "Not known to",
}

THIRD_PARTY_PAGE = "docs/how-to/migrations/third-party-apps.md"


def decision_text(head: str, refusals: Sequence[str], warnings: Sequence[str]) -> str:
    """Return the refusals, below ``head``, and then the warnings."""
    blocks = [head, *refusals] if refusals else []
    return "\n\n".join([*blocks, *(f"Warning: {warning}" for warning in warnings)])


def describe_effect(effect: Effect) -> str:
    """Return a sentence with migration, operation, table and column, and the effect."""
    done = f"{VERBS[effect.kind]} {effect.place}: {effect.detail}" if effect.kind in VERBS else effect.detail
    lasts = f" Only until {effect.until} is applied." if effect.until else ""
    return f"{effect.migration}: {effect.operation} {done}.{lasts}"


def sites_label(effect: Effect) -> str:
    """Return the words before the list of sites."""
    return SITES_LABELS.get(effect.kind, "Concerns")


def site_block(
    description: str,
    label: str,
    needing: Sequence[SiteDeclaration],
    unknown: Sequence[UnknownSite] = (),
    steps: Sequence[str] = (),
) -> str:
    """Return the description, then the sites, then the steps that help."""
    lines = [description]
    if needing:
        lines.append(f"  {label}: {_sites(needing)}")
    if unknown:
        lines.append(f"  {unknown_code(unknown)}")
    return "\n".join([*lines, *(f"  {step}" for step in steps)])


def missing_step(effects: Sequence[Effect], started: bool) -> str:
    """Return the step before this one, which ends the refusal. ``started``: some site runs code that has taken it."""
    first = f"a release {_first_step(effects)}"
    if started:
        return f"Missing: the rest of step 1. Deploy these sites with {first}, then deploy this one again."
    return f"Missing: step 1. Deploy every site with {first}. This migration belongs in a later release."


def forget_steps(needing: Sequence[SiteDeclaration], own: int | None) -> list[str]:
    """Return how to report that a site is gone, for sites other than the deploying one."""
    others = sorted({site.site_id for site in needing} - {own})
    if not others:
        return []
    if len(others) == 1:
        return [f"If site {others[0]} no longer runs: manage.py mirrors_forget {others[0]}."]
    return ["If one of these sites no longer runs: manage.py mirrors_forget ID."]


def _first_step(effects: Sequence[Effect]) -> str:
    """Return the first step for effects of one kind on one table."""
    effect, places = effects[0], _listed([item.place for item in effects])
    if effect.kind is ChangeKind.REQUIRED:
        return f"that adds {places} with NULL or a database default"
    if effect.kind is ChangeKind.NARROWED:
        return f"whose code follows the new definition of {places}"
    if effect.operation == PRUNE:
        return "that has the squashed migration and not this one"
    if effect.constraint:
        which = _listed([_columns(item) for item in effects])
        return f"whose code does not need the {'constraints' if len(effects) > 1 else 'constraint'} on {which}"
    return f"whose code does not need {places}"


def _columns(effect: Effect) -> str:
    columns = effect.constraint.columns if effect.constraint else ()
    return f"{effect.place} ({', '.join(columns)})" if columns else effect.place


def _listed(words: Sequence[str]) -> str:
    several = list(dict.fromkeys(words))
    return " and ".join(filter(None, [", ".join(several[:-1]), several[-1]]))


def acknowledgement_step(effect: Effect, ended: str) -> str:
    """Return the missing acknowledgement. ``ended``: the last day of an expired one."""
    that = "every site's code works with it" if effect.kind is ChangeKind.UNKNOWN else "every site's code satisfies it"
    if effect.until:
        that = "every site's code works while the migrations run, and for longer if they stop half-way"
    entry = f'"{effect.migration}": {{"reason": "…", "expires": "YYYY-MM-DD"}}'
    expired = f" The previous one was valid until {ended}." if ended else ""
    return f"Missing: an acknowledgement that {that}, in MIRRORS_ACKNOWLEDGED: {entry}.{expired}"


def app_acknowledgement(app_label: str, count: int) -> str:
    """Return how to acknowledge ``count`` migrations of an app that comes with a distribution."""
    return (
        f"Instead of {count} entries for {app_label}, you can add one for a range of versions of its distribution: "
        f'"{app_label}.*": {{"distribution": "…", "versions": ">=…,<…", "reason": "…", "expires": "YYYY-MM-DD"}}.'
    )


def packaged_app(label: str) -> str:
    """Return where to read on if the missing step would be one of an installed package."""
    return (
        f"{label} comes with an installed package. If no release of that package has the missing step, the upgrade "
        f"interrupts the sites: {THIRD_PARTY_PAGE} shows how to do it."
    )


def registration_steps(unknown: Sequence[UnknownSite]) -> list[str]:
    """Return how each unknown site can register its code."""
    return [_registration(site) for site in sorted(unknown, key=lambda site: site.site_id)]


def _registration(site: UnknownSite) -> str:
    number = site.site_id
    if site.own:  # after a copy of the database, or before the companion's first answer
        return (
            f"Missing: the code that site {number}, this one, runs now is not registered here. Restart the site, or "
            "deploy the release that it runs now once more, with django_mirrors. If nothing of it runs: "
            f"manage.py mirrors_forget {number}."
        )
    return (
        f"Missing: deploy site {number} with django_mirrors. If it runs other code: "
        f"manage.py mirrors_mark_external {number}. If it no longer runs: manage.py mirrors_forget {number}."
    )


def _sites(needing: Sequence[SiteDeclaration]) -> str:
    """Return each site once, with the states of its images that are concerned."""
    states: dict[tuple[int, str], list[str]] = {}
    for site in sorted(needing, key=lambda site: (site.site_id, site.application, site.state)):
        found = states.setdefault((site.site_id, site.application), [])
        if site.state not in found:
            found.append(site.state)
    return "; ".join(f"site {number} ({name}, {' and '.join(found)})" for (number, name), found in states.items())


def unknown_code(unknown: Sequence[UnknownSite]) -> str:
    """Return the list of the sites with unknown code."""
    ordered = sorted(unknown, key=lambda site: site.site_id)
    names = (f"site {site.site_id}" + (f" ({site.name})" if site.name else "") for site in ordered)
    return f"Unknown code: {'; '.join(names)}"
