"""A summary of a platform's OpenAPI document: paths, methods, filters, fields, status codes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["summary"]

COLLECTIONS = ("applications", "environments", "environment-variables", "deployments", "service-instances", "domains")
METHODS = ("get", "post", "put", "patch", "delete")
MIRROR = re.compile(r"mirror|source|original|parent", re.IGNORECASE)


def summary(document: Any) -> dict[str, Any]:
    """Return ``operations`` of the collections that Mirrors uses, their ``fields``, and ``mirror_fields``."""
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        return {}
    operations = {
        f"{method.upper()} {path}": _operation(details)
        for path, item in document["paths"].items()
        if _is_used(path) and isinstance(item, dict)
        for method, details in item.items()
        if method in METHODS
    }
    schemas = (document.get("components") or {}).get("schemas") or {}
    wanted = set(_reachable({name for item in operations.values() for name in item["schemas"]}, schemas))
    fields = {name: _fields(schemas[name]) for name in sorted(wanted)}
    mirror_fields = [f"{name}.{key}" for name, keys in fields.items() for key in keys if MIRROR.search(key)]
    return {"operations": operations, "fields": fields, "mirror_fields": mirror_fields}


def _is_used(path: str) -> bool:
    return any(f"/{name}/" in f"{path}/" for name in COLLECTIONS)


def _operation(details: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [item for item in details.get("parameters") or [] if isinstance(item, dict)]
    return {
        "filters": sorted(str(item.get("name")) for item in parameters if item.get("in") == "query"),
        "statuses": sorted(map(str, details.get("responses") or {})),
        "schemas": sorted(set(_references(details))),
    }


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str):
                yield item.rpartition("/")[2]
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _reachable(names: set[str], schemas: Mapping[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    while names:
        name = names.pop()
        if name in schemas and name not in seen:
            seen.add(name)
            names |= set(_references(schemas[name]))
            yield name


def _fields(schema: Any) -> dict[str, str]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return {key: _kind(item) for key, item in (properties or {}).items() if isinstance(item, dict)}


def _kind(item: Mapping[str, Any]) -> str:
    limits = [f"{key} {item[key]}" for key in ("format", "maxLength", "pattern") if key in item]
    flags = [key for key in ("readOnly", "writeOnly", "nullable") if item.get(key)]
    return ", ".join([str(item.get("type") or "object"), *limits, *flags])
