"""What a user can do about an error of the platform. The client does not know where its settings come from."""

from collections.abc import Mapping
from types import MappingProxyType

from mirrors.divio import (
    AuthenticationFailed,
    BrokenAnswer,
    ConnectionFailed,
    DeploymentTimeout,
    DivioError,
    NotFound,
    PermissionDenied,
    ServerFailed,
    Throttled,
    UnexpectedAnswer,
    ValidationFailed,
)

TOKEN = (
    "Set DIVIO_API_TOKEN, or mirrors:apiToken as a secret, to a valid token of this account; the variable wins over the"  # noqa: S105
    " configuration"
)
SANDBOX = "MIRRORS_SANDBOX_DIR"
"""The variable of whoever works on a sandbox: their platform is one that they start themselves."""
AGAIN = "Nothing is lost: run the command again"

ADDRESS = "Is mirrors:apiUrl, or DIVIO_API_URL, the platform's address"
MOVED = "Before the program runs, Pulumi asks the address of the last up; DIVIO_API_URL wins over both"
STOPPED = f"{ADDRESS}, and does it run? If not, start it: mirrors sandbox start. {AGAIN}"

_REMEDIES: tuple[tuple[type[DivioError], str], ...] = (
    (AuthenticationFailed, TOKEN),
    (PermissionDenied, "Give the token's account the right to read and write this application's environments"),
    (NotFound, "It was deleted, or the token's account has lost its rights on it"),
    (ConnectionFailed, f"{ADDRESS}, and does it run? {MOVED}. {AGAIN}"),
    (DeploymentTimeout, "It may still succeed: the next up waits for it. mirrors:rollout.timeout sets how long"),
    (Throttled, "Lower mirrors:maxConcurrentRequests. " + AGAIN),
    (ServerFailed, AGAIN),
    (ValidationFailed, "Correct what it complains of, and run the command again"),
    (BrokenAnswer, AGAIN),
    (UnexpectedAnswer, f"{ADDRESS}? If so its API has changed"),
)


def explained(error: DivioError, environ: Mapping[str, str] = MappingProxyType({})) -> str:
    """The error in one line, with its remedy where one is known.

    ``environ``: the variables of whoever reads it; on a sandbox they can start the platform.
    """
    remedy = next((text for kind, text in _REMEDIES if isinstance(error, kind)), "")
    if isinstance(error, ConnectionFailed) and environ.get(SANDBOX):
        remedy = STOPPED
    said = refusal(error) if isinstance(error, AuthenticationFailed) else str(error)
    return f"{said.rstrip('.')}. {remedy}".strip()


def refusal(error: AuthenticationFailed) -> str:
    """Which request was refused, and no remedy: the client has one in its words, which know no setting of ours."""
    where = f"{error.exchange}: " if error.exchange else ""
    request = f" (request {error.request_id})" if error.request_id else ""
    return f"{where}the token was refused{request}"
