"""The variables of a site on Divio as inputs of its resource: declared, shared, observed and found ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from mirrors.config import DeclaredVariable, Settings
from mirrors.planning.plan import OriginalPlan
from mirrors.planning.site_plan import SitePlan
from mirrors.planning.variables.confirmations import normalize_confirmed_identities
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL
from mirrors.program.later_values import later_secrecy, later_value
from mirrors.program.outputs import site_id_output, unknown_unless_targeted
from mirrors.program.scheduler import RolloutScheduler
from mirrors.pulumi_internals import without_dependencies
from mirrors.resources.original import Original
from mirrors.resources.site_ids import SiteIds


@dataclass(frozen=True)
class FleetContext:
    """The parts that the sites of a fleet share.

    Args:
        parent: The Fleet.
    """

    parent: pulumi.Resource
    settings: Settings
    planned: OriginalPlan
    ids: SiteIds
    original: Original
    scheduler: RolloutScheduler

    def site_id_output(self, site: SitePlan) -> pulumi.Output[int]:
        return site_id_output(self.ids, site.application_id, site.slug, self.settings)


def observed_variables(site: SitePlan) -> dict[str, Any]:
    """Return {name: {sensitive}} of the variables that are set now, with those that others have set."""
    return {name: {"sensitive": seen.sensitive} for name, seen in site.observed.variables.items()}


def variable_input(value: Any, *, secret: bool = False, sensitive: Any = False) -> dict[str, Any]:
    """Return a declared variable as ``check`` reads it. The engine sees that a value is secret, and no state has it."""
    value = without_dependencies(value) if isinstance(value, pulumi.Output) else value
    return {"value": pulumi.Output.secret(value) if secret else value, "secret": secret, "sensitive": sensitive}


def declared_inputs(site: SitePlan) -> dict[str, Any]:
    """Return the variables that are declared. The platform flags a secret one as sensitive."""
    return {name: _declared_input(site.slug, name, item) for name, item in site.variables.items()}


def _declared_input(site: str, name: str, item: DeclaredVariable) -> dict[str, Any]:
    if item.later is None:
        return variable_input(item.value, secret=bool(item.secret), sensitive=item.secret)
    secret = later_secrecy(item.later)
    # The engine keeps the dependency: it removes the variable before it deletes the resource that gives the value.
    return {"value": later_value(item.later, site, name), "secret": secret, "sensitive": secret}


def shared_inputs(context: FleetContext, site: SitePlan) -> dict[str, Any]:
    """Return the original's shared values. New ones are sensitive. A variable that Mirrors found keeps its flag."""
    found = found_variables(context, site)
    return {
        name: variable_input(
            _shared_value(context, name, site.slug),
            secret=True,
            sensitive=without_dependencies(found.apply(_sensitivity_of(name))),
        )
        for name in context.planned.shared
    }


def _shared_value(context: FleetContext, name: str, slug: str) -> pulumi.Output[str]:
    """Return a shared value from the Original resource. An untargeted one lacks a name that is new."""

    def look_up(values: Mapping[str, str]) -> Any:
        if name in values:
            return values[name]
        return unknown_unless_targeted(f"it has no value of {name} yet.", slug, context.settings)

    return context.original.variables.apply(look_up)


def possible_databases(context: FleetContext, site: SitePlan) -> list[str] | None:
    """Return the databases that a mirror may run with before adoption, the original's first.

    None if its own database is known.
    """
    own = site.observed.variables.get(DATABASE_URL)
    shared = context.planned.shared.get(DATABASE_URL)
    if own is None or own.value is not None or shared is None:
        return None
    return [identify_service(shared), *sorted(normalize_confirmed_identities(context.settings))]


def found_variables(context: FleetContext, site: SitePlan) -> pulumi.Output[Any]:
    """Return {name: sensitive} of the variables that Mirrors found; None where the ledger does not know."""
    return context.ids.found.apply(lambda found: (found or {}).get(site.environment))


def _sensitivity_of(name: str) -> Callable[[Mapping[str, Any] | None], bool]:
    return lambda found: bool((found or {}).get(name, True))
