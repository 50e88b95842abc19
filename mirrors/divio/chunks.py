"""Split the values of a repeated filter into groups whose URLs stay short enough for any server."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from mirrors.divio.request import Query

MAX_URL_BYTES = 4_000  # bytes; half of what common servers take


def split_into_chunks(url: str, name: str, values: Sequence[str], rest: Query) -> Iterator[Sequence[str]]:
    """Yield the values in groups.

    Args:
        url: The address without a query.
        name: The name of the filter.
        values: The values of the filter.
        rest: The rest of the query.
    """
    fixed = len(url) + len(urlencode(rest)) + 2
    chunk: list[str] = []
    length = fixed
    for value in values:
        more = len(urlencode({name: value})) + 1
        if chunk and length + more > MAX_URL_BYTES:
            yield chunk
            chunk, length = [], fixed
        chunk.append(value)
        length += more
    if chunk:
        yield chunk
