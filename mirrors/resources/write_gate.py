"""Try the first write of a process on one site, before all sites write."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from mirrors.divio import DivioError, ValidationFailed
from mirrors.divio.errors import REFUSALS
from mirrors.observation.remediation import convert_error
from mirrors.resources.failures import write_not_tried, writes_refused


def _is_about_one_field(error: DivioError) -> bool:
    """Return whether the refusal is about one name or value, which says nothing about the next write."""
    return isinstance(error, ValidationFailed) and bool(set(error.errors) - {"non_field_errors", "detail"})


class WriteGate:
    """Lets one site write at a time until the platform accepts a write. After a refused first write no site writes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._accepted = False
        self._refused_for: str | None = None

    @contextmanager
    def attempt(self, site: str, by_hand: str) -> Iterator[None]:
        """Guard one write. Raises MirrorsError: the platform refused the first write, of this site or another.

        Args:
            by_hand: What to do instead, without secrets.
        """
        if self._accepted:
            yield
            return
        with self._lock:
            if self._refused_for is not None:
                raise write_not_tried(site, self._refused_for)
            yield from self._try_first(site, by_hand)

    def _try_first(self, site: str, by_hand: str) -> Iterator[None]:
        already = self._accepted  # by another thread during the wait
        try:
            yield
        except REFUSALS as error:
            if already or error.uncertain or _is_about_one_field(error):
                raise
            self._refused_for = site
            raise writes_refused(site, convert_error(error), by_hand) from None
        else:
            self._accepted = True
