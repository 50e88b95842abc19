"""The result of an update: a table of the waves, and every message."""

from datetime import timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mirrors.cli.display import format_duration, make_console
from mirrors.cli.progress.messages import name_sites
from mirrors.planning.reports.update_progress import SitePhase, UpdateProgress, group_messages

RESULT_COLUMNS = (
    ("Done", SitePhase.DONE),
    ("Unchanged", SitePhase.UNCHANGED),
    ("Failed", SitePhase.FAILED),
    ("Interrupted", SitePhase.RUNNING),
    ("Not reached", SitePhase.WAITING),
)


def print_result(progress: UpdateProgress) -> None:
    """Print the table at the end, and every error and warning with its site."""
    console = make_console()
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    interrupted = any(wave.count(SitePhase.RUNNING) for wave in progress.waves)
    columns = [(title, phase) for title, phase in RESULT_COLUMNS if interrupted or phase is not SitePhase.RUNNING]
    for heading in ("Wave", "Sites", *(title for title, _ in columns), "Longest"):
        table.add_column(heading, no_wrap=True)
    for wave in progress.waves:
        counts = [str(wave.count(phase)) for _, phase in columns]
        longest = format_duration(timedelta(seconds=max(wave.times.values()))) if wave.times else "-"
        table.add_row(wave.label, str(len(wave.sites)), *counts, longest)
    console.print(table)
    if progress.is_stopping:
        console.print("Stopped. Run the same command again to go on.")
    print_messages(console, progress)


def print_messages(console: Console, progress: UpdateProgress) -> None:
    """Print every message, those of failed sites first. Sites with one message have one line together."""
    failed = {site: progress.messages.get(site, ["failed"]) for site in progress.failed}
    others = {site: texts for site, texts in progress.messages.items() if site not in failed}
    for messages, style in ((failed, "red"), (others, "")):
        for sites, message in group_messages(messages):
            console.print(Text(name_sites(sites, message), style=style))
