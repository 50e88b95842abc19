"""Variables whose value is an ``Output`` of the program: their inputs and checks, and what a preview says of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import pulumi
from pulumi.output import Unknown

from mirrors.config.known_later import KnownLater
from mirrors.config.messages.wording import describe_kind
from mirrors.planning.site_lists import format_sites
from mirrors.planning.site_plan import SitePlan
from mirrors.planning.variables.names import DOMAIN
from mirrors.problems import Note, Problem
from mirrors.problems.events import report_problem
from mirrors.program.announcements import announce_note
from mirrors.web_addresses import is_host

__all__ = ["later_secrecy", "later_value", "report_later_values"]


def later_value(later: KnownLater, site: str, name: str) -> pulumi.Output[str]:
    """Return the value of a site's variable. Its secrecy and its dependencies are those of the ``Output``."""

    def check(value: Any) -> Any:
        if problem := _find_value_problem(value, site, name):
            report_problem(problem)
            raise pulumi.RunError(problem.line)
        return value

    return _output_of(later).apply(check, run_with_unknowns=True)


def later_secrecy(later: KnownLater) -> pulumi.Output[bool]:
    """Return whether Pulumi knows the value as a secret."""
    return pulumi.Output.from_input(_output_of(later).is_secret())


def _find_value_problem(value: Any, site: str, name: str) -> Problem | None:
    if isinstance(value, Unknown):
        return None if pulumi.runtime.is_dry_run() else _make_unknown_value_problem(site, name)
    if not isinstance(value, str) or "\0" in value:
        kind = "text with a NUL" if isinstance(value, str) else describe_kind(value)
        said = f"the Output for {name} is {kind}, and a variable takes text."
        return Problem("value-not-taken", said, "Convert it with .apply(str) in the program", site)
    if name == DOMAIN and value and not is_host(value.strip()):
        said = f"the Output for {name} is not one host name, such as www.example.com or localhost:8000."
        return Problem("domain-is-no-host", said, "Leave out https:// and the path", site)
    return None


def _make_unknown_value_problem(site: str, name: str) -> Problem:
    return Problem(
        "value-not-known",
        f"the value of {name} comes from a resource that this operation leaves out.",
        "Run pulumi up without --target, or target that resource too",
        site,
    )


def report_later_values(sites: Sequence[SitePlan]) -> None:
    """In a preview, report each value that is not known yet, with the resources that will give it."""
    if pulumi.runtime.is_dry_run() and any(item.later for site in sites for item in site.variables.values()):
        waiting: pulumi.Input[Any] = _report_unknown_values(sites)
        pulumi.Output.from_input(waiting)  # the program's end waits for an output


async def _report_unknown_values(sites: Iterable[SitePlan]) -> None:
    found: dict[str, list[str]] = {}
    for site in sites:
        for name, item in sorted(site.variables.items()):
            if item.later is not None and not await _output_of(item.later).is_known():
                found.setdefault(f"{name} is known after {await _name_sources(item.later)}", []).append(site.slug)
    for text, slugs in found.items():
        announce_note(Note(text, slugs[0]) if len(slugs) == 1 else Note(f"{format_sites(slugs)}: {text}"))


async def _name_sources(later: KnownLater) -> str:
    resources = await _output_of(later).resources()
    names = sorted(f"{item.pulumi_resource_type} {item.pulumi_resource_name}" for item in resources)
    return ", ".join(names) or "another resource"


def _output_of(later: KnownLater) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(later.output)
