"""The token of each request, and the one that replaces it where the platform refuses it."""

from collections.abc import Callable
from threading import Lock

AnotherToken = Callable[[], str | None]
"""Return another token, or None without one. The client calls it at most once."""


def no_other_token() -> None:
    return None


class Token:
    """A token that threads share. If the platform refuses it, one thread asks for another one, and all use that."""

    def __init__(self, value: str, another: AnotherToken = no_other_token) -> None:
        self._given = [value]
        self._another: AnotherToken | None = another
        self._lock = Lock()

    @property
    def current(self) -> str:
        return self._given[-1]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Each token that was ever sent."""
        return tuple(self._given)

    def replace_refused(self, refused: str) -> bool:
        """Return whether there is another token now than the refused one."""
        with self._lock:
            if refused == self.current and self._another is not None:
                found, self._another = self._another(), None
                self._given += [found] if found and found not in self._given else []
            return refused != self.current
