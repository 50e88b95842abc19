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
    """A gate in front of all writes of one kind.

    It lets one site write at a time until the platform accepts a write, and then all sites at once. If the platform
    refuses the first write, no other site writes.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._accepted = False
        self._refused_for: str | None = None

    @contextmanager
    def enter(self, site: str, manual_steps: str) -> Iterator[None]:
        """Make one write within the gate.

        Args:
            site: The site that the write is for.
            manual_steps: What the user can do in the Control Panel instead, without secrets.

        Raises:
            MirrorsError: The platform refused the first write, of this site or of another one.
        """
        if self._accepted:
            yield
            return
        with self._lock:
            if self._refused_for is not None:
                raise write_not_tried(site, self._refused_for)
            yield from self._try_first(site, manual_steps)

    def _try_first(self, site: str, manual_steps: str) -> Iterator[None]:
        accepted_meanwhile = self._accepted  # by another thread that had the lock
        try:
            yield
        except REFUSALS as error:
            if accepted_meanwhile or error.uncertain or _is_about_one_field(error):
                raise
            self._refused_for = site
            raise writes_refused(site, convert_error(error), manual_steps) from None
        else:
            self._accepted = True
