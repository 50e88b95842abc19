"""What stands in the project's files, scalar by scalar, to be compared with what arrives of it.

The engine resolves a scalar without quotes and hands on what it means: 0123 arrives as 83, 2024-01-01 as
2024-01-01T00:00:00Z (CLI 3.259). Text of YAML comes in, nothing is read from a disk here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from mirrors.config.base import Place
from mirrors.config.scalars import Leaf, engine_reads_otherwise, plain_value

__all__ = ["LOADER", "OtherSourceError", "Source", "arrives_as_written", "compare", "keys_of", "pairs"]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_UNTAGGED: Any = Resolver()  # of no types


class OtherSourceError(Exception):
    """What arrives is not what this file has: another file, or none, is where it comes from."""


@dataclass(frozen=True)
class Source:
    """The keys of one file that are ours, without the namespace."""

    file: str
    rewritten: bool
    keys: Mapping[str, Node]

    @classmethod
    def of(cls, file: str, top: Mapping[str, Node] | None, namespace: str, *, rewritten: bool) -> Source | None:
        """None where it could not be read (``keys_of``); the engine says then what is wrong with it.

        In the file of a project that is called like the namespace, its keys may stand without it.
        """
        config = top.get("config") if top else None
        if top is None or not isinstance(config, MappingNode):
            return None
        name, prefix = top.get("name"), f"{namespace}:"
        bare = isinstance(name, ScalarNode) and name.value == namespace
        named = {key if ":" in key or not bare else prefix + key: node for key, node in pairs(config)}
        keys = {key.removeprefix(prefix): node for key, node in named.items() if key.startswith(prefix)}
        return cls(file, rewritten, keys if rewritten else {key: _value(node) for key, node in keys.items()})

    def leaf(self, node: ScalarNode) -> Leaf:
        line, quoted = node.start_mark.line + 1, bool(node.style)
        tagged = node.tag != _UNTAGGED.resolve(ScalarNode, node.value, (not quoted, quoted))
        return Leaf(node.value, quoted, self.file, line, self.rewritten, tagged)


def keys_of(text: str) -> dict[str, Node] | None:
    """The keys at the top of a document; None where it cannot be read, or holds no keys."""
    try:
        root = yaml.compose(text, Loader=LOADER)
        return dict(pairs(root)) if isinstance(root, MappingNode) else None
    except (yaml.YAMLError, RecursionError):
        return None


def _value(node: Node) -> Node:
    """In a project's file an object stands below ``value``, a key with a type has its ``default``."""
    held = dict(pairs(node)) if isinstance(node, MappingNode) else {}
    return next((held[key] for key in ("value", "default") if key in held), node)


def pairs(node: MappingNode) -> Iterator[tuple[str, Node]]:
    """The entries, what is merged into them first, so that a ``dict`` has those that count."""
    own: list[tuple[str, Node]] = []
    for key, value in node.value:
        if key.tag == _MERGE and not key.style:
            for merged in reversed(value.value) if isinstance(value, SequenceNode) else [value]:
                yield from pairs(merged) if isinstance(merged, MappingNode) else ()
        elif isinstance(key, ScalarNode):
            own.append((key.value, value))
    yield from own


def compare(source: Source, node: Node, arrived: Any, place: Place) -> Iterator[tuple[Place, Leaf, Any]]:
    """Every scalar below a node with what arrives of it. Raises OtherSourceError where the two are not of one shape.

    What is encrypted is left out.
    """
    if isinstance(node, ScalarNode):
        yield place, source.leaf(node), arrived
    elif isinstance(node, SequenceNode):
        if not isinstance(arrived, list) or len(arrived) != len(node.value):
            raise OtherSourceError
        for number, (item, value) in enumerate(zip(node.value, arrived, strict=True)):
            yield from compare(source, item, value, (*place, number))
    elif isinstance(node, MappingNode) and not _is_secure(found := dict(pairs(node))):
        if not isinstance(arrived, dict) or found.keys() != arrived.keys():
            raise OtherSourceError
        for key, item in found.items():
            yield from compare(source, item, arrived[key], (*place, key))


def _is_secure(found: Mapping[str, Node]) -> bool:
    return found.keys() == {"secure"} and isinstance(found["secure"], ScalarNode)


def arrives_as_written(leaf: Leaf, arrived: Any) -> bool:
    """Whether the value is what everybody reads there. Raises OtherSourceError where it cannot come from there."""
    nothing = arrived in ("", None) and not leaf.quoted and plain_value(leaf.text) is None
    if nothing or leaf.text == arrived:
        return True
    if leaf.tagged:
        return False
    if leaf.quoted or isinstance(arrived, list | dict) or not engine_reads_otherwise(leaf.text):
        raise OtherSourceError
    return not isinstance(arrived, str) and arrived == plain_value(leaf.text)
