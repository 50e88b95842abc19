"""The same fleet with a resource for each variable and one for each deployment, which is how one would begin.

``mirrors.json``: a list of slugs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, ResourceProvider, UpdateResult

from tools.bench.programs.api import call, deployed, desired, environment_of, running_with

ORIGINAL = "acme"
Properties = dict[str, Any]


class VariableProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: Properties) -> CreateResult:
        made = call("POST", "environment-variables/", {key: props[key] for key in ("environment", "name", *_FLAGS)})
        return CreateResult(made["uuid"], props)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        call("PATCH", f"environment-variables/{_id}/", {key: _news[key] for key in _FLAGS})
        return UpdateResult(_news)

    def read(self, id_: str, props: Properties) -> ReadResult:
        seen = call("GET", f"environment-variables/{id_}/")
        if seen is None:
            return ReadResult("", {})
        return ReadResult(id_, {**props, "value": seen.get("value") or props["value"]})

    def delete(self, _id: str, _props: Properties) -> None:
        call("DELETE", f"environment-variables/{_id}/")


class DeploymentProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: Properties) -> CreateResult:
        return CreateResult(deployed(props["environment"]), props)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        deployed(_news["environment"])
        return UpdateResult(_news)

    def read(self, id_: str, props: Properties) -> ReadResult:
        seen = call("GET", f"deployments/{id_}/environment-variables/")
        return ReadResult(id_, props) if seen else ReadResult("", {})


class Variable(Resource, module="naive", name="Variable"):
    pass


class Deployment(Resource, module="naive", name="Deployment"):
    pass


_FLAGS = ("value", "is_sensitive")


def declare() -> None:
    shared = running_with(environment_of(ORIGINAL))
    for number, slug in enumerate(json.loads(Path("mirrors.json").read_text(encoding="utf-8")), 2):
        _mirror(slug, number, shared)


def _mirror(slug: str, site_id: int, shared: dict[str, str]) -> None:
    environment = environment_of(slug)
    variables: list[pulumi.Resource] = []
    values: dict[str, Any] = {}
    for name, (value, sensitive) in desired(slug, site_id, shared).items():
        values[name] = pulumi.Output.secret(value) if sensitive else value
        props = {"environment": environment, "name": name, "value": values[name], "is_sensitive": sensitive}
        variables.append(Variable(VariableProvider(), f"{slug}-{name}", props))
    options = pulumi.ResourceOptions(depends_on=variables)
    Deployment(DeploymentProvider(), slug, {"environment": environment, **values}, options)
