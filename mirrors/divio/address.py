"""Where the API is, and the guarantee that the token goes nowhere else."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

from mirrors.divio.errors import Exchange, InvalidSettings, UnexpectedAnswer

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """The base of every URL: ``origin`` is scheme, host and port, ``prefix`` a path without its last slash."""

    origin: str
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Raises InvalidSettings for what is no https:// address; http:// is for loopback hosts only."""
        parts = _split(url)
        if parts is None or parts.scheme not in _PORTS or not parts.hostname:
            raise InvalidSettings("the address of the API is not of the form https://host[:port]")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise InvalidSettings(
                f"the address of the API at {parts.hostname} has more to it than scheme, host and path"
            )
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
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
        """The URL of a path of ours, or of a link that the platform sent.

        A link is rebuilt on our origin after the check, so that no two readings of a malformed one can differ.
        """
        if path.startswith("/") and not path.startswith("//"):
            return f"{self}{path}"
        parts = _split(urljoin(f"{self}/", path))
        if parts is None or "@" in parts.netloc or _place(parts) != _place(urlsplit(self.origin)):
            problem = f"a link leads away from {self.origin} and is not followed: the token belongs to it alone"
            raise UnexpectedAnswer(problem, Exchange("GET", parts.path if parts else "?"))
        return f"{self.origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read here, because a bad one raises where it is read
    except ValueError:
        return None
    return parts


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
