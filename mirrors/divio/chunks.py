"""A filter that is repeated: the values in groups whose URLs stay short enough for any server."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from mirrors.divio.transport import Query

LONGEST_URL = 4_000  # bytes; half of what common servers take


def chunks(url: str, name: str, values: Sequence[str], rest: Query) -> Iterator[Sequence[str]]:
    """Return ``values`` of the filter ``name`` in groups for ``url``, beside the ``rest`` of the query."""
    fixed = len(url) + len(urlencode(rest)) + 2
    chunk: list[str] = []
    length = fixed
    for value in values:
        more = len(urlencode({name: value})) + 1
        if chunk and length + more > LONGEST_URL:
            yield chunk
            chunk, length = [], fixed
        chunk.append(value)
        length += more
    if chunk:
        yield chunk
