"""A request to the platform and its answer, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mirrors.divio.errors import RequestInfo

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """One request.

    Args:
        path: It starts with a slash, or is a link that the platform sent.
        secrets: Texts that are blanked in errors.
    """

    method: str
    path: str
    query: Query = ()
    body: Mapping[str, Any] | None = None
    secrets: Sequence[str] = ()


@dataclass(frozen=True)
class ApiResponse:
    value: Any
    request_info: RequestInfo
