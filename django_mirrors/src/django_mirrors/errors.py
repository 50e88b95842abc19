"""What can go wrong, as exceptions with a text for people.

::

    MirrorsError
    ├── NotIdentifiedError     the settings do not say which site this is
    ├── DomainError            DOMAIN is not one host name
    ├── SiteTakenError         another application has the SITE_ID or the domain
    ├── LockNotObtainedError   another deployment migrates, and does not end
    ├── LockLostError          the lock was gone while this process migrated
    └── RefusedToServeError    this process would serve another site's content
"""

from __future__ import annotations

__all__ = [
    "DomainError",
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


class RefusedToServeError(MirrorsError):
    """This process would serve another site's content."""
