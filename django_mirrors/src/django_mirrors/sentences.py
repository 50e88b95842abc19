"""How a decision is told to the person who deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.effect import PRUNE, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_mirrors.effect import Effect
    from django_mirrors.participants import SiteDeclaration, UnknownSite

__all__ = [
    "block",
    "for_all",
    "gone",
    "registrations",
    "step_for",
    "text_of",
    "to_acknowledge",
    "unknown_code",
    "what",
    "who",
]

VERBS = {
    Kind.TAKEN_AWAY: "takes away",
    Kind.TIGHTENED: "tightens",
    Kind.REQUIRED: "requires",
    Kind.CONSTRAINT: "constrains",
    Kind.DELETES: "adds",
}
WHO = {
    Kind.TAKEN_AWAY: "Still needed by",
    Kind.TIGHTENED: "Still needed by",
    Kind.REQUIRED: "Not known to",
    Kind.DELETES: "Not known to",
}


def text_of(head: str, refusals: Sequence[str], warnings: Sequence[str]) -> str:
    """Refusals first, below ``head``, then warnings."""
    blocks = [head, *refusals] if refusals else []
    return "\n\n".join([*blocks, *(f"Warning: {warning}" for warning in warnings)])


def what(effect: Effect) -> str:
    """Migration, operation, table and column, and what is done to them."""
    done = f"{VERBS[effect.kind]} {effect.place}: {effect.detail}" if effect.kind in VERBS else effect.detail
    lasts = f" Only until {effect.until} is applied." if effect.until else ""
    return f"{effect.migration}: {effect.operation} {done}.{lasts}"


def who(effect: Effect) -> str:
    """What the sites that are listed have to do with it."""
    return WHO.get(effect.kind, "Concerns")


def block(
    said: str,
    label: str,
    needing: Sequence[SiteDeclaration],
    unknown: Sequence[UnknownSite] = (),
    steps: Sequence[str] = (),
) -> str:
    """What it is about, then the sites, then the steps that help."""
    lines = [said]
    if needing:
        lines.append(f"  {label}: {_sites(needing)}")
    if unknown:
        lines.append(f"  {unknown_code(unknown)}")
    return "\n".join([*lines, *(f"  {step}" for step in steps)])


def step_for(effects: Sequence[Effect], started: bool) -> str:
    """The step before this one, which clears the refusal. ``started``: some site runs code that has taken it."""
    first = f"a release {_first_step(effects)}"
    if started:
        return f"Missing: the rest of step 1: on these sites {first}. Deploy them, then this one again."
    return f"Missing: step 1: {first}, on every site. This belongs into a later release."


def gone(needing: Sequence[SiteDeclaration], own: int | None) -> list[str]:
    """How to say that a site was removed: nobody can deploy it any more. Not of the one that is being deployed."""
    others = sorted({site.site_id for site in needing} - {own})
    if not others:
        return []
    if len(others) == 1:
        return [f"If site {others[0]} runs no more: manage.py mirrors_forget {others[0]}."]
    return ["If one of these sites runs no more: manage.py mirrors_forget ID."]


def _first_step(effects: Sequence[Effect]) -> str:
    """Of effects of one kind on one table."""
    effect, places = effects[0], _listed([item.place for item in effects])
    if effect.kind is Kind.REQUIRED:
        return f"that adds {places} with NULL or a database default"
    if effect.kind is Kind.TIGHTENED:
        return f"whose code keeps to what {places} {'become' if len(effects) > 1 else 'becomes'}"
    if effect.operation == PRUNE:
        return "with the squashed migration and without this one"
    if effect.constraint:
        which = _listed([_columns(item) for item in effects])
        return f"whose code does without the {'constraints' if len(effects) > 1 else 'constraint'} on {which}"
    return f"whose code does without {places}"


def _columns(effect: Effect) -> str:
    columns = effect.constraint.columns if effect.constraint else ()
    return f"{effect.place} ({', '.join(columns)})" if columns else effect.place


def _listed(words: Sequence[str]) -> str:
    several = list(dict.fromkeys(words))
    return " and ".join(filter(None, [", ".join(several[:-1]), several[-1]]))


def to_acknowledge(effect: Effect, ended: str) -> str:
    """What is missing where nobody can see whether code stands it. ``ended``: the last day of an older one."""
    that = "every site stands what it does" if effect.kind is Kind.UNKNOWN else "the code of every site keeps to it"
    if effect.until:
        that = "every site stands that for as long as the migrations run, or longer where they stop half-way"
    entry = f'"{effect.migration}": {{"reason": "…", "expires": "YYYY-MM-DD"}}'
    expired = f" There was one until {ended}." if ended else ""
    return f"Missing: an acknowledgement that {that}, in MIRRORS_ACKNOWLEDGED: {entry}.{expired}"


def for_all(app_label: str, count: int) -> str:
    """How to acknowledge ``count`` migrations of an app that comes with a distribution."""
    return (
        f"Instead of the {count} entries of {app_label}, one for the versions of the distribution that brings it: "
        f'"{app_label}.*": {{"distribution": "…", "versions": ">=…,<…", "reason": "…", "expires": "YYYY-MM-DD"}}.'
    )


def registrations(unknown: Sequence[UnknownSite]) -> list[str]:
    """How it becomes known what each site runs."""
    return [_registration(site) for site in sorted(unknown, key=lambda site: site.site_id)]


def _registration(site: UnknownSite) -> str:
    number = site.site_id
    if site.own:  # after a copy of the database, or before the companion has ever answered
        return (
            f"Missing: what site {number}, this one, runs now has not registered here: restart it, or deploy once more "
            f"the release that it runs now, with django_mirrors; or, if nothing of it runs, "
            f"manage.py mirrors_forget {number}."
        )
    return (
        f"Missing: deploy site {number} with django_mirrors; or, if it runs other code, "
        f"manage.py mirrors_mark_external {number}; or, if it runs no more, manage.py mirrors_forget {number}."
    )


def _sites(needing: Sequence[SiteDeclaration]) -> str:
    """Each site once, with the states of those of its images that are concerned."""
    states: dict[tuple[int, str], list[str]] = {}
    for site in sorted(needing, key=lambda site: (site.site_id, site.application, site.state)):
        found = states.setdefault((site.site_id, site.application), [])
        if site.state not in found:
            found.append(site.state)
    return "; ".join(f"site {number} ({name}, {' and '.join(found)})" for (number, name), found in states.items())


def unknown_code(unknown: Sequence[UnknownSite]) -> str:
    """Whose code nobody knows."""
    ordered = sorted(unknown, key=lambda site: site.site_id)
    names = (f"site {site.site_id}" + (f" ({site.name})" if site.name else "") for site in ordered)
    return f"Unknown code: {'; '.join(names)}"
