"""The properties of a site's resource, which are part of the state's schema, and the property of each variable.

Each variable is a property. A plain one has its value, a secret has ``{fingerprint}``: no state has a secret's value.
``NAME (running)`` exists only where the site runs with another value than is set.
"""

from collections.abc import Mapping
from typing import Any

from mirrors.planning.variables.writes import PROVIDER_PROPERTY

Properties = dict[str, Any]
"""{name: value} of a resource, as Pulumi passes them to a provider."""

INPUTS = ("site", "environment", "image_environment", "release", "verified", "found", "hmac_key")
OUTPUTS = ("deployment", "url", "failed", "attempt")
CHECK_ONLY = ("variables", "rollout", "turn", "observed", "databases", "collected", "newest", "shared")
"""The check-only inputs. The state keeps none of them.

``_make_site_inputs`` of the program passes them, and ``register_mirror`` those that only a mirror has (``databases``)
or that differ for it (``shared``). ``CheckedSite.from_check`` reads them, except two: ``site_inputs`` reads
``variables``, and nothing reads ``turn``, which is there for what it waits for. ``Site`` documents them.
"""

RUNNING_SUFFIX = " (running)"
"""The end of the key of a deployed value. No variable's name contains a blank."""

ABSENT_ENTRY: Mapping[str, Any] = {"absent": True}
"""The deployed value of a variable that is set, and that the site does not run with as far as Mirrors knows."""


def make_property_key(name: str) -> str:
    """Return the property of a variable. A taken name gets an equals sign before it, which no variable's name contains.

    Mirrors' properties and those of every resource are taken. So are names that begin with an underscore. Pulumi shows
    no property that begins with two, and in the SDK such a property would hide an attribute of the resource.
    """
    taken = name in (*INPUTS, *OUTPUTS, *CHECK_ONLY, "id", "urn") or name.startswith(("_", "="))
    return f"={name}" if taken else name


def read_variable_name(key: str) -> str:
    """Return the variable's name of a property."""
    return key.removesuffix(RUNNING_SUFFIX).removeprefix("=")


def is_variable(key: str) -> bool:
    """Return whether a property is a variable."""
    return key not in (*INPUTS, *OUTPUTS, *CHECK_ONLY, PROVIDER_PROPERTY, "id", "urn")
