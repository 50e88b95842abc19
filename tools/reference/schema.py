"""``schemas/mirrors.schema.json``: what Pulumi's files take below ``config``, so that editors complete and check it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from mirrors.config.models.all_keys import all_keys_model
from mirrors.config.platforms import json_keys, secret_key_commands
from mirrors.config.values.validators import false_as_none, null_as_empty
from tools.reference.docstrings import documented
from tools.reference.keys import Key, keys, objects

FILE = "schemas/mirrors.schema.json"

Schema = dict[str, Any]

SECURE: Schema = {
    "description": "Encrypted by `pulumi config set --secret`.",
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}
SECURE_REFERENCE: Schema = {"$ref": "#/$defs/secret"}

TYPED = ("type", "items", "description", "secret")
"""The other entries that Pulumi takes beside a key's ``value`` or ``default`` in a project's file."""

ALSO_TAKEN: Mapping[object, str] = {false_as_none: "boolean", null_as_empty: "null"}
"""{function of a type: what it takes beside the type behind it}"""


class _AsWritten(GenerateJsonSchema):
    """pydantic's schema of what a user writes, without titles and without defaults as the program holds them."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the parent's signature
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> Schema:
        """Refuse a name that the pattern of the names does not match."""
        found = super().dict_schema(schema)
        return {**found, "additionalProperties": False} if "patternProperties" in found else found

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> Schema:
        """Add what a function takes beside the type behind it."""
        inner = super().function_before_schema(schema)
        more = ALSO_TAKEN.get(schema["function"]["function"])
        return {"anyOf": [inner, {"type": more}]} if more else inner


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def document() -> Schema:
    """Return one schema for all files. Which of them a file is, its top says."""
    settings = all_keys_model().model_json_schema(schema_generator=_AsWritten)
    definitions: Schema = settings["$defs"]
    for _, place, model in objects():
        if place:
            definitions[model.__name__]["description"] = documented(model)
    models = {path: model for path, _, model in objects()}
    for key in keys():
        owner = models[key.path.rpartition(".")[0]]
        holder = settings if owner is all_keys_model() else definitions[owner.__name__]
        holder["properties"][key.name] = {**holder["properties"][key.name], **_words(key)}
    properties: dict[str, Schema] = settings["properties"]
    stack, project = _keys_of_stack(properties), _keys_of_project(properties)
    named = _secured({"secret": SECURE, "stack": stack, "project": project, **definitions})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mirrors: Pulumi.yaml, Pulumi.<stack>.yaml and the file of mirrors:fleetFile",
        "if": {"required": ["original"]},
        "then": {"$ref": "#/$defs/FleetSettings"},
        "else": {
            "if": {"required": ["runtime"]},
            "then": {"properties": {"config": {"$ref": "#/$defs/project"}}},
            "else": {"properties": {"config": {"$ref": "#/$defs/stack"}}},
        },
        "$defs": named,
    }


def _words(key: Key) -> Schema:
    """Describe a key for an editor."""
    meaning, default = " ".join(key.summary.split()), key.default_value
    words = {"description": meaning if "](" in key.takes else f"{meaning}\n\nTakes {key.takes}."}
    return words if default is None else {**words, "default": default}


def _keys(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of a mapping ``config``. Keys of other namespaces are not looked at."""
    unknown = f"^mirrors:(?!(?:{'|'.join(properties)})$)"
    inside = {f"mirrors:{name}": item for name, item in properties.items()}
    return {"type": ["object", "null"], "properties": inside, "patternProperties": {unknown: False}}


def _keys_of_stack(properties: Mapping[str, Schema]) -> Schema:
    """Return the same for ``Pulumi.<stack>.yaml``, where an object of secrets may be encrypted as a whole."""
    whole = {
        name: {"description": properties[name]["description"], "anyOf": [properties[name], SECURE_REFERENCE]}
        for name in secret_key_commands().keys() & json_keys()
    }
    return _keys({name: whole.get(name, item) for name, item in properties.items()})


def _keys_of_project(names: Iterable[str]) -> Schema:
    """Return the same for ``Pulumi.yaml``: an object is below ``value`` there, and nothing secret is there."""
    inside: dict[str, Schema] = {}
    for name in sorted({*names} - secret_key_commands().keys()):
        there = {"$ref": f"#/$defs/stack/properties/mirrors:{name}"}
        held: Schema = {"type": "object", "properties": {"value": there, "default": there}}
        held |= {"propertyNames": {"enum": ["value", "default", *TYPED]}}
        inside[name] = held if name in json_keys() else {"anyOf": [there, held]}
    return _keys(inside)


def _secured(node: Any) -> Any:
    """Put the encrypted form in place of each secret's text."""
    if isinstance(node, dict):
        if node.get("writeOnly"):
            return {**{key: value for key, value in node.items() if key == "description"}, **SECURE_REFERENCE}
        return {key: _secured(value) for key, value in node.items()}
    return [_secured(item) for item in node] if isinstance(node, list) else node
