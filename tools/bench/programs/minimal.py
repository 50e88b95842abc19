"""One dynamic resource a mirror, of one number, whose provider does nothing: what the engine takes at least.

``mirrors.json``: a list of slugs. ``round``: the number; another one updates all of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult


class EmptyProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("empty", props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_news)


class Empty(Resource, module="bench", name="Empty"):
    pass


def declare() -> None:
    inputs = {"round": int(Path("round").read_text(encoding="utf-8"))}
    for slug in json.loads(Path("mirrors.json").read_text(encoding="utf-8")):
        Empty(EmptyProvider(), slug, dict(inputs))
