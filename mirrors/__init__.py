"""Infrastructure as code for multi-site Django projects: one codebase, one original, many mirrors.

>>> from mirrors import Fleet  # in the __main__.py of a Pulumi project
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirrors.fleet import Fleet

__all__ = ["Fleet"]


def __getattr__(name: str) -> Any:
    """Import ``Fleet``, and Pulumi with it, on first use. The sandbox and the commands do without."""
    if name == "Fleet":
        from mirrors.fleet import Fleet

        return Fleet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
