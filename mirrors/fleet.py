"""``Fleet``: the front door. Looks at the platform, plans, and declares one resource per declared thing."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from operator import itemgetter
from typing import Any

import pulumi

from mirrors.declare import Declaration, declare_mirror, declare_original
from mirrors.lanes import Lanes
from mirrors.planning.addresses import identity_of
from mirrors.planning.names import is_service
from mirrors.program import Prepared, prepare
from mirrors.resources.original import Original
from mirrors.resources.site_ids import SiteIds
from mirrors.turns import Turns


class Fleet(pulumi.ComponentResource):
    """An original with its mirrors, as the configuration of the namespace ``mirrors`` declares them.

    Where anything is wrong it says all of it and leaves the program before a resource is registered. Single values in
    the lists and maps below are outputs, so that a preview shows what is known.

    ``name``: what it is called in the state; not given, the original's slug.
    ``opts``: the engine's options for a component, such as ``parent``.
    """

    sites: list[dict[str, Any]]
    """A list of ``{application, siteId, environment, url, deployment}``, the original first, then by slug."""

    site_ids: pulumi.Output[dict[str, int]]
    """``{slug: id}``"""

    retired: pulumi.Output[dict[str, str]]
    """``{id: slug}``"""

    original: dict[str, Any]
    """``{application, environment, release, identities}``; identities say what the shared values point at."""

    def __init__(self, name: str | None = None, opts: pulumi.ResourceOptions | None = None) -> None:
        prepared = prepare()
        self.name = name or prepared.original.site.slug
        former = None if name else prepared.settings.fleet.original.formerly
        self.aliases = [pulumi.Alias(name=former)] if former else None
        super().__init__("mirrors:index:Fleet", self.name, None, pulumi.ResourceOptions.merge(opts, self._aliased()))
        ids = SiteIds(self.name, self._hints(prepared), self._aliased(self))
        original = self._original(prepared)
        settings, parallel = prepared.settings, prepared.settings.rollout.parallel
        lanes = Lanes(parallel, prepared.raw, settings.max_concurrent_requests, self)
        turns = Turns(prepared.plan.rollout, lanes, parallel, preview=pulumi.runtime.is_dry_run())
        declaration = Declaration(self, settings, prepared.original, ids, original, lanes, turns)
        self.sites, release = declare_original(declaration)
        mirrors = [declare_mirror(declaration, site, release) for site in prepared.plan.mirrors]
        # As it is listed, each difference would show all rows that a reordered list of mirrors has moved.
        self.sites += sorted(mirrors, key=itemgetter("application"))
        turns.report_failures()
        self.site_ids = ids.assignments.apply(_by_name)
        self.retired = ids.retired.apply(_names)
        self.original = {
            "application": prepared.original.site.slug,
            "environment": prepared.settings.environment,
            "release": original.release,
            "identities": original.identities,
        }
        # Nothing that may fail is awaited here: the SDK would answer a failed deployment with a traceback.
        self.register_outputs({})
        _begin_soon()

    def _aliased(self, parent: pulumi.Resource | None = None) -> pulumi.ResourceOptions:
        """A renamed original gives its name to these; under their old one the ledger would start anew."""
        return pulumi.ResourceOptions(parent=parent, aliases=self.aliases)

    def _hints(self, prepared: Prepared) -> dict[str, Any]:
        fleet = prepared.settings.fleet
        return {
            "sites": [asdict(site) for site in prepared.plan.hints],
            "retired": list(fleet.retired),
            "reserved": list(fleet.reserved_site_ids),
            "release": list(fleet.release_site_ids),
            "neighbours": {slug: list(ids) for slug, ids in prepared.plan.neighbours.items()},
            "reference": self._reference(prepared.settings.site_ids_from),
            "preview": pulumi.runtime.is_dry_run(),
        }

    def _reference(self, stack: str | None) -> dict[str, Any] | None:
        if stack is None:
            return None
        reference = pulumi.StackReference(stack, opts=pulumi.ResourceOptions(parent=self))
        outputs = {"site_ids": reference.get_output("siteIds"), "retired": reference.get_output("retired")}
        return {"stack": stack, **outputs}

    def _original(self, prepared: Prepared) -> Original:
        planned = prepared.original
        props = {
            "application": planned.site.application,
            "environment": planned.site.environment,
            "image_environment": planned.image_environment,
            "release": planned.release,
            "variables": {key: pulumi.Output.secret(value) for key, value in planned.shared.items()},
            "identities": {key: identity_of(value) for key, value in planned.shared.items() if is_service(key)},
            "confirmed": sorted(prepared.settings.confirmed_identities),
        }
        return Original(self.name, props, self._aliased(self))


def _begin_soon() -> None:
    """Lets the event loop run once before the SDK waits for what the program has declared.

    Else it finds no registration under way, and waits for all outputs anew after each of them: with hundreds of mirrors
    that takes longer than everything else (SDK 3.259, ``wait_for_rpcs``).
    """

    async def begun() -> None:
        await asyncio.sleep(0)

    with suppress(pulumi.RunError):  # a program that is asynchronous itself has let it run
        pulumi.run(begun)


def _by_name(assignments: Mapping[str, Any]) -> dict[str, int]:
    return {item["name"]: int(item["id"]) for item in assignments.values()}


def _names(retired: Mapping[str, Any] | None) -> dict[str, str]:
    return {site_id: who["name"] for site_id, who in (retired or {}).items()}
