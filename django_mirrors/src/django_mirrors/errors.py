"""Exceptions with a text for people."""

from __future__ import annotations

__all__ = [
    "AnalysisError",
    "DomainError",
    "HalfAppliedError",
    "LockLostError",
    "LockNotObtainedError",
    "MirrorsError",
    "NotIdentifiedError",
    "RefusedToServeError",
    "SiteTakenError",
]


class MirrorsError(Exception):
    """The base class of all exceptions of this app."""


class NotIdentifiedError(MirrorsError):
    """The settings do not identify this site."""


class DomainError(MirrorsError):
    """``DOMAIN`` is not one host name."""


class SiteTakenError(MirrorsError):
    """Another application has the SITE_ID or the domain, or took it in the meantime."""


class LockNotObtainedError(MirrorsError):
    """Another deployment migrates, and does not end."""


class LockLostError(MirrorsError):
    """The lock was lost while this process migrated, so another process may have migrated at the same time."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The lock was lost while this deployment migrated: {why}. "
            "Another deployment may have migrated at the same time. Check that no other deployment runs, then deploy "
            "again."
        )


class HalfAppliedError(MirrorsError):
    """A migration failed, and the database keeps the part that was applied."""


class AnalysisError(MirrorsError):
    """The guard itself fails at an operation, so the operation's effects are unknown."""

    def __init__(self, migration: str, operation: str, error: Exception) -> None:
        super().__init__(
            f"{migration}: the guard failed at {operation} with {type(error).__name__}: {error}. If "
            "plain `migrate` applies the migration, this is a bug in django_mirrors: please report it."
        )


class RefusedToServeError(MirrorsError):
    """This process would serve another site's content."""
