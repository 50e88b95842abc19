"""How a decision is told to the person who deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_mirrors.participants import SiteDeclaration, UnknownSite

__all__ = ["refusal_text", "text_of"]

REFUSED = "Refused: code that other sites run, or may still run, does not stand these migrations. Nothing was migrated."


def text_of(refusals: Sequence[str], warnings: Sequence[str]) -> str:
    """Refusals first, then warnings."""
    blocks = [REFUSED, *refusals] if refusals else []
    return "\n\n".join([*blocks, *(f"Warning: {warning}" for warning in warnings)])


def refusal_text(what: str, needing: Sequence[SiteDeclaration], unknown: Sequence[UnknownSite], missing: str) -> str:
    """Migration, operation and place; then who, then the step that is missing."""
    lines = [what]
    if needing:
        lines.append(f"  Sites: {_sites(needing)}")
    if unknown:
        lines.append(f"  Unknown code: {_unknown(unknown)}")
    if missing and (needing or not unknown):
        lines.append(f"  Missing: {missing}")
    if unknown:
        lines.append(
            "  Missing: registration. Deploy these sites with the companion app, or say what they are with "
            "`manage.py mirrors_mark_external ID` or `manage.py mirrors_forget ID`."
        )
    return "\n".join(lines)


def _sites(needing: Sequence[SiteDeclaration]) -> str:
    """Each site once, with the states of those of its images that are concerned."""
    states: dict[tuple[int, str], list[str]] = {}
    for site in sorted(needing, key=lambda site: (site.site_id, site.application, site.state)):
        found = states.setdefault((site.site_id, site.application), [])
        if site.state not in found:
            found.append(site.state)
    return "; ".join(f"site {site} ({name}, {' and '.join(found)})" for (site, name), found in states.items())


def _unknown(unknown: Sequence[UnknownSite]) -> str:
    ordered = sorted(unknown, key=lambda site: site.site_id)
    return "; ".join(f"site {site.site_id}" + (f" ({site.name})" if site.name else "") for site in ordered)
