"""Edits that declare SITE_IDs in a fleet: ``siteId`` of sites, ``retired`` and ``highestSiteId``."""

from collections.abc import Iterator, Mapping, Sequence

from yaml.nodes import MappingNode, SequenceNode

from mirrors.cli.yaml_edit import YamlEditor
from mirrors.cli.yaml_text import find_pair, value_of

__all__ = ["pin_site_ids"]


def pin_site_ids(
    editor: YamlEditor, fleet: MappingNode, site_ids: Mapping[str, int], retired: Sequence[int], highest: int
) -> Iterator[str]:
    """Set the ids that are not declared yet, and yield a line for each change."""
    listed = value_of(fleet).get("retired") or []
    back = []
    for site, slug in _site_nodes(fleet):
        if value_of(site).get("siteId") is None and slug in site_ids:
            editor.set_key(site, "siteId", site_ids[slug], after="application")
            yield f"{slug}: siteId {site_ids[slug]}"
        if site_ids.get(slug) in listed:
            back.append(site_ids[slug])
            yield f"retired: without {site_ids[slug]}, which {slug} has again"
    new = sorted(set(retired) - (set(listed) - set(back)))
    if back or new:
        editor.set_numbers(fleet, "retired", back, new)
    if new:
        yield f"retired: {', '.join(map(str, new))}"
    if highest > (value_of(fleet).get("highestSiteId") or 0):
        editor.set_key(fleet, "highestSiteId", highest)
        yield f"highestSiteId: {highest}"


def _site_nodes(fleet: MappingNode) -> Iterator[tuple[MappingNode, str]]:
    """Yield each site with its slug."""
    original, mirrors = find_pair(fleet, "original"), find_pair(fleet, "mirrors")
    listed = mirrors[1].value if mirrors and isinstance(mirrors[1], SequenceNode) else []
    for site in (*(original or ())[1:], *listed):
        if isinstance(site, MappingNode) and (application := find_pair(site, "application")):
            yield site, str(application[1].value)
