"""Show an update's progress while it runs: bars on a terminal, a line for each site elsewhere."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live

from mirrors.cli.progress.bars import BarView
from mirrors.cli.progress.lines import LineView
from mirrors.planning.reports.update_progress import UpdateProgress

REFRESHES_A_SECOND = 4


class ProgressView(Protocol):
    """A place that shows progress."""

    def show(self, progress: UpdateProgress) -> None:
        """Show what is known now."""


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

    The block may do nothing but write. Any other error of the system, such as a full disk, must be seen.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if not (isinstance(error, BrokenPipeError) or _is_of_closed_terminal(error)):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_of_closed_terminal(error: OSError) -> bool:
    """Return whether the terminal was closed. ``isatty`` no longer knows it, and a broken disk has this error, too."""
    return error.errno == errno.EIO and stat.S_ISCHR(os.fstat(sys.stdout.fileno()).st_mode)


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
