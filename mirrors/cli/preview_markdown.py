"""A fleet's preview as one comment under a pull request, as GitHub and GitLab show it."""

import re
from collections.abc import Iterator, Sequence

from mirrors.cli.preview_report import action, cause_of, headline, sections, waves_of
from mirrors.planning.reports.fleet_preview import FleetPreview, SiteGroup
from mirrors.planning.rollout.waves import SITES_SHOWN, format_site_count, format_sites

LONGEST = 60_000
"""The most characters of a comment. GitHub takes 65,536."""

ROWS = 40
"""The groups of sites that the short form shows for a wave. It replaces the long form where that does not fit."""


def as_markdown(preview: FleetPreview) -> str:
    """Return one comment. Its first line is a mark, by which a pipeline finds the comment that it made before.

    Where the comment would be too long, each wave shows only its largest groups, and a group only its first names.
    """
    text = _markdown(preview, brief=False)
    return text if len(text) <= LONGEST else _cut(_markdown(preview, brief=True))


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rpartition(chr(10))[0]}\n\nThe rest is too long for a comment.\n"


def _markdown(preview: FleetPreview, *, brief: bool) -> str:
    lines = [
        f"<!-- mirrors preview {escaped(preview.stack)} -->",
        f"### Preview of {escaped(preview.stack)}: {escaped(headline(preview))}",
    ]
    for title, items in sections(preview):
        if title == "Problems":
            lines += ["", *(f"- :x: {escaped(item)}" for item in items)]
    if preview.sites:
        lines += ["", "| wave | sites | what | why |", "| --- | --- | --- | --- |"]
    for title, groups in waves_of(preview):
        shown = groups[:ROWS] if brief else groups
        lines += [_row(title, group, brief=brief) for group in shown]
        if len(shown) < len(groups):
            left = sum(len(group.sites) for group in groups[ROWS:])
            lines.append(f"| {escaped(title)} | {left} more | | |")
    for title, items in sections(preview):
        if title != "Problems":
            lines += ["", *_section(title, items, brief=brief)]
    return "\n".join(lines) + "\n"


def _row(title: str, group: SiteGroup, *, brief: bool) -> str:
    why = "; ".join(cause_of(group.example, cause, code) for cause in group.example.causes)
    return f"| {escaped(title)} | {_sites_cell(group.sites, brief=brief)} | {action(group.example)} | {why} |"


def _sites_cell(sites: Sequence[str], *, brief: bool) -> str:
    if len(sites) <= SITES_SHOWN:
        return ", ".join(map(escaped, sites))
    if brief:
        return escaped(format_sites(sites))
    return f"<details><summary>{format_site_count(sites)}</summary>{', '.join(map(escaped, sites))}</details>"


def _section(title: str, items: Sequence[str], *, brief: bool) -> Iterator[str]:
    shown = items[:ROWS] if brief else items
    listed = [f"- {escaped(item)}" for item in shown]
    listed += [f"- and {len(items) - ROWS} more"] if len(shown) < len(items) else []
    if len(listed) <= SITES_SHOWN:
        yield from (f"**{title}**", "", *listed)
    else:
        yield from (f"<details><summary><b>{title}</b>: {len(items)}</summary>", "", *listed, "", "</details>")


def escaped(text: str) -> str:
    """Return text that Markdown shows literally, on one line and in one cell. An @name in it notifies no one."""
    line = " ".join(text.split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@\u200b")
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", line)


def code(text: str) -> str:
    """Return text as code. Mirrors escapes only what would end a cell."""
    line = " ".join(text.split())
    return escaped(text) if "`" in line else f"`{line.replace('|', chr(92) + '|')}`"
