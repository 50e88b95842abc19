"""A straightforward script: for each mirror look, write what differs, look again, deploy, wait, look at the outcome.

``python -m tools.bench.programs.script OPERATION`` in a directory with ``mirrors.json``, a list of slugs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools.bench.programs.api import call, deployed, desired, environment_of, listed, running_with

ORIGINAL = "acme"
Wanted = Mapping[str, tuple[str, bool]]


def converge(environment: str, wanted: Wanted) -> None:
    """Converge one mirror. The platform hides a sensitive value: what runs shows what was set."""
    live = {item["name"]: item for item in listed("environment-variables/", environment=environment)}
    runs = _runs_with(environment)
    changed = [name for name, (value, _) in wanted.items() if name not in live or runs.get(name) != value]
    for name in changed:
        _write(environment, name, wanted[name], live.get(name))
    if not changed:
        return
    there = {item["name"] for item in listed("environment-variables/", environment=environment)}
    uuid = deployed(environment)
    frozen = call("GET", f"deployments/{uuid}/environment-variables/")["environment_variables"]
    if not wanted.keys() <= there or any(frozen[name] != value for name, (value, _) in wanted.items()):
        raise SystemExit(f"{environment} does not run with what was set")


def remove(environment: str, wanted: Wanted) -> None:
    live = {item["name"]: item for item in listed("environment-variables/", environment=environment)}
    for name in reversed(list(wanted)):
        if name in live:
            call("DELETE", f"environment-variables/{live[name]['uuid']}/")


def look(environment: str, wanted: Wanted) -> None:
    """Report as a preview or a refresh does."""
    live = {item["name"] for item in listed("environment-variables/", environment=environment)}
    runs = _runs_with(environment)
    if not wanted.keys() <= live or any(runs.get(name) != value for name, (value, _) in wanted.items()):
        raise SystemExit(f"{environment} is not as declared")


WORK = {"destroy": remove, "refresh": look, "preview with nothing to do": look}
"""The operations that do not ``converge``."""


def main(operation: str) -> None:
    work: Callable[[str, Wanted], None] = WORK.get(operation, converge)
    shared = running_with(environment_of(ORIGINAL))
    for number, slug in enumerate(json.loads(Path("mirrors.json").read_text(encoding="utf-8")), 2):
        work(environment_of(slug), desired(slug, number, shared))


def _write(environment: str, name: str, value: tuple[str, bool], live: Mapping[str, Any] | None) -> None:
    body = {"value": value[0], "is_sensitive": value[1]}
    if live:
        call("PATCH", f"environment-variables/{live['uuid']}/", body)
    else:
        call("POST", "environment-variables/", {"environment": environment, "name": name, **body})


def _runs_with(environment: str) -> dict[str, str]:
    ended = [item for item in listed("deployments/", environment=environment) if item["success"]]
    return running_with(environment) if ended else {}


if __name__ == "__main__":
    main(sys.argv[1])
