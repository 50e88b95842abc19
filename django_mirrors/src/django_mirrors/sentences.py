"""How a decision is told to the person who deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.effect import PRUNE, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_mirrors.effect import Effect
    from django_mirrors.participants import SiteDeclaration, UnknownSite

__all__ = ["block", "step_for", "text_of", "to_acknowledge", "what", "who"]

REFUSED = "Refused: code that sites run, or may still run, does not stand these migrations. Nothing was migrated."
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


def text_of(refusals: Sequence[str], warnings: Sequence[str]) -> str:
    """Refusals first, then warnings."""
    blocks = [REFUSED, *refusals] if refusals else []
    return "\n\n".join([*blocks, *(f"Warning: {warning}" for warning in warnings)])


def what(effect: Effect) -> str:
    """Migration, operation, table and column, and what is done to them."""
    done = f"{VERBS[effect.kind]} {effect.place}: {effect.detail}" if effect.kind in VERBS else effect.detail
    return f"{effect.migration}: {effect.operation} {done}."


def who(effect: Effect) -> str:
    """What the sites that are listed have to do with it."""
    return WHO.get(effect.kind, "Concerns")


def block(
    said: str, label: str, needing: Sequence[SiteDeclaration], unknown: Sequence[UnknownSite], missing: str
) -> str:
    """What it is about, then the sites, then the steps that are missing."""
    lines = [said]
    if needing:
        lines.append(f"  {label}: {_sites(needing)}")
    if unknown:
        lines.append(f"  Unknown code: {_unknown(unknown)}")
    if missing and (needing or not unknown):
        lines.append(f"  Missing: {missing}")
    lines += [f"  Missing: {_registration(site)}" for site in sorted(unknown, key=lambda site: site.site_id)]
    return "\n".join(lines)


def step_for(effect: Effect, started: bool) -> str:
    """The step before this one, which clears the refusal. ``started``: some site runs code that has taken it."""
    first = f"a release {_first_step(effect)}"
    if started:
        return f"the rest of step 1: on these sites {first}. Deploy them, then this one again."
    return f"step 1: {first}, on every site. This belongs into a later release."


def _first_step(effect: Effect) -> str:
    if effect.kind is Kind.REQUIRED:
        return f"that adds {effect.place} with NULL or a database default"
    if effect.kind is Kind.TIGHTENED:
        return f"whose code keeps to what {effect.place} becomes"
    if effect.operation == PRUNE:
        return "with the squashed migration and without this one"
    where = f"the constraint on {effect.place}" if effect.constraint else effect.place
    return f"whose code does without {where}"


def to_acknowledge(effect: Effect, ended: str) -> str:
    """What is missing where nobody can see whether code stands it. ``ended``: the last day of an older one."""
    that = "every site stands what it does" if effect.kind is Kind.UNKNOWN else "the code of every site keeps to it"
    entry = f'"{effect.migration}": {{"reason": "…", "expires": "YYYY-MM-DD"}}'
    expired = f" There was one until {ended}." if ended else ""
    return f"an acknowledgement that {that}, in MIRRORS_ACKNOWLEDGED: {entry}.{expired}"


def _registration(site: UnknownSite) -> str:
    """Three ways to know what a site runs."""
    number = site.site_id
    return (
        f"deploy site {number} with django_mirrors; or, if it runs other code, "
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


def _unknown(unknown: Sequence[UnknownSite]) -> str:
    ordered = sorted(unknown, key=lambda site: site.site_id)
    return "; ".join(f"site {site.site_id}" + (f" ({site.name})" if site.name else "") for site in ordered)
