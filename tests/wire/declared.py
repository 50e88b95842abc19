"""The declaration of a site by a program, and how the state has it."""

from collections.abc import Mapping
from typing import Any

from mirrors.planning.site_properties import make_property_key
from mirrors.planning.variable_entries import make_entry
from tests.wire.platform import CANARY, SHARED, Site

Hint = Mapping[str, Any]
Properties = dict[str, Any]

DATABASE = f"postgres://acme:{CANARY}-password@db.example.com/acme"
STORAGE = f"s3://key:{CANARY}-key@media.example.com/?auth=s3v4"
ORDER = ["SITE_ID", "MIRRORS_APPLICATION", "DEFAULT_STORAGE_DSN", "DATABASE_URL"]
"""In which what each mirror has is written."""

POSTED = [f"POST {name}" for name in ORDER]
START = "POST deployments"
VALUES = dict(zip(SHARED, (DATABASE, STORAGE), strict=True))


def plain(value: Any) -> Hint:
    return {"value": value, "secret": False, "sensitive": False}


def secret(value: Any, *, sensitive: Any = True) -> Hint:
    return {"value": value, "secret": True, "sensitive": sensitive}


def hints(site: Site, variables: Mapping[str, Hint], **more: Any) -> Properties:
    """Return the newest release for a site with these variables and no others; ``more``: what else the program says."""
    original = site.platform.original
    where = {"site": site.name, "environment": site.environment, "image_environment": original.live}
    return {**where, "release": newest(original), "variables": variables, **more}


def mirror(site: Site, found: Hint | None = None, /, **declared: Hint) -> Properties:
    """Return a mirror with the variables that each of them has, and more.

    ``found``: {name: whether it is sensitive}.
    """
    own = {"SITE_ID": plain("2"), "MIRRORS_APPLICATION": plain(site.slug)}
    shared = {name: secret(value) for name, value in VALUES.items()}
    return hints(site, {**own, **shared, **declared}, found=found or {})


def observed(site: Site) -> Properties:
    """Return what a program sees there before it declares anything."""
    return {"observed": {name: {"sensitive": sensitive} for name, (_, sensitive) in site.stored().items()}}


def newest(original: Site) -> str:
    """Return the release that a mirror made now would run."""
    return original.platform.divio.deployments.list(original.live)[0].uuid


def stored(key: str, variables: Mapping[str, Hint]) -> Properties:
    """Return the properties of a site that has them, in a state with this key."""
    return {make_property_key(name): make_entry(key, name, **item).stored for name, item in variables.items()}
