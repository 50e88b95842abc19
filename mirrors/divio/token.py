"""The token that requests are sent with, and the one that takes its place where it is refused."""

from collections.abc import Callable
from threading import Lock

Another = Callable[[], str | None]
"""Returns another token, or None without one. The client calls it at most once."""


def no_other() -> None:
    return None


class Token:
    """Safe to share between threads: one of them asks for another token, the others wait and use it too."""

    def __init__(self, value: str, another: Another = no_other) -> None:
        self._given = [value]
        self._another: Another | None = another
        self._lock = Lock()

    @property
    def now(self) -> str:
        return self._given[-1]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return each token that was ever sent."""
        return tuple(self._given)

    def is_replaced(self, refused: str) -> bool:
        """Return whether there is another token now than the refused one."""
        with self._lock:
            if refused == self.now and self._another is not None:
                found, self._another = self._another(), None
                self._given += [found] if found and found not in self._given else []
            return refused != self.now
