"""The services that DSNs point at, and the credentials in them."""

from mirrors.planning.variables.dsn.reading import (
    identify_comparable_service,
    identify_service,
    normalize_identity,
    read_credentials,
    read_service,
)
from mirrors.planning.variables.dsn.service import (
    UNREADABLE_IDENTITY,
    Service,
    ServiceServer,
    identify_for_confirmation,
    is_same_service,
)

__all__ = [
    "UNREADABLE_IDENTITY",
    "Service",
    "ServiceServer",
    "identify_comparable_service",
    "identify_for_confirmation",
    "identify_service",
    "is_same_service",
    "normalize_identity",
    "read_credentials",
    "read_service",
]
