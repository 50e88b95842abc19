"""A reader that returns a platform's answers as they come, errors included."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from mirrors.divio.address import ApiAddress
from mirrors.divio.errors import ConnectionFailed, RequestInfo
from mirrors.divio.request import Query
from mirrors.divio.session import make_session

__all__ = ["RawAnswer", "RawReader"]


@dataclass(frozen=True)
class RawAnswer:
    """An answer. ``body`` is parsed JSON, or None where it is something else; ``headers`` have lower-case names."""

    path: str
    query: Query
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)


class RawReader:
    """A sender of GET requests, each once, one at a time. ``timeout`` is (connect, read), in seconds."""

    def __init__(self, url: str, token: str, timeout: tuple[float, float] = (5.0, 60.0)) -> None:
        self._address = ApiAddress.parse(url)
        self._session = make_session(1)
        self._session.headers["Authorization"] = f"Token {token}"
        self._timeout = timeout

    def get(self, path: str, *query: tuple[str, str], token: str | None = None) -> RawAnswer:
        """Return the answer, whatever its status.

        Args:
            path: The path below the API's address.
            query: The query's names and values.
            token: Another token for this request alone.

        Raises:
            ConnectionFailed: The platform did not answer.
        """
        headers = {"Authorization": f"Token {token}"} if token else {}
        url = self._address.url(path)
        try:
            response = self._session.get(
                url, params=list(query), headers=headers, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            failure = type(error).__name__
        else:
            return RawAnswer(path, query, response.status_code, _lower(response.headers), _json(response))
        raise ConnectionFailed(f"no answer from {self._address.server} ({failure})", RequestInfo("GET", path))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
