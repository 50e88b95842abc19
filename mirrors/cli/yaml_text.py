"""Read YAML as strictly as the configuration does, and write YAML that each reader reads alike."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mirrors.config.files.scalars import agreed_value, needs_quotes
from mirrors.config.files.written import YAML_LOADER, mapping_pairs
from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = ["as_yaml", "find_pair", "parse_yaml", "value_of"]


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    """Put a text in quotes that some reader of YAML would take for another type."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if needs_quotes(text) else None)


def _represent_list(dumper: yaml.SafeDumper, items: list[Any]) -> SequenceNode:
    """Put a list of numbers on one line."""
    numbers = all(isinstance(item, int) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=numbers or None)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)


def as_yaml(data: Mapping[str, Any], *, flow: bool = False) -> str:
    """Return data as YAML.

    Args:
        flow: On one line, in braces.
    """
    style: dict[str, Any] = {"default_flow_style": flow, "sort_keys": False, "allow_unicode": True, "width": math.inf}
    return str(yaml.dump(data, Dumper=_Dumper, **style))


def parse_yaml(text: str | bytes, path: Path) -> Node | None:
    """Return the document's node; None if the text is empty.

    Args:
        path: The file, for the message.

    Raises:
        MirrorsError: The text is no YAML, or has a key twice. The problem names the line and what is wrong there.
    """
    try:
        root: Node | None = yaml.compose(text, Loader=YAML_LOADER)
        value_of(root)
    except RecursionError:
        raise _invalid_yaml_error(path, "its objects are too deep") from None
    except yaml.YAMLError as error:
        mark, what = getattr(error, "problem_mark", None), getattr(error, "problem", getattr(error, "reason", ""))
        raise _invalid_yaml_error(path, f"see line {mark.line + 1}: {what}" if mark else what) from None
    return root


def _invalid_yaml_error(path: Path, what: str) -> MirrorsError:
    message = f"{path} is no YAML, {what}. Neither Mirrors nor Pulumi can read it."
    return MirrorsError(Problem("project-file-invalid", message, "Correct the file"))


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
            raise yaml.MarkedYAMLError(problem="it has this key twice", problem_mark=key.start_mark)
        names.add(key.value)
    return {key: value_of(item) for key, item in dict(mapping_pairs(node)).items()}
