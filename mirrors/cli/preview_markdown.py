"""A fleet's preview as one comment under a pull request, as GitHub and GitLab show it."""

from collections.abc import Iterator, Sequence

from mirrors.cli.markdown import escape_markdown, format_code
from mirrors.cli.preview_report import (
    describe_action,
    describe_cause,
    preview_headline,
    preview_sections,
    preview_waves,
)
from mirrors.planning.reports.fleet_preview import FleetPreview, SiteGroup
from mirrors.planning.site_lists import SITES_SHOWN, format_site_count, format_sites

MAX_COMMENT_LENGTH = 60_000
"""The most characters of a comment. GitHub takes 65,536."""

MAX_ROWS = 40
"""The groups of sites that the short form shows for a wave. It replaces the long form where that does not fit."""


def render_markdown(preview: FleetPreview) -> str:
    """Return one comment. Its first line is a mark, by which a pipeline finds the comment that it made before.

    Where the comment would be too long, each wave shows only its largest groups, and a group only its first names.
    """
    text = _render(preview, brief=False)
    return text if len(text) <= MAX_COMMENT_LENGTH else _truncate(_render(preview, brief=True))


def _truncate(text: str) -> str:
    if len(text) <= MAX_COMMENT_LENGTH:
        return text
    return f"{text[:MAX_COMMENT_LENGTH].rpartition(chr(10))[0]}\n\nThe rest is too long for a comment.\n"


def _render(preview: FleetPreview, *, brief: bool) -> str:
    lines = [
        f"<!-- mirrors preview {escape_markdown(preview.stack)} -->",
        f"### Preview of {escape_markdown(preview.stack)}: {escape_markdown(preview_headline(preview))}",
    ]
    for title, items in preview_sections(preview):
        if title == "Problems":
            lines += ["", *(f"- :x: {escape_markdown(item)}" for item in items)]
    if preview.sites:
        lines += ["", "| wave | sites | what | why |", "| --- | --- | --- | --- |"]
    for title, groups in preview_waves(preview):
        shown = groups[:MAX_ROWS] if brief else groups
        lines += [_row(title, group, brief=brief) for group in shown]
        if len(shown) < len(groups):
            left = sum(len(group.sites) for group in groups[MAX_ROWS:])
            lines.append(f"| {escape_markdown(title)} | {left} more | | |")
    for title, items in preview_sections(preview):
        if title != "Problems":
            lines += ["", *_section(title, items, brief=brief)]
    return "\n".join(lines) + "\n"


def _row(title: str, group: SiteGroup, *, brief: bool) -> str:
    why = "; ".join(describe_cause(group.example, cause, format_code) for cause in group.example.causes)
    sites, action = _sites_cell(group.sites, brief=brief), describe_action(group.example)
    return f"| {escape_markdown(title)} | {sites} | {action} | {why} |"


def _sites_cell(sites: Sequence[str], *, brief: bool) -> str:
    if len(sites) <= SITES_SHOWN:
        return ", ".join(map(escape_markdown, sites))
    if brief:
        return escape_markdown(format_sites(sites))
    return f"<details><summary>{format_site_count(sites)}</summary>{', '.join(map(escape_markdown, sites))}</details>"


def _section(title: str, items: Sequence[str], *, brief: bool) -> Iterator[str]:
    shown = items[:MAX_ROWS] if brief else items
    listed = [f"- {escape_markdown(item)}" for item in shown]
    listed += [f"- and {len(items) - MAX_ROWS} more"] if len(shown) < len(items) else []
    if len(listed) <= SITES_SHOWN:
        yield from (f"**{title}**", "", *listed)
    else:
        yield from (f"<details><summary><b>{title}</b>: {len(items)}</summary>", "", *listed, "", "</details>")
