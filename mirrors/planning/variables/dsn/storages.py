"""Find where the backends of django-storage-url 0.12.1 put files. None of them decodes the path of its DSN."""

import posixpath
import re
from collections.abc import Callable
from urllib.parse import SplitResult, quote, unquote

from mirrors.planning.variables.dsn.service import Service, ServiceServer

_SEGMENT = ":@-._~!$&'()*+,;="
"""The characters that furl 2.1, which reads these DSNs, does not escape in a part of a path."""
_VALID = re.compile(rf"(?:[\w{re.escape(_SEGMENT)}]|%[0-9a-fA-F]{{2}})*")
_MARKS = (
    ".s3-accesspoint-fips.dualstack.",
    ".s3-fips.dualstack.",
    ".s3-accesspoint.dualstack.",
    ".s3.dualstack.",
    ".s3-accesspoint.",
    ".s3-fips.",
    ".s3-",
    ".s3.",
)
_PARTITIONS = (
    (re.compile(r"s3.*\.amazonaws\.com\.cn"), "s3.amazonaws.com.cn"),
    (re.compile(r"s3.*[.-]us-gov-[a-z0-9-]+\.amazonaws\.com"), "s3.us-gov-west-1.amazonaws.com"),
    (re.compile(r"s3.*\.amazonaws\.com"), "s3.amazonaws.com"),
)
"""The partitions of AWS. In each of them, a bucket's name exists once, whatever its region."""


def read_storage(parts: SplitResult) -> Service | None:
    """Return the storage of a DSN; None where its scheme is no storage's.

    Raises:
        ValueError: The storage is a file, and its path is not absolute.
    """
    read = _BACKENDS.get(parts.scheme)
    return read(parts, normalize_path(parts.path)) if read else None


def normalize_path(path: str) -> str:
    """Return a path as furl writes it. It escapes each part, unless the part is escaped correctly already."""
    parts = [unquote(part) if _VALID.fullmatch(part) else part for part in path.split("/")]
    return "/".join(quote(part, safe=_SEGMENT) for part in parts)


def _s3(parts: SplitResult, path: str) -> Service:
    """Return the bucket, without the port; without a server where the backend cannot split the host."""
    bucket, endpoint = _bucket(parts.hostname or "")
    outside = (("accesspoint", "yes"),) if endpoint.startswith("s3-accesspoint") else ()
    endpoint = next((name for known, name in _PARTITIONS if known.fullmatch(endpoint) and not outside), endpoint)
    servers = (ServiceServer(endpoint),) if endpoint else ()
    return Service("s3", servers, bucket, prefix=path.strip("/"), outside=outside)


def _bucket(host: str) -> tuple[str, str]:
    for mark in _MARKS:
        bucket, found, rest = host.partition(mark)
        if found and rest.split(".")[0] not in ("control", "control-fips"):
            return bucket, mark.lstrip(".") + rest
    bucket, *endpoint = host.rsplit(".", 3)
    return bucket, ".".join(endpoint)


def _azure(parts: SplitResult, path: str) -> Service:
    """Return the container. The backend takes the account from the user part, and ignores the host."""
    return Service("az", name=path.strip("/"), account=unquote(parts.username or "").lower())


def _file(_parts: SplitResult, path: str) -> Service:
    if not path.startswith("/"):
        raise ValueError
    return Service("file", name=posixpath.normpath(path).replace("//", "/", 1))


_BACKENDS: dict[str, Callable[[SplitResult, str], Service]] = {"s3": _s3, "az": _azure, "file": _file}
