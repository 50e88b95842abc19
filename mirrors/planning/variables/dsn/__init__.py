"""The services that DSNs point at, and the credentials in them."""

from mirrors.planning.variables.dsn.reading import (
    credentials_of,
    normalized_identity,
    readable_identity,
    service_identity,
    service_of,
)
from mirrors.planning.variables.dsn.service import UNREADABLE, Server, Service, confirmable, same

__all__ = [
    "UNREADABLE",
    "Server",
    "Service",
    "confirmable",
    "credentials_of",
    "normalized_identity",
    "readable_identity",
    "same",
    "service_identity",
    "service_of",
]
