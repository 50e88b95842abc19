"""Compare the scalars of a file with the values that arrive from it.

Pulumi's engine passes on what a scalar without quotes means to it: 0123 arrives as 83, and 2024-01-01 as
2024-01-01T00:00:00Z (CLI 3.259). This module works on text, and reads no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from mirrors.config.files.scalars import YamlScalar, agreed_value, engine_changes_scalar
from mirrors.config.models.base import KeyPath

__all__ = [
    "YAML_LOADER",
    "OtherSourceError",
    "SourceFile",
    "arrives_as_written",
    "compare_scalars",
    "mapping_pairs",
    "top_level_keys",
]

YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_UNTAGGED: Any = Resolver()  # A resolver without types shows whether a scalar has a tag of its own.


class OtherSourceError(Exception):
    """The value does not come from this file. It comes from another file, or from none."""


@dataclass(frozen=True)
class SourceFile:
    """The keys of one file that belong to Mirrors.

    Args:
        file: The name of the file.
        rewritten: Whether it is a stack's file, which Pulumi writes anew whenever it saves the configuration.
        keys: The value of each key, by key without the namespace.
    """

    file: str
    rewritten: bool
    keys: Mapping[str, Node]

    @classmethod
    def from_top_keys(
        cls, file: str, top: Mapping[str, Node] | None, namespace: str, *, rewritten: bool
    ) -> SourceFile | None:
        """Return the keys of a file; None if Mirrors cannot read it. Pulumi's engine then says what is wrong with it.

        A project that has the namespace as its name may have the keys without the namespace.

        Args:
            file: The name of the file.
            top: The keys at its top, as ``top_level_keys`` returns them.
            namespace: The namespace of the keys, ``mirrors``.
            rewritten: Whether it is a stack's file.
        """
        config = top.get("config") if top else None
        if top is None or not isinstance(config, MappingNode):
            return None
        name, prefix = top.get("name"), f"{namespace}:"
        bare = isinstance(name, ScalarNode) and name.value == namespace
        named = {key if ":" in key or not bare else prefix + key: node for key, node in mapping_pairs(config)}
        keys = {key.removeprefix(prefix): node for key, node in named.items() if key.startswith(prefix)}
        return cls(file, rewritten, keys if rewritten else {key: _find_value_node(node) for key, node in keys.items()})

    def scalar_of(self, node: ScalarNode) -> YamlScalar:
        """Return a scalar of this file, with its line."""
        line, quoted = node.start_mark.line + 1, bool(node.style)
        tagged = node.tag != _UNTAGGED.resolve(ScalarNode, node.value, (not quoted, quoted))
        return YamlScalar(node.value, quoted, self.file, line, self.rewritten, tagged)


def top_level_keys(text: str) -> dict[str, Node] | None:
    """Return the keys at the top of a document; None if it is no YAML, or no object."""
    try:
        root = yaml.compose(text, Loader=YAML_LOADER)
        return dict(mapping_pairs(root)) if isinstance(root, MappingNode) else None
    except (yaml.YAMLError, RecursionError):
        return None


def _find_value_node(node: Node) -> Node:
    """Return the value of a key in a project's file: below ``value``, or the ``default`` of a key with a type."""
    held = dict(mapping_pairs(node)) if isinstance(node, MappingNode) else {}
    return next((held[key] for key in ("value", "default") if key in held), node)


def mapping_pairs(node: MappingNode) -> Iterator[tuple[str, Node]]:
    """Yield the entries of an object. Merged entries come first, so that in a ``dict`` the object's own ones win."""
    own: list[tuple[str, Node]] = []
    for key, value in node.value:
        if key.tag == _MERGE and not key.style:
            for merged in reversed(value.value) if isinstance(value, SequenceNode) else [value]:
                yield from mapping_pairs(merged) if isinstance(merged, MappingNode) else ()
        elif isinstance(key, ScalarNode):
            own.append((key.value, value))
    yield from own


def compare_scalars(
    source: SourceFile, node: Node, arrived: Any, place: KeyPath
) -> Iterator[tuple[KeyPath, YamlScalar, Any]]:
    """Yield each scalar below a node with the value that arrives from it: (place, scalar, value).

    An encrypted value is left out.

    Args:
        source: The file of the node.
        node: A value in the file.
        arrived: The value that Pulumi passes.
        place: The place of the value in the configuration.

    Raises:
        OtherSourceError: The file's value and the passed one have different shapes.
    """
    if isinstance(node, ScalarNode):
        yield place, source.scalar_of(node), arrived
    elif isinstance(node, SequenceNode):
        if not isinstance(arrived, list) or len(arrived) != len(node.value):
            raise OtherSourceError
        for number, (item, value) in enumerate(zip(node.value, arrived, strict=True)):
            yield from compare_scalars(source, item, value, (*place, number))
    elif isinstance(node, MappingNode) and not _is_encrypted(found := dict(mapping_pairs(node))):
        if not isinstance(arrived, dict) or found.keys() != arrived.keys():
            raise OtherSourceError
        for key, item in found.items():
            yield from compare_scalars(source, item, arrived[key], (*place, key))


def _is_encrypted(found: Mapping[str, Node]) -> bool:
    return found.keys() == {"secure"} and isinstance(found["secure"], ScalarNode)


def arrives_as_written(leaf: YamlScalar, arrived: Any) -> bool:
    """Return whether the passed value is the one that every reader of YAML sees in the file.

    Raises:
        OtherSourceError: The value cannot come from this scalar.
    """
    nothing = arrived in ("", None) and not leaf.quoted and agreed_value(leaf.text) is None
    if nothing or leaf.text == arrived:
        return True
    if leaf.tagged:
        return False
    if leaf.quoted or isinstance(arrived, list | dict) or not engine_changes_scalar(leaf.text):
        raise OtherSourceError
    return not isinstance(arrived, str) and arrived == agreed_value(leaf.text)
