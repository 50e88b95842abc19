"""Edit YAML as text: only the edited values change. Every other byte stays as it is, comments included."""

import math
import re
import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from mirrors.config.scalars import agreed_value, needs_quotes
from mirrors.config.written import YAML_LOADER, mapping_pairs

__all__ = ["YamlEditor", "as_yaml", "find_pair", "value_of"]

_BELOW = re.compile(r"(\n[ \t]*(#[^\n]*)?)+\Z")
"""Empty lines and comment lines below a value. The end that YAML gives a block is behind them."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    """Put a text in quotes that some reader of YAML would take for another type."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if needs_quotes(text) else None)


_Dumper.add_representer(str, _represent_text)


def as_yaml(data: Mapping[str, Any], *, flow: bool = False) -> str:
    """Return data as YAML.

    Args:
        flow: On one line, in braces.
    """
    style: dict[str, Any] = {"default_flow_style": flow, "sort_keys": False, "allow_unicode": True, "width": math.inf}
    return str(yaml.dump(data, Dumper=_Dumper, **style))


def find_pair(node: Node | None, key: str) -> tuple[Node, Node] | None:
    """Return the key and the value in an object; None where the key is missing, or the node is no object."""
    found = node.value if isinstance(node, MappingNode) else ()
    return next(((name, value) for name, value in found if name.value == key), None)


def value_of(node: Node | None) -> Any:
    """Return the data of a node. A scalar that readers disagree about is text. Raises YAMLError for a double key."""
    if isinstance(node, ScalarNode):
        return node.value if node.style else agreed_value(node.value)
    if isinstance(node, SequenceNode):
        return [value_of(item) for item in node.value]
    if not isinstance(node, MappingNode):
        return None
    names: set[str] = set()
    for key, _ in node.value:
        if key.value in names:
            raise yaml.MarkedYAMLError(problem="duplicate key", problem_mark=key.start_mark)
        names.add(key.value)
    return {key: value_of(item) for key, item in dict(mapping_pairs(node)).items()}


class YamlEditor:
    """The text of a document, and the edits to it.

    Raises:
        YAMLError: The text is no YAML.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []
        self.root: Node | None = yaml.compose(text, Loader=YAML_LOADER)

    def edited(self) -> str:
        """Return the text with all edits. Edits of the same place come in the order in which they were made."""
        text = self._text
        for start, end, new in sorted(self._edits, key=lambda edit: edit[0])[::-1]:
            text = text[:start] + new + text[end:]
        return text

    def set_value(self, parent: MappingNode, key: str, value: str, after: str | None = None) -> None:
        """Set a key to a value on one line.

        Args:
            after: The key behind which a new key goes; None for the end.
        """
        if pair := find_pair(parent, key):
            self._replace(pair[1].start_mark.index, pair[1].end_mark.index, value)
            return
        before = find_pair(parent, after) if after else (parent.value[-1] if parent.value else None)
        if parent.flow_style:
            place = before[1].end_mark.index if before else parent.start_mark.index + 1
            self._insert(place, f"{', ' if before else ''}{key}: {value}")
        else:
            place = self._content_end(before[1] if before and after else parent)
            self._insert(place, f"\n{_indent_of(parent)}{key}: {value}")

    def set_block(self, parent: MappingNode, key: str, data: Mapping[str, Any]) -> None:
        """Set a key to an object, on lines of its own unless the parent is in braces."""
        if parent.flow_style:
            return self.set_value(parent, key, as_yaml(data, flow=True).strip())
        block = textwrap.indent(as_yaml({key: data}), _indent_of(parent)).rstrip()
        if pair := find_pair(parent, key):
            self._replace(pair[0].start_mark.index, self._content_end(pair[1]), block.lstrip())
        else:
            self._insert(self._content_end(parent), f"\n{block}")
        return None

    def set_items(self, parent: MappingNode, key: str, removed: Collection[int], added: Sequence[int]) -> None:
        """Remove items of a list of numbers, and append others. The comment on an item's line goes with it."""
        name, node = find_pair(parent, key) or (None, None)
        if not isinstance(node, SequenceNode) or node.flow_style or name is None:
            kept = [item for item in value_of(node) or () if item not in removed]
            return self.set_value(parent, key, _in_brackets([*kept, *added]))
        end = self._content_end(node.value[-1])
        gone = [item for item in node.value if value_of(item) in removed]
        if len(gone) == len(node.value):
            return self._replace(self._text.index(":", name.end_mark.index) + 1, end, f" {_in_brackets(added)}")
        for item in gone:
            line = self._text.rindex("\n", 0, item.start_mark.index)
            self._replace(line, self._content_end(item), "")
        for item in added:
            self._insert(end, f"\n{' ' * node.start_mark.column}- {item}")
        return None

    def _content_end(self, node: Node) -> int:
        """Return the end of the last line of a node, with the comment on that line and without those below it."""
        end = node.end_mark.index
        if not isinstance(node, CollectionNode) or node.flow_style:
            line_end = self._text.find("\n", end)
            return line_end if line_end >= 0 else len(self._text)
        return len(_BELOW.sub("", self._text[:end]))

    def _insert(self, place: int, text: str) -> None:
        self._edits.append((place, place, text))

    def _replace(self, start: int, end: int, text: str) -> None:
        self._edits.append((start, end, f" {text}" if start == end else text))


def _indent_of(block: MappingNode) -> str:
    """Return the spaces before the keys. An anchor moves the mark of the object itself."""
    return " " * int(block.value[0][0].start_mark.column)


def _in_brackets(items: Sequence[int]) -> str:
    return f"[{', '.join(map(str, items))}]"
