"""Pulumi's Mocks for a fleet's resources. The ledger decides its SITE_IDs as it does in an update."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from mirrors.planning.reports.pulumi_steps import DYNAMIC_TYPES, SITE_TYPES
from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.planning.site_properties import CHECK_ONLY, Properties
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.names import DOMAIN
from mirrors.problems import Problem
from mirrors.pulumi_internals import unmark_secrets
from mirrors.resources.original import OriginalProvider
from mirrors.resources.running_database import add_databases
from mirrors.resources.site_ids import SiteIdsProvider
from mirrors.testing.platform import DescribedPlatform

__all__ = ["FleetMocks", "SentSite"]


@dataclass(frozen=True)
class SentSite:
    """A site as the program declared it to Pulumi.

    Args:
        variables: {name: value}. A value that a preview does not know yet is left out.
        secrets: The names of the secret ones.
        known_later: The names whose values the preview does not know yet.
    """

    variables: Mapping[str, str] = field(repr=False)
    secrets: frozenset[str]
    known_later: frozenset[str]


class _DescribedLedger(SiteIdsProvider):
    """The ledger of a first update. It reads the hidden databases of the described platform."""

    def __init__(self, platform: DescribedPlatform) -> None:
        self.platform = platform

    def add_hidden_databases(self, request: AllocationRequest, _before: Ledger, hints: Properties) -> AllocationRequest:
        databases = {key: self.platform.find_database(place) for key, place in (hints.get("hidden") or {}).items()}
        return replace(request, sites=add_databases(request.sites, databases, hints.get("confirmed") or ()))


class FleetMocks(Mocks):
    """The resources of fleets, with made-up deployments. Other resources go to other mocks.

    Args:
        platform: The platform, for the addresses of sites.
        others: The mocks of the other resources. Without them, a resource gets a made-up id, and its inputs.
    """

    def __init__(self, platform: DescribedPlatform, others: Mocks | None = None) -> None:
        self.platform = platform
        self.others = others
        self.sites: dict[str, SentSite] = {}
        """{slug: the site} of all sites so far."""
        self.problems: list[Problem] = []
        """The problems of all ledgers so far."""

    def call(self, args: MockCallArgs) -> Any:
        """Answer a function of another provider."""
        return self.others.call(args) if self.others else ({}, None)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Return the id and the outputs of a resource."""
        if args.typ == f"{DYNAMIC_TYPES}SiteIds":
            return args.name, self._allocate(args.inputs)
        if args.typ == f"{DYNAMIC_TYPES}Original":
            return args.name, OriginalProvider().select_inputs(args.inputs)
        if args.typ in SITE_TYPES:
            return args.name, self._declare_site(args.name, unmark_secrets(args.inputs))
        return self.others.new_resource(args) if self.others else (f"{args.name}-id", dict(args.inputs))

    def _allocate(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        ledger, problems = _DescribedLedger(self.platform).decide_site_ids({}, unmark_secrets(inputs["hints"]))
        if problems:
            self.problems.extend(problems)
            raise pulumi.RunError("\n".join(problem.line for problem in problems))
        return ledger

    def _declare_site(self, slug: str, inputs: dict[str, Any]) -> dict[str, Any]:
        variables = inputs.get("variables") or {}
        known = {name: item for name, item in variables.items() if _is_known(item)}
        values = {name: str(item["value"]) for name, item in known.items()}
        secrets = frozenset(name for name, item in known.items() if item["secret"])
        self.sites[slug] = SentSite(values, secrets, frozenset(variables.keys() - known.keys()))
        stored = {key: value for key, value in inputs.items() if key not in CHECK_ONLY}
        return {**stored, "deployment": f"{slug}-deployment", "url": make_site_url(values.get(DOMAIN)) or ""}


def _is_known(item: Any) -> bool:
    return isinstance(item, Mapping) and not any(isinstance(value, pulumi.output.Unknown) for value in item.values())
