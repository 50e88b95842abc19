"""Text that others wrote, in Markdown."""

import re

__all__ = ["escape_markdown", "format_code"]


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows literally, on one line and in one cell. An @name in it notifies no one."""
    line = " ".join(text.split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@\u200b")
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", line)


def format_code(text: str) -> str:
    """Return text as code. Mirrors escapes only what would end a cell."""
    line = " ".join(text.split())
    return escape_markdown(text) if "`" in line else f"`{line.replace('|', chr(92) + '|')}`"
