"""Show an update's progress: bars on a terminal, a line for each site elsewhere, a table at the end."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mirrors.cli.display import format_duration, make_console
from mirrors.planning.reports.update_progress import (
    ENDED_PHASES,
    SitePhase,
    UpdateProgress,
    WaveProgress,
    group_messages,
    split_message,
)
from mirrors.planning.site_lists import format_sites

BAR_WIDTH = 24
MOST_WAVES = 12
"""The bars that fit on a terminal of 24 lines, with the messages below them."""

MESSAGE_LINES = 6
STOPPING = "Stopping after the sites that deploy now. Ctrl-C again stops at once."
PHASE_COLOURS = {SitePhase.DONE: "green", SitePhase.FAILED: "red", SitePhase.RUNNING: "blue"}
REFRESHES_A_SECOND = 4


RESULT_COLUMNS = (
    ("Done", SitePhase.DONE),
    ("Unchanged", SitePhase.UNCHANGED),
    ("Failed", SitePhase.FAILED),
    ("Interrupted", SitePhase.RUNNING),
    ("Not reached", SitePhase.WAITING),
)


class ProgressView(Protocol):
    """A place that shows progress."""

    def show(self, progress: UpdateProgress) -> None:
        """Show what is known now."""


class LineView:
    """A line for each site that begins or ends, and for each message: for a log, and for a screen reader."""

    def __init__(self) -> None:
        self._shown: dict[str, SitePhase] = {}
        self._said: set[tuple[str, str]] = set()
        self._first: dict[str, str] = {}
        """{message without its site: the first site that had it}."""

        self._refreshes = False

    def show(self, progress: UpdateProgress) -> None:
        if progress.is_refreshing:
            self._show_refresh(progress)
        if progress.is_stopping:
            self._say("", STOPPING)
        for wave in progress.waves:
            for site, phase in wave.sites.items():
                if self._shown.get(site, SitePhase.WAITING) is not phase:
                    self._shown[site] = phase
                    self._show_site(wave, site, phase)
        for site, messages in progress.messages.items():
            for message in messages:
                self._say(site, message)

    def _show_refresh(self, progress: UpdateProgress) -> None:
        """Print a line where the refresh begins, and one where it has reached every site."""
        if not self._refreshes or len(progress.refreshed) == len(progress.sites):
            self._refreshes = True
            self._say("", format_refresh(progress))

    def _say(self, site: str, message: str) -> None:
        """Print a message once. One that another site has had is not repeated, only its site is named."""
        if (site, message) in self._said:
            return
        self._said.add((site, message))
        first = self._first.setdefault(split_message(site, message), site)
        click.echo(_name_site(site, message) if first in ("", site) else f"{site}: the same as {first}")

    def _show_site(self, wave: WaveProgress, site: str, phase: SitePhase) -> None:
        if phase is SitePhase.UNCHANGED:
            return
        took = f" after {wave.times[site]:.0f} s" if site in wave.times else ""
        count = f", {wave.ended} of {len(wave.sites)}" if phase in ENDED_PHASES else ""
        click.echo(f"{wave.title}{count}: {site} {phase}{took}")


class BarView:
    """One bar a wave, which moves, and the last lines of what fails."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, progress: UpdateProgress) -> None:
        self._live.update(render_bars(progress, self._live.console.width))


def render_bars(progress: UpdateProgress, width: int) -> Group:
    """Return the display: at most 20 lines, whatever the number of sites."""
    table = Table.grid(padding=(0, 1))
    for wave in choose_waves(progress):
        left = wave.estimate_seconds_left()
        table.add_row(
            wave.title,
            ProgressBar(total=len(wave.sites), completed=wave.ended, width=BAR_WIDTH),
            f"{wave.ended}/{len(wave.sites)}",
            _format_phases(wave),
            f"about {format_duration(timedelta(seconds=left))} left" if left is not None else "",
        )
    lines = [_name_sites(sites, text) for sites, text in group_messages(progress.messages)]
    shown = [line.partition("\n")[0][: width - 1] for line in lines[-MESSAGE_LINES:]]
    said = [format_refresh(progress)] if progress.is_refreshing else []
    said += [STOPPING] if progress.is_stopping else []
    return Group(
        table, *(Text(line, style="red") for line in shown), *(Text(line[: width - 1], style="yellow") for line in said)
    )


def format_refresh(progress: UpdateProgress) -> str:
    """Return how far the engine's look at the sites is, such as ``refreshing: 12 of 300 sites``."""
    return f"refreshing: {len(progress.refreshed)} of {len(progress.sites)} sites"


def choose_waves(progress: UpdateProgress) -> list[WaveProgress]:
    """Return the waves that have a bar: of more than fit, the last that ended and those after it."""
    first_open = next((number for number, wave in enumerate(progress.waves) if wave.ended < len(wave.sites)), 0)
    begin = max(0, min(first_open - 1, len(progress.waves) - MOST_WAVES))
    return list(progress.waves[begin : begin + MOST_WAVES])


def _format_phases(wave: WaveProgress) -> Text:
    text = Text()
    for phase in (SitePhase.RUNNING, SitePhase.FAILED):
        if count := wave.count(phase):
            text.append(f"{count} {phase} ", PHASE_COLOURS[phase])
    return text


class ClosableView:
    """A view that shows nothing any more once its reader has gone. The update, and what follows it, go on."""

    def __init__(self, view: ProgressView) -> None:
        self._view = view

    def show(self, progress: UpdateProgress) -> None:
        with silent_if_closed():
            self._view.show(progress)


@contextmanager
def silent_if_closed() -> Iterator[None]:
    """Write to standard output, and stay silent where nothing reads it any more, such as after ``| head``.

    The block may do nothing but write: any other error of the system must be seen.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def open_view() -> Iterator[ProgressView]:
    """Show bars where a person looks at a terminal, and lines elsewhere."""
    console = Console()
    if not (sys.stdout.isatty() and console.is_terminal):
        yield ClosableView(LineView())
        return
    live = Live(console=console, refresh_per_second=REFRESHES_A_SECOND, transient=True)
    with silent_if_closed():
        live.start()
    try:
        yield ClosableView(BarView(live))
    finally:
        with silent_if_closed():
            live.stop()


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
        table.add_row(wave.title, str(len(wave.sites)), *counts, longest)
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
            console.print(Text(_name_sites(sites, message), style=style))


def _name_sites(sites: Sequence[str], message: str) -> str:
    return _name_site(sites[0], message) if len(sites) == 1 else f"{format_sites(sites)}: {message}"


def _name_site(site: str, message: str) -> str:
    """Return a message that begins with its site, as those of Mirrors do anyway."""
    return message if not site or message.startswith(site) else f"{site}: {message}"
