"""Mermaid's diagrams as SVG in the page: ``mkdocs.yml`` names ``as_svg`` as the format of the fence ``mermaid``.

The theme would load Mermaid from elsewhere whenever a reader opens the page. This runs in the documentation's own
environment, which has Mermaid in a wheel.
"""

from __future__ import annotations

from typing import Any


def as_svg(source: str, _language: str, css_class: str, *_: Any, **__: Any) -> str:
    """Return a diagram as HTML."""
    import mermaidx  # type: ignore[import-not-found] # the tests' environment has no such package

    svg: str = mermaidx.render(source, theme="neutral").svg()
    return f'<div class="{css_class}">{svg}</div>'
