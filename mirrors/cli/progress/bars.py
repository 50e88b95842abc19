"""The progress of an update as bars on a terminal."""

from datetime import timedelta

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mirrors.cli.display import format_duration
from mirrors.cli.progress.messages import STOPPING, format_refresh, name_sites
from mirrors.planning.reports.update_progress import SitePhase, UpdateProgress, WaveProgress, group_messages

BAR_WIDTH = 24
MOST_WAVES = 12
"""The bars that fit on a terminal of 24 lines, with the messages below them."""

MESSAGE_LINES = 6
PHASE_COLOURS = {SitePhase.DONE: "green", SitePhase.FAILED: "red", SitePhase.RUNNING: "blue"}


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
            wave.label,
            ProgressBar(total=len(wave.sites), completed=wave.ended, width=BAR_WIDTH),
            f"{wave.ended}/{len(wave.sites)}",
            _format_phases(wave),
            f"about {format_duration(timedelta(seconds=left))} left" if left is not None else "",
        )
    lines = [name_sites(sites, text) for sites, text in group_messages(progress.messages)]
    shown = [line.partition("\n")[0][: width - 1] for line in lines[-MESSAGE_LINES:]]
    said = [format_refresh(progress)] if progress.is_refreshing else []
    said += [STOPPING] if progress.is_stopping else []
    return Group(
        table, *(Text(line, style="red") for line in shown), *(Text(line[: width - 1], style="yellow") for line in said)
    )


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
