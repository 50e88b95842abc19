"""Remove secrets from a site's own text, such as the log of a deployment, so that an error may quote it."""

from collections.abc import Collection, Iterable

from mirrors.planning.variables.names import LOGGABLE_VARIABLES
from mirrors.planning.variables.secrecy import looks_secret
from mirrors.redaction import redact

LOG_CHARACTERS = 100_000
"""How many characters at the end of a log Mirrors reads. No message shows more, and a line may be endless."""


def redact_log(
    log: str, variables: Iterable[tuple[str, str]], secret: Collection[str] = (), others: Iterable[str] = ()
) -> str:
    """Return the end of a log without secrets.

    It hides every part of a secret. It hides any other value only where the log has all of it, and keeps public ones.

    Args:
        log: The log.
        variables: (name, value) of the site's deployed and declared variables.
        secret: The names of the variables that are declared as secrets. Names and values that look secret count too.
        others: More secrets, without a name.
    """
    hidden, values, shown = [*others], [], []
    for name, value in variables:
        if name in LOGGABLE_VARIABLES:
            shown.append(value)
        elif name in secret or looks_secret(name, value):
            hidden.append(value)
        else:
            values.append(value)
    return redact(log[-LOG_CHARACTERS:], hidden, values=values, shown=shown)
