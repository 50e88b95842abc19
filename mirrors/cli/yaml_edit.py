"""Edit YAML as text: only the edited values change. Every other byte stays as it is, comments included."""

import re
import textwrap
from collections.abc import Collection, Sequence
from typing import Any

from yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from mirrors.cli.yaml_text import as_yaml, find_pair, value_of

__all__ = ["YamlEditor"]

_BELOW = re.compile(r"(\n[ \t]*(#[^\n]*)?)+\Z")
"""Empty lines and comment lines below a value. The end that YAML gives a block is behind them."""


class YamlEditor:
    """The text of a document, and the edits to it. Nodes are those of the text before the edits."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []

    def edited(self) -> str:
        """Return the text with all edits. Edits of the same place come in the order in which they were made."""
        text = self._text
        for start, end, new in sorted(self._edits, key=lambda edit: edit[0])[::-1]:
            text = text[:start] + new + text[end:]
        return text

    def set_key(self, parent: MappingNode, key: str, value: Any, after: str | None = None) -> None:
        """Set a key of an object. A new one goes behind the key ``after``, or to the end."""
        flow, pair = bool(parent.flow_style), find_pair(parent, key)
        indent = " " * int(parent.value[0][0].start_mark.column) if not flow else ""  # an anchor moves the parent's
        text = as_yaml({key: value}, flow=flow).strip()
        text = text[1:-1] if flow else textwrap.indent(text, indent).lstrip()
        before = find_pair(parent, after) if after else (parent.value[-1] if flow and parent.value else None)
        if pair:
            self._edits.append((pair[0].start_mark.index, self._end(pair[1]), text))
        elif flow:
            place = before[1].end_mark.index if before else parent.start_mark.index + 1
            self._edits.append((place, place, f", {text}" if before else text))
        else:
            place = self._line_end(before[1] if before else parent)
            self._edits.append((place, place, f"\n{indent}{text}"))

    def set_numbers(self, parent: MappingNode, key: str, removed: Collection[int], added: Sequence[int]) -> None:
        """Remove items of a list of numbers, and append others. The comment on an item's line goes with it."""
        pair = find_pair(parent, key)
        kept = [item for item in value_of(pair[1] if pair else None) or () if item not in removed]
        if not (pair and isinstance(pair[1], SequenceNode) and not pair[1].flow_style and kept):
            return self.set_key(parent, key, [*kept, *added])
        for item in pair[1].value:
            if value_of(item) in removed:
                self._edits.append((self._text.rindex("\n", 0, item.start_mark.index), self._line_end(item), ""))
        end = self._line_end(pair[1].value[-1])
        self._edits += [(end, end, f"\n{' ' * pair[1].start_mark.column}- {item}") for item in added]
        return None

    def _end(self, node: Node) -> int:
        """Return the end of a node; of a block, without the comments below it."""
        end = int(node.end_mark.index)
        block = isinstance(node, CollectionNode) and not node.flow_style
        return len(_BELOW.sub("", self._text[:end])) if block else end

    def _line_end(self, node: Node) -> int:
        """Return the end of the last line of a node, with the comment on that line."""
        end = self._text.find("\n", self._end(node))
        return end if end >= 0 else len(self._text)
