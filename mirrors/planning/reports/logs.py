"""What a site said of itself, such as the log of its deployment, made fit to be quoted in an error."""

from collections.abc import Collection, Iterable

from mirrors.planning.variables.names import LOGGABLE_VARIABLES
from mirrors.planning.variables.secrecy import looks_secret
from mirrors.redaction import redact

LONGEST = 100_000
"""Characters of a log that are looked at, from its end; more is never shown, and a line may be endless."""


def without_secrets(
    log: str, variables: Iterable[tuple[str, str]], secret: Collection[str] = (), others: Iterable[str] = ()
) -> str:
    """The end of a log. ``variables``: what the site runs with, and what it should run with.

    Of those that are named in ``secret``, and of those that look like secrets, no part is shown, nor of the ``others``.
    Any other is blanked where it stands whole, but for those that are public.
    """
    hidden, values, shown = [*others], [], []
    for name, value in variables:
        if name in LOGGABLE_VARIABLES:
            shown.append(value)
        elif name in secret or looks_secret(name, value):
            hidden.append(value)
        else:
            values.append(value)
    return redact(log[-LONGEST:], hidden, values=values, shown=shown)
