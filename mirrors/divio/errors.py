"""Errors of the client.

```text
DivioError
├── InvalidSettings           the address, token or a limit cannot be used; nothing was sent
├── ConnectionFailed          no answer: refused, reset, timed out (or 408), certificate not accepted
├── AuthenticationFailed      401, or 403 where every account may read: the token is not valid
├── PermissionDenied          403
├── NotFound                  404: not there, or not visible to this account
├── ValidationFailed          400, 409, 422: ``errors`` maps each field to its messages
├── DeploymentRunning         a deployment cannot start while ``deployment`` runs: attach to it
├── DeploymentTimeout         ``deployment`` did not end in time
├── Throttled                 429
├── ServerFailed              5xx
└── UnexpectedAnswer          an answer that is not what the API documents
    ├── MalformedResponse          cut off, or not JSON at all
    └── TooManyPages               a list has more pages than its reader would read
```

Each keeps the method, path, status and request id, and prints in one line. None carries the token or the value of a
variable: what the platform says is blanked before it gets here (``mirrors.divio.responses``).
"""

# ruff: noqa: N818 - named for what happened, all under a root named Error

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mirrors.divio.domain import Deployment


@dataclass(frozen=True)
class RequestInfo:
    """The request that an error is about. ``status`` is None when no answer came."""

    method: str
    path: str
    status: int | None = None
    request_id: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f": {self.status}" if self.status else "")


class DivioError(Exception):
    """The root of every exception of this package.

    Args:
        retry_after: Seconds; None where the platform did not ask for a pause.
    """

    transient = False

    def __init__(
        self, message: str, request_info: RequestInfo | None = None, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message, request_info)
        self.message = message
        self.request_info = request_info
        self.retry_after = retry_after

    @property
    def method(self) -> str | None:
        return self.request_info.method if self.request_info else None

    @property
    def path(self) -> str | None:
        return self.request_info.path if self.request_info else None

    @property
    def status(self) -> int | None:
        return self.request_info.status if self.request_info else None

    @property
    def request_id(self) -> str | None:
        return self.request_info.request_id if self.request_info else None

    @property
    def uncertain(self) -> bool:
        """True if the platform may have carried the request out. Look before you repeat such a write."""
        status = self.status
        return self.request_info is not None and (status is None or status < 300 or status == 408 or status >= 500)

    def __str__(self) -> str:
        where = f"{self.request_info}: " if self.request_info else ""
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{where}{self.message}{request}"


class InvalidSettings(DivioError):
    pass


class ConnectionFailed(DivioError):
    """No answer. ``transient`` is False where a repetition cannot help, because the certificate is not accepted."""

    def __init__(
        self,
        message: str,
        request_info: RequestInfo | None = None,
        *,
        transient: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, request_info, retry_after=retry_after)
        self.transient = transient


class AuthenticationFailed(DivioError):
    pass


class PermissionDenied(DivioError):
    pass


class NotFound(DivioError):
    pass


class ValidationFailed(DivioError):
    """A refused value.

    Args:
        errors: {field name, or ``non_field_errors``: messages}. The sent values are blanked in them.
    """

    def __init__(
        self,
        message: str,
        request_info: RequestInfo | None = None,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message, request_info)
        self.errors = dict(errors or {})


class _DeploymentError(DivioError):
    def __init__(
        self, message: str, request_info: RequestInfo | None = None, *, deployment: Deployment | None = None
    ) -> None:
        super().__init__(message, request_info)
        self.deployment = deployment


class DeploymentRunning(_DeploymentError):
    """A deployment was in the way of another. It may have ended by now; ``wait`` returns at once then."""


class DeploymentTimeout(_DeploymentError):
    """A deployment, as last seen, that did not end in time. It may go on and succeed later."""


class Throttled(DivioError):
    transient = True


class ServerFailed(DivioError):
    transient = True


class UnexpectedAnswer(DivioError):
    pass


class MalformedResponse(UnexpectedAnswer):
    transient = True


class TooManyPages(UnexpectedAnswer):
    pass


REFUSALS = (PermissionDenied, NotFound, ValidationFailed, UnexpectedAnswer)
"""Refusals: the platform does not do what it was asked. Any other failure would meet other requests as well."""
