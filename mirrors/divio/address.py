"""The address of the API, and the guarantee that the token goes nowhere else."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from mirrors.divio.errors import InvalidSettings, RequestInfo, UnexpectedAnswer
from mirrors.web_addresses import ApiUrlFault, api_url_fault, split_url

_SCHEMES = ("http", "https")
_SAFE_NETLOC = re.compile(r"[A-Za-z0-9.:\[\]-]{1,100}")


@dataclass(frozen=True)
class ApiAddress:
    """The base of every URL.

    Args:
        origin: Scheme, host and port.
        prefix: A path without its last slash.
    """

    origin: str
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> "ApiAddress":
        """Return the parsed address.

        Raises:
            InvalidSettings: The scheme is not https, or not http on a loopback host.
        """
        fault, parts = api_url_fault(url), split_url(url)
        if fault is ApiUrlFault.NO_ADDRESS or parts is None:
            raise InvalidSettings("the address of the API is not of the form https://host[:port]")
        if fault is ApiUrlFault.EXTRA_PARTS:
            raise InvalidSettings(
                f"the address of the API at {parts.hostname} has more to it than scheme, host and path"
            )
        if fault is ApiUrlFault.TOKEN_IN_CLEAR:
            raise InvalidSettings(
                f"http://{parts.hostname} would send the token in clear: use https:// (http:// is for loopback hosts)"
            )
        return cls(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"))

    @property
    def server(self) -> str:
        return urlsplit(self.origin).netloc

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}"

    def url(self, path: str) -> str:
        """Return the URL of a path, or of a link that the platform sent.

        Mirrors checks a link and rebuilds it on its own origin, so that no two readings of a malformed link can differ.
        The link's scheme and port do not matter. Behind a proxy that ends TLS, Django REST framework (3.16) makes links
        from the request that reached it: with ``http://`` or the inner port.

        Raises:
            UnexpectedAnswer: The link leads to another host.
        """
        if path.startswith("/") and not path.startswith("//"):
            return f"{self}{path}"
        parts = split_url(urljoin(f"{self}/", path))
        if parts is None or not self._is_host_of(parts):
            raise UnexpectedAnswer(self._leads_away(parts), RequestInfo("GET", parts.path if parts else "?"))
        return f"{self.origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def _is_host_of(self, parts: SplitResult) -> bool:
        return parts.scheme in _SCHEMES and "@" not in parts.netloc and parts.hostname == urlsplit(self.origin).hostname

    def _leads_away(self, parts: SplitResult | None) -> str:
        problem = f"a link leads away from {self.origin} and is not followed: the token belongs to it alone"
        place = parts.netloc.rpartition("@")[2] if parts else ""
        return (
            f"{problem}. It leads to {parts.scheme}://{place}" if parts and _SAFE_NETLOC.fullmatch(place) else problem
        )
