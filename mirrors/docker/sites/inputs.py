"""The inputs of a site's container and of its command: SITE_ID, variables, and what a rollout leaves as it is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pulumi

from mirrors.docker.sites.addresses import host_port
from mirrors.docker.sites.context import DockerContext
from mirrors.docker.sites.variables import plain_variables
from mirrors.errors import ConfigurationError
from mirrors.planning.site_ids.facts import ORIGINAL_ID
from mirrors.planning.site_plan import SitePlan
from mirrors.problems.events import report_problem
from mirrors.program.later_values import later_value
from mirrors.program.outputs import site_id_output

KEPT_COMMAND_INPUTS = ("image",)
"""The inputs of a site's command that it keeps if the site gets no new release."""

ALL_PROPERTIES = ["*"]


def container_variables(context: DockerContext, site: SitePlan) -> dict[str, Any]:
    """Return {name: value} of all variables; secrets are marked. Without a SITE_ID there are none."""
    secrets = {name: pulumi.Output.secret(item.value) for name, item in site.variables.items() if item.secret}
    later = {name: later_value(item.later, site.slug, name) for name, item in site.variables.items() if item.later}
    site_id = checked_site_id(context, site)
    plain = site_id.apply(lambda known: plain_variables(context.settings, site, known))
    return {**{name: plain[name] for name in plain_names(context, site)}, **context.shared, **secrets, **later}


def plain_names(context: DockerContext, site: SitePlan) -> list[str]:
    secrets = {name for name, item in site.variables.items() if item.secret or item.later}
    return sorted(plain_variables(context.settings, site, ORIGINAL_ID).keys() - secrets)


def checked_site_id(context: DockerContext, site: SitePlan) -> pulumi.Output[int]:
    """Return the site's id, after a check that its port exists."""

    def with_a_port(known: int) -> int:
        try:
            host_port(context.settings, known)
        except ConfigurationError as error:
            problem = replace(error.problems[0], path=None, site=site.slug)
            report_problem(problem)
            raise pulumi.RunError(problem.line) from None
        return known

    return site_id_output(context.ids, site.application_id, site.slug, context.settings).apply(with_a_port)


def ignored_properties(site: SitePlan, kept_without_release: Sequence[str]) -> list[str] | None:
    """Return the ignored properties: a held or paused site keeps all, a site without new releases keeps its image.

    Args:
        kept_without_release: The properties of the resource that a release changes.
    """
    if site.is_held or site.is_paused:
        return ALL_PROPERTIES
    return None if site.takes_new_releases else [*kept_without_release]
