"""A cache that makes each object once for all threads of a process."""

from collections.abc import Callable
from functools import cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar, cast

Keys = ParamSpec("Keys")
Made = TypeVar("Made")


def locked_cache(make: Callable[Keys, Made]) -> Callable[Keys, Made]:
    """Return a function that makes each object once for all threads.

    ``functools.cache`` makes two where two threads ask at the same moment. Each of two clients, for example, would send
    as many requests at once as one may.
    """
    made, lock = cast(Callable[Keys, Made], cache(make)), RLock()

    @wraps(make)
    def make_once(*keys: Keys.args, **named: Keys.kwargs) -> Made:
        with lock:
            return made(*keys, **named)

    return make_once
