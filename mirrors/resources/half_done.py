"""An operation that failed half way: the engine keeps what it has done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mirrors.planning.variables.writes import PROVIDER_PROPERTY
from mirrors.pulumi_internals import report_partial_failure

Properties = dict[str, Any]


@contextmanager
def half_done(id_: str, given: Properties, done: Callable[[], Properties | None]) -> Iterator[None]:
    """Report what an operation has done where it fails.

    Args:
        id_: the resource's id.
        given: the properties that the operation was called with.
        done: returns the resource's outputs as they are now; None where they are as before.
    """
    try:
        yield
    except Exception as error:
        if (properties := done()) is not None:
            report_partial_failure(id_, {**properties, PROVIDER_PROPERTY: given.get(PROVIDER_PROPERTY)}, str(error))
        raise
