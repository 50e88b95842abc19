"""What DSNs point at, and with which credentials."""

from mirrors.planning.dsn.reading import credentials_of, identity_of, readable_identity, respelled, service_of
from mirrors.planning.dsn.service import UNREADABLE, Server, Service, confirmable, same

__all__ = [
    "UNREADABLE",
    "Server",
    "Service",
    "confirmable",
    "credentials_of",
    "identity_of",
    "readable_identity",
    "respelled",
    "same",
    "service_of",
]
