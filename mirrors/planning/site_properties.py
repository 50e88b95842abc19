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
CHECK_ONLY: Mapping[str, str] = {
    "variables": "variables",
    "rollout": "restriction",
    "turn": "slot",
    "observed": "observed",
    "databases": "databases",
    "collected": "deferring_run",
    "newest": "newest_release",
    "shared": "shared_digests",
}
"""{property: its name in the code} of the check-only inputs. The state keeps none of them.

The program passes them by ``make_check_only``: ``_make_site_inputs`` those of every site, ``register_original`` and
``register_mirror`` the others. ``check`` gets them by ``read_check_only`` and keeps them as fields of ``CheckedSite``,
all but ``slot``, which is there for what it waits for. ``Site`` documents the properties. Five have another name in the
code:

- property ``rollout``, in the code ``restriction``: why a site does not get each release
- property ``turn``, in the code ``slot``: the right of a site to deploy now
- property ``collected``, in the code ``deferring_run``: the run, if it reports failures at its end
- property ``newest``, in the code ``newest_release``: the newest release when the program planned
- property ``shared``, in the code ``shared_digests``: digests of the values that the original's mirrors get

A new property takes its name from a user's variable: ``make_property_key`` moves the variable to ``=NAME``, which no
state has yet.
"""

_CHECK_ONLY_PROPERTIES = {name: key for key, name in CHECK_ONLY.items()}

RUNNING_SUFFIX = " (running)"
"""The end of the key of a deployed value. No variable's name contains a blank."""

ABSENT_ENTRY: Mapping[str, Any] = {"absent": True}
"""The deployed value of a variable that is set, and that the site does not run with as far as Mirrors knows."""


def make_check_only(**inputs: Any) -> Properties:
    """Return check-only inputs, given by their names in the code, as properties."""
    return {_CHECK_ONLY_PROPERTIES[name]: value for name, value in inputs.items()}


def read_check_only(news: Mapping[str, Any]) -> dict[str, Any]:
    """Return {name in the code: value} of all check-only inputs. One that is not there is None."""
    return {name: news.get(key) for key, name in CHECK_ONLY.items()}


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
