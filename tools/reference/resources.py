"""``docs/resources.md``: the component and the resources that it declares, from their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi.dynamic import Resource

from mirrors.fleet import Fleet
from mirrors.resources.mirror import Mirror, OriginalSite
from mirrors.resources.original import Original, OriginalProvider
from mirrors.resources.provider import Provider
from mirrors.resources.site import SiteProvider
from mirrors.resources.site_ids import SiteIds, SiteIdsProvider
from tools.reference.docstrings import documented, markdown, of_fields, row, table

__all__ = ["DOCUMENTED", "Documented", "page"]

INTRODUCTION = """\
# Resources

A program declares one component, `Fleet`, which declares everything else. The other resources are not made for
programs. This page says what a preview and the state have of them, and what happens when.

The types are `mirrors:index:Fleet` and `pulumi-python:dynamic/mirrors:NAME`. `Fleet` and `Original` carry the
original's name, `SiteIds` is `site-ids`, and the resources of a site carry the application's, so
`--target '**::acme-de'` is one site.

Pulumi stores an **input** and compares it. The provider reads a **check-only** input while it checks inputs, and no one
stores it. An **output** is the result. An input that **replaces** makes a new resource when it changes, and lets the
old one go first.
"""
WHEN = {
    "check": "Pulumi checks the inputs, also in a preview",
    "diff": "Pulumi looks for changes",
    "create": "create",
    "update": "update",
    "read": "refresh",
    "delete": "delete",
}
_NAMED = re.compile(r"^``(\w+)``: (.+(?:\n(?!``|\n).+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Documented:
    """A resource beside the provider that does its work."""

    resource: type[Resource]
    provider: type[Provider]

    @property
    def name(self) -> str:
        return self.resource.__name__

    @property
    def properties(self) -> dict[str, str]:
        """{name: meaning} of those that have a name of their own."""
        return named_in(self.resource) | of_fields(self.resource)

    @property
    def check_only(self) -> tuple[str, ...]:
        return self.provider.check_only

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.provider.outputs

    def kind_of(self, name: str) -> str:
        if name in self.provider.immutable:
            return "input, replaces"
        if name in self.provider.inputs:
            return "input"
        return "output" if name in self.outputs else "check-only"

    def told(self) -> Iterator[str]:
        yield from (f"## `{self.name}`", "", about(self.resource), "", *table("property", "what it is", "meaning"))
        yield from (row(f"`{name}`", self.kind_of(name), text) for name, text in self.properties.items())
        yield from ("", *table("when", "what happens"))
        yield from (row(WHEN[method], self.what_happens(method)) for method in WHEN)
        yield ""

    def what_happens(self, method: str) -> str:
        """Return what a method does, from its docstring.

        Raises:
            LookupError: a method of Mirrors has no docstring.
        """
        ours = any(method in vars(cls) for cls in self.provider.__mro__ if cls.__module__.startswith("mirrors."))
        return documented(getattr(self.provider, method)) if ours else "Nothing on the platform: it is only forgotten."


DOCUMENTED = (
    Documented(SiteIds, SiteIdsProvider),
    Documented(Original, OriginalProvider),
    Documented(Mirror, SiteProvider),
)
"""In the order in which they are declared. An ``OriginalSite`` has the properties of a ``Mirror``."""


def page() -> str:
    """Return the page.

    Raises:
        LookupError: a resource, or something that it does, has no docstring.
    """
    lines = [INTRODUCTION, "## `Fleet`", "", about(Fleet), "", *table("argument", "meaning")]
    lines += [row(f"`{name}`", text) for name, text in named_in(Fleet).items()]
    lines += ["", *table("output", "meaning"), *(row(f"`{name}`", text) for name, text in of_fields(Fleet).items()), ""]
    for item in DOCUMENTED:
        lines += item.told()
    return "\n".join([*lines, "## `OriginalSite`", "", about(OriginalSite), ""])


def about(cls: type) -> str:
    """Return its docstring without what it says about single properties."""
    return markdown(_NAMED.sub("", inspect.getdoc(cls) or "").strip())


def named_in(cls: type) -> dict[str, str]:
    """Return {name: meaning} of the properties that its docstring describes, as a sentence."""
    found = _NAMED.findall(inspect.getdoc(cls) or "")
    return {name: markdown(text[:1].upper() + text[1:]) for name, text in found}
