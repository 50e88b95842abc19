"""A platform's error as a problem. The client does not know where its settings come from, so the remedies are here."""

from collections.abc import Mapping
from types import MappingProxyType

from mirrors.divio import AuthenticationFailed, ConnectionFailed, DivioError, errors
from mirrors.problems import Problem

SET_TOKEN = (
    "Set DIVIO_API_TOKEN, or mirrors:apiToken as a secret, to a valid token of this account; the variable wins over the"  # noqa: S105
    " configuration"
)
SANDBOX_VARIABLE = "MIRRORS_SANDBOX_DIR"
"""The variable that is set where a user works on a sandbox, which they can start themselves."""
RUN_AGAIN = "Nothing is lost: run the command again"

CHECK_ADDRESS = "Is mirrors:apiUrl, or DIVIO_API_URL, the platform's address"
ADDRESS_ORDER = "Before the program runs, Pulumi asks the address of the last up; DIVIO_API_URL wins over both"
START_SANDBOX = f"{CHECK_ADDRESS}, and does it run? If not, start it: mirrors sandbox start. {RUN_AGAIN}"

_REMEDIES: tuple[tuple[type[DivioError], str, str], ...] = (
    (AuthenticationFailed, "token-refused", SET_TOKEN),
    (errors.InvalidSettings, "connection-invalid", ""),
    (
        errors.PermissionDenied,
        "permission-denied",
        "Give the token's account the right to read and write this application's environments",
    ),
    (errors.NotFound, "not-on-platform", "Someone deleted it, or the token's account lost its rights on it"),
    (ConnectionFailed, "platform-unreachable", f"{CHECK_ADDRESS}, and does it run? {ADDRESS_ORDER}. {RUN_AGAIN}"),
    (
        errors.DeploymentTimeout,
        "deployment-unended",
        "It may still succeed: the next up waits for it. mirrors:rollout.timeout sets how long",
    ),
    (errors.Throttled, "platform-throttled", "Lower mirrors:maxConcurrentRequests. " + RUN_AGAIN),
    (errors.ServerFailed, "platform-failed", RUN_AGAIN),
    (errors.ValidationFailed, "refused-by-platform", "Correct the value that it names, and run the command again"),
    (errors.MalformedResponse, "platform-answer-broken", RUN_AGAIN),
    (errors.UnexpectedAnswer, "platform-answer-unexpected", f"{CHECK_ADDRESS}? If so its API has changed"),
)


def convert_error(error: DivioError, environ: Mapping[str, str] = MappingProxyType({})) -> Problem:
    """Return an error as a problem, with its remedy where one is known.

    Args:
        error: The client's error.
        environ: The reader's environment. It shows whether the platform is a sandbox, which a user can start.
    """
    found = ((code, remedy) for kind, code, remedy in _REMEDIES if isinstance(error, kind))
    code, remedy = next(found, ("platform-failed", ""))
    if isinstance(error, ConnectionFailed) and environ.get(SANDBOX_VARIABLE):
        remedy = START_SANDBOX
    said = describe_refusal(error) if isinstance(error, AuthenticationFailed) else str(error)
    return Problem(code, f"{said.rstrip('.')}.", remedy)


def describe_refusal(error: AuthenticationFailed) -> str:
    """Return which request was refused, without a remedy: the words of the client know no setting of Mirrors."""
    where = f"{error.request_info}: " if error.request_info else ""
    request = f" (request {error.request_id})" if error.request_id else ""
    return f"{where}the token was refused{request}"
