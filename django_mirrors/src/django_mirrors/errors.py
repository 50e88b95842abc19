"""What can go wrong, as exceptions with a text for people.

::

    MirrorsError
    ├── NotIdentifiedError     the settings do not say which site this is
    ├── DomainError            DOMAIN is not one host name
    ├── SiteTakenError         another application has the SITE_ID or the domain
    ├── LockNotObtainedError   another deployment migrates, and does not end
    ├── LockLostError          the lock was gone while this process migrated
    ├── JudgementError         the guard itself fails at an operation
    └── RefusedToServeError    this process would serve another site's content
"""

from __future__ import annotations

__all__ = [
    "DomainError",
    "JudgementError",
    "LockLostError",
    "LockNotObtainedError",
    "MirrorsError",
    "NotIdentifiedError",
    "RefusedToServeError",
    "SiteTakenError",
]


class MirrorsError(Exception):
    """The root of all."""


class NotIdentifiedError(MirrorsError):
    """The settings do not say which site this is."""


class DomainError(MirrorsError):
    """``DOMAIN`` is not one host name."""


class SiteTakenError(MirrorsError):
    """Another application has the SITE_ID or the domain, or took it in the meantime."""


class LockNotObtainedError(MirrorsError):
    """Another deployment migrates, and does not end."""


class LockLostError(MirrorsError):
    """The lock was gone while this process migrated, so another one may have migrated at the same time."""


class JudgementError(MirrorsError):
    """The guard itself fails at an operation, which it names: nothing is known of it."""

    def __init__(self, migration: str, operation: str, error: Exception) -> None:
        super().__init__(
            f"{migration}: {operation} cannot be judged, for it ends in {type(error).__name__}: {error}. Where "
            "plain `migrate` applies it, this is a fault of django_mirrors: please report it."
        )


class RefusedToServeError(MirrorsError):
    """This process would serve another site's content."""
