"""The progress of an update as lines."""

import click

from mirrors.cli.progress.messages import STOPPING, format_refresh, name_site
from mirrors.planning.reports.update_progress import (
    ENDED_PHASES,
    SitePhase,
    UpdateProgress,
    WaveProgress,
    split_message,
)


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
        click.echo(name_site(site, message) if first in ("", site) else f"{site}: the same as {first}")

    def _show_site(self, wave: WaveProgress, site: str, phase: SitePhase) -> None:
        if phase is SitePhase.UNCHANGED:
            return
        took = f" after {wave.times[site]:.0f} s" if site in wave.times else ""
        count = f", {wave.ended} of {len(wave.sites)}" if phase in ENDED_PHASES else ""
        click.echo(f"{wave.label}{count}: {site} {phase}{took}")
