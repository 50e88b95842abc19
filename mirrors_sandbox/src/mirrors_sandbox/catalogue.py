"""Regions and services. The platform has a catalogue of them; here they are what applications and instances name."""

import base64
import hashlib
from dataclasses import dataclass

from mirrors_sandbox.models import Application, ServiceInstance


@dataclass(frozen=True)
class Region:
    uuid: str
    name: str


@dataclass(frozen=True)
class Service:
    uuid: str
    name: str
    type: str
    description: str
    identifier: str
    region: str


def derived_uuid(kind: str, name: str) -> str:
    """An identifier that is always the same for this name, in the form that all identifiers have."""
    digest = hashlib.sha256(f"{kind}:{name}".encode()).digest()[:16]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def region_uuid(name: str) -> str:
    return derived_uuid("region", name)


def regions() -> list[Region]:
    """Every region that an application is in, by name."""
    names = Application.objects.order_by("region").values_list("region", flat=True).distinct()
    return [Region(region_uuid(name), name) for name in names]


def services() -> list[Service]:
    """Every service that an environment has an instance of, by name and region."""
    rows = ServiceInstance.objects.order_by("service", "region").values_list("service", "type", "region").distinct()
    return [
        Service(derived_uuid("service", name), name, kind, f"{name} of the sandbox", name, region_uuid(region))
        for name, kind, region in rows
    ]
