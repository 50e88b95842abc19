"""Write a fleet's report as one HTML file that needs no network, and as a Markdown table for a pull request."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from mirrors.cli.display import TONES, format_duration, format_moment, format_release
from mirrors.cli.markdown import escape_markdown, format_code
from mirrors.cli.report.chart import WIDTH, draw_rollout
from mirrors.planning.reports.fleet_report import FleetReport, SiteReport, StackReport, list_commands
from mirrors.planning.reports.site_status import SiteCondition
from mirrors.planning.reports.timeline import ORIGINAL_WAVE, UNPLANNED_WAVE, DeployedWave
from mirrors.planning.reports.update_progress import ORIGINAL, OTHERS, WAVE
from mirrors.planning.site_lists import format_site_count, format_slugs

SITES_NAMED = 40
"""The sites that a list names, before it only counts the rest."""


def render_html(report: FleetReport) -> str:
    """Return the page. It holds its style and script, and asks the network for nothing."""
    environment = Environment(
        loader=PackageLoader("mirrors.cli.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "count_sites": format_site_count,
        "duration": format_duration,
        "moment": format_moment,
        "release": format_site_release,
        "slugs": format_named_sites,
        "tone": TONES.__getitem__,
        "wave": name_wave,
    }
    environment.globals |= {
        "commands": list_commands,
        "draw": draw_rollout,
        "rank": list(SiteCondition).index,
        "rows_of": lambda report, slug: [stack.sites.get(slug) for stack in report.stacks],
        "site_ids": format_site_ids,
        "states": list_states,
        "width": WIDTH,
    }
    return environment.get_template("fleet.html.j2").render(report=report)


def render_markdown_summary(report: FleetReport) -> str:
    """Return a short table of the stacks, and the sites that are not converged with their commands."""
    lines = ["### The fleet now", "", "| stack | sites |", "| --- | --- |"]
    lines += [
        f"| {escape_markdown(stack.stack)} | {escape_markdown(summarize_stack(stack))} |" for stack in report.stacks
    ]
    lines.append("")
    for stack in report.stacks:
        lines += [f"- :x: {escape_markdown(problem.line)}" for problem in stack.problems]
        rows = list(list_commands(stack))
        lines += [_markdown_line(stack, site, command) for site, command in rows[:SITES_NAMED]]
        if len(rows) > SITES_NAMED:
            lines.append(f"- {escape_markdown(stack.stack)}: {len(rows) - SITES_NAMED} more")
    return "\n".join(lines) + "\n"


def _markdown_line(stack: StackReport, site: SiteReport, command: str | None) -> str:
    row = site.status
    where = f"{stack.stack}, {row.application}: {row.state}"
    return f"- {escape_markdown(where)}{': ' + format_code(command) if command else ''}"


def summarize_stack(stack: StackReport) -> str:
    """Return one line, such as ``300 sites: 298 converged, 2 failed``."""
    if stack.problems:
        return "cannot be read"
    counts = ", ".join(f"{count} {state}" for state, count in stack.counts.items())
    return f"{format_site_count(tuple(stack.sites))}{': ' if counts else ''}{counts}"


def format_site_release(site: SiteReport) -> str:
    """Return a release's short name and how many newer ones there are."""
    name = format_release(site.status.release)
    return f"{name}, {site.releases_behind} behind" if site.releases_behind else name


def format_site_ids(sites: Sequence[SiteReport | None]) -> str:
    """Return the SITE_ID of a site, or one for each stack where they differ."""
    found = [site.status.site_id for site in sites if site is not None]
    return " / ".join(str(item or "-") for item in (found if len(set(found)) > 1 else found[:1]))


def list_states(report: FleetReport) -> list[SiteCondition]:
    """Return the states that any site has, the best first."""
    found = {site.status.state for stack in report.stacks for site in stack.sites.values()}
    return [state for state in SiteCondition if state in found]


def name_wave(wave: DeployedWave) -> str:
    return {ORIGINAL_WAVE: ORIGINAL, UNPLANNED_WAVE: OTHERS}.get(wave.number, f"{WAVE}{wave.number}")


def format_named_sites(sites: Sequence[str]) -> str:
    return format_slugs(sites, SITES_NAMED)
