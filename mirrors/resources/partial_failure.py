"""Keep the result of an operation that failed half way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mirrors.planning.site_properties import Properties
from mirrors.planning.variables.writes import PROVIDER_PROPERTY
from mirrors.pulumi_internals import report_partial_failure


@contextmanager
def keep_partial_result(id_: str, given: Properties, done: Callable[[], Properties | None]) -> Iterator[None]:
    """Report what an operation has done if it fails. The engine then stores that.

    Args:
        id_: The resource's id.
        given: The properties that the operation was called with.
        done: Returns the resource's outputs as they are now; None where they are as before.
    """
    try:
        yield
    except Exception as error:
        if (properties := done()) is not None:
            report_partial_failure(id_, {**properties, PROVIDER_PROPERTY: given.get(PROVIDER_PROPERTY)}, str(error))
        raise
