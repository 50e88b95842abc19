"""As many dynamic resources as another stack has, with the same inputs, whose provider does nothing.

``payload.json``: the resources of that stack's state, secrets in clear.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult

SIGNATURE = "4dabf18193072939515e22adb298388d"  # the engine's mark of a value that is not plain
DYNAMIC = "pulumi-python:dynamic/"
PROVIDER = "pulumi:providers:"
STACK = "pulumi:pulumi:Stack"


class EmptyProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(str(uuid4()), props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_news)


class Empty(Resource, module="bench", name="Empty"):
    pass


def declare() -> None:
    declared: dict[str, pulumi.Resource] = {}
    for item in json.loads(Path("payload.json").read_text(encoding="utf-8")):
        if item["type"] != STACK and not item["type"].startswith(PROVIDER):
            parent = declared.get(item.get("parent", ""))
            options = pulumi.ResourceOptions(parent=parent, protect=item.get("protect"))
            declared[item["urn"]] = _declared(item, options)


def _declared(item: Mapping[str, Any], options: pulumi.ResourceOptions) -> pulumi.Resource:
    kind, name = item["type"].rpartition(":")[2], item["urn"].rpartition("::")[2]
    if not item["type"].startswith(DYNAMIC):
        return pulumi.ComponentResource(item["type"], name, None, options)
    inputs = {key: _wrapped(value) for key, value in item["inputs"].items() if key != "__provider"}
    return Empty(EmptyProvider(), f"{name}-{kind}", inputs, options)


def _wrapped(value: Any) -> Any:
    """Secrets are secrets again: the engine encrypts them, which takes its time."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return pulumi.Output.secret(json.loads(value["plaintext"]))
        return {key: _wrapped(item) for key, item in value.items()}
    return [_wrapped(item) for item in value] if isinstance(value, list) else value
