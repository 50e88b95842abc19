"""The error of a ``pulumi`` command, as the problem that the user can solve."""

from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = ["CommandError"]

EMPTY_FILE_ERRORS = ("EOF", "unexpected end of JSON input")
"""The end of the command's own error where a file of the backend is empty. Seen with CLI 3.259."""
NO_BACKEND_ERROR = "PULUMI_ACCESS_TOKEN must be set"
"""A part of the command's own error where no backend is chosen. Seen with CLI 3.259."""
NO_BACKEND = "Pulumi knows no backend here: PULUMI_BACKEND_URL is not set, and you are not logged in."
SHELL_SETTINGS = "If the project has a file of shell settings, such as .state/env in a checkout, read it first"
BACKEND_REMEDY = f"Set PULUMI_BACKEND_URL, or run pulumi login. {SHELL_SETTINGS}"
PASSPHRASE_ERROR = "passphrase must be set"  # noqa: S105 - a message
"""A part of the command's own error where the stack's passphrase is missing. Seen with CLI 3.259."""
NO_PASSPHRASE = "The stack's secrets are encrypted with a passphrase, and this shell has none."  # noqa: S105 - a message
PASSPHRASE_REMEDY = f"Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE. {SHELL_SETTINGS}"
EMPTY_FILE_REMEDY = "A file of the backend is empty: mirrors doctor names it, and the command that helps"


class CommandError(MirrorsError):
    """A ``pulumi`` command failed.

    Args:
        command: The command.
        reason: Its own error line, which the problem shows after the command.
    """

    def __init__(self, command: str, reason: str) -> None:
        self.reason = reason
        super().__init__(_explain_failure(f"{command}: {reason}", reason))


def _explain_failure(said: str, reason: str) -> Problem:
    """Return the problem of a failed command. The command's own line would lead to a service that you may not use."""
    if reason.endswith(EMPTY_FILE_ERRORS):
        return Problem("backend-file-empty", f"{said}.", EMPTY_FILE_REMEDY)
    if NO_BACKEND_ERROR in reason:
        return Problem("backend-unusable", NO_BACKEND, BACKEND_REMEDY)
    if PASSPHRASE_ERROR in reason:
        return Problem("secrets-manager-refuses", NO_PASSPHRASE, PASSPHRASE_REMEDY)
    return Problem("pulumi-failed", said)
