"""The engine's own preview, ``pulumi preview --json``, as far as we read it. Seen with CLI 3.259.

There is a step for each resource that the engine looks at. A ``refresh`` step holds the state as it was, the ``update``
step after it the state as the platform has it now: what differs between the two was changed by hand. ``modified``, the
time of the last change, tells that also of a value that is not shown.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

OURS = "pulumi-python:dynamic/mirrors:"
PROPERTIES = frozenset(
    {
        *("site", "environment", "image_environment", "release", "secrets", "verified", "found"),
        *("deployment", "url", "failed", "attempt"),
        *("rollout", "collected", "newest", "shared", "turn", "observed", "id", "urn"),
    }
)
"""Of ``EnvironmentVariables`` and ``Deployment`` what is no variable. A variable of such a name begins with ``=``."""

QUIET = frozenset({"same", "refresh", "read"})
ENDS = frozenset({"delete", "delete-replaced", "discard-replaced"})
FLEET = "mirrors:index:Fleet"
STRUCTURE = frozenset(
    {"pulumi:pulumi:Stack", FLEET, "mirrors:docker:Database", "mirrors:docker:Media", "mirrors:docker:Release"}
)
CONTAINER = "docker:index/container:Container"
OF_CONTAINERS = frozenset({CONTAINER, "Serving", "Release"})
"""What a site has on a Docker host, directly below the Fleet."""

Inputs = Mapping[str, Any]

PROTECTED = (
    "the state's list of SITE_IDs would be deleted, and is protected. Do not take the protection off: the ids would be"
    " forgotten. Give the Fleet its former name and place in the program back; to destroy the stack: pulumi destroy"
    " --exclude-protected"
)
"""Instead of the engine's advice (3.259), which is to run ``pulumi state unprotect``."""

_BEFORE = re.compile(r"\A(error: |\S+ resource '[^']*' has a problem: |Exception calling application: )+")
"""What the engine and the SDK put before our own words."""


@dataclass(frozen=True, slots=True)
class Change:
    """Of one variable, without its values. ``by_hand``: the platform has another value than we wrote."""

    name: str
    kind: Literal["added", "changed", "removed"]
    secret: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """``kind``: the type, of ours the last part alone. ``old`` and ``new``: the inputs; ``keys``: those that differ."""

    op: str
    urn: str
    kind: str
    name: str
    old: Inputs
    new: Inputs
    keys: tuple[str, ...]
    modified: str | None

    @property
    def creates(self) -> bool:
        return self.op in ("create", "create-replacement")

    @property
    def replaces(self) -> bool:
        """By the engine's one word for the whole of it: ``--json`` leaves the steps that it is made of out."""
        return self.op in ("replace", "create-replacement")

    @property
    def changes_something(self) -> bool:
        return self.op not in QUIET and self.kind not in STRUCTURE

    @property
    def is_of_a_container(self) -> bool:
        """Whether it is a site's on a Docker host, and not what the sites have in common."""
        above = self.urn.split("::", 3)[2].rpartition("$")[0]
        return self.kind in OF_CONTAINERS and above.endswith(FLEET)

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the variables whose values are secrets, or were."""
        return frozenset((*(self.old.get("secrets") or ()), *(self.new.get("secrets") or ())))

    @property
    def variables(self) -> dict[str, str]:
        """{key: name} of the variables that differ."""
        keys = (key for key in self.keys if key not in PROPERTIES and not key.startswith("__"))
        return {key: key.removeprefix("=") for key in keys}


def steps_of(engine: Mapping[str, Any]) -> list[Step]:
    return [_step(item) for item in engine.get("steps") or ()]


def changes(step: Step, stored: Step | None) -> list[Change]:
    """Of the variables in an update. ``stored``: the refresh of the same resource, where there was one."""
    by_hand, secrets = _by_hand(step, stored), step.secrets
    return [Change(name, _kind(step, key), name in secrets, key in by_hand) for key, name in step.variables.items()]


def said(engine: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(severity, message). What the engine puts before our own words is left out; a note is a line."""
    for item in engine.get("diagnostics") or ():
        severity, text = str(item.get("severity", "info")), str(item.get("message", "")).strip()
        if severity == "error":
            yield severity, PROTECTED if _of_the_ledger(text) else _BEFORE.sub("", text)
        elif severity != "debug":
            yield from (
                (severity, line.strip().removeprefix("warning: ")) for line in text.splitlines() if line.strip()
            )


def _of_the_ledger(text: str) -> bool:
    return "it is protected" in text and f"{OURS}SiteIds::" in text


def _step(item: Mapping[str, Any]) -> Step:
    kinds, name = item["urn"].split("::", 3)[2:]
    old, new = item.get("oldState") or {}, item.get("newState") or {}
    return Step(
        item["op"],
        item["urn"],
        kinds.rpartition("$")[2].removeprefix(OURS),
        name,
        old.get("inputs") or {},
        new.get("inputs") or {},
        tuple(item.get("diffReasons") or ()),
        old.get("modified"),
    )


def _by_hand(step: Step, stored: Step | None) -> Sequence[str]:
    """The keys of variables that are on the platform otherwise than in the state.

    Of a secret neither value is shown. Where something is not as in the state, and no value that is shown tells what,
    it is a secret.
    """
    if stored is None or stored.modified == step.modified:
        return ()
    keys = step.variables
    shown = [key for key in keys if stored.old.get(key) != step.old.get(key)]
    return shown or [key for key, name in keys.items() if name in step.secrets]


def _kind(step: Step, key: str) -> Literal["added", "changed", "removed"]:
    if key not in step.old:
        return "added"
    return "changed" if key in step.new else "removed"
