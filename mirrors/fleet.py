"""``Fleet``: the front door. Looks at the platform, plans, and declares one resource per declared thing."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import pulumi

from mirrors.config import DeclaredVariable, Settings, load
from mirrors.divio import Divio, DivioError
from mirrors.observe import Observer
from mirrors.planning.addresses import address_of, identity_of
from mirrors.planning.names import DOMAIN, MIRRORS_APPLICATION, SITE_ID
from mirrors.planning.plan import FleetPlan, OriginalPlan, SitePlan, plan
from mirrors.resources.deployment import Deployment
from mirrors.resources.environment_variables import EnvironmentVariables
from mirrors.resources.mirror import Mirror
from mirrors.resources.original import Original
from mirrors.resources.site_ids import SiteIds

NAMESPACE = "mirrors"
SAID_ALL = 32
"""The exit code that tells Pulumi's language host that the program has said what is wrong."""


class Fleet(pulumi.ComponentResource):
    """An original with its mirrors, as the configuration of the namespace ``mirrors`` declares them.

    Outputs: ``sites`` (a list of ``{application, siteId, environment, url, deployment}``, the original first),
    ``site_ids`` ({slug: id}), ``retired`` ({id: slug}) and ``original`` ({application, environment, release,
    identities}). Where anything is wrong it says all of it and leaves the program before it registers a resource.
    """

    sites: pulumi.Output[list[dict[str, Any]]]
    site_ids: pulumi.Output[dict[str, int]]
    retired: pulumi.Output[dict[str, str]]
    original: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str | None = None, opts: pulumi.ResourceOptions | None = None) -> None:
        settings, planned = prepare()
        if planned.original is None:
            refuse(["the original could not be planned"])
        self.settings = settings
        self.slug = name or planned.original.site.slug
        super().__init__("mirrors:index:Fleet", self.slug, None, opts)
        ids = self._site_ids(planned)
        original = self._original(planned.original)
        self._release = original.release
        rows = [self._original_row(planned.original, ids)]
        rows += [self._mirror(site, planned.original, ids, original) for site in planned.mirrors]
        self._export(rows, ids, original, planned.original)

    def _options(self, parent: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=parent, **more)

    def _site_ids(self, planned: FleetPlan) -> SiteIds:
        fleet = self.settings.fleet
        hints = {
            "sites": [
                {key: getattr(site, key) for key in ("application", "name", "original", "declared", "observed", "formerly")}
                for site in planned.hints
            ],
            "retired": list(fleet.retired),
            "reserved": list(fleet.reserved_site_ids),
            "release": list(fleet.release_site_ids),
            "reference": self._reference(),
            "preview": pulumi.runtime.is_dry_run(),
        }
        return SiteIds(self.slug, hints, self._options(self))

    def _reference(self) -> dict[str, Any] | None:
        stack = self.settings.site_ids_from
        if stack is None:
            return None
        reference = pulumi.StackReference(stack, opts=pulumi.ResourceOptions(parent=self))
        outputs = {"site_ids": reference.get_output("siteIds"), "retired": reference.get_output("retired")}
        return {"stack": stack, **outputs}

    def _original(self, planned: OriginalPlan) -> Original:
        props = {
            "application": planned.site.application,
            "environment": planned.site.environment,
            "image_environment": planned.image_environment,
            "release": planned.release,
            "variables": {key: pulumi.Output.secret(value) for key, value in planned.shared.items()},
            "identities": {key: identity_of(value) for key, value in planned.shared.items()},
        }
        return Original(self.slug, props, self._options(self))

    def _original_row(self, planned: OriginalPlan, ids: SiteIds) -> pulumi.Input[dict[str, Any]]:
        site = planned.site
        url: Any = address_of(site.seen.frozen.get(DOMAIN))
        deployment: Any = planned.deployment
        if planned.deploy:
            deployed = self._deployed(site, self, _wire(site.variables), [], site.seen.variables, planned)
            url, deployment = deployed.url, deployed.deployment
            self._release = deployed.deployment if planned.image_environment == site.environment else self._release
        return self._row(site, site_id_of(ids, site), url, deployment)

    def _mirror(
        self, site: SitePlan, planned: OriginalPlan, ids: SiteIds, original: Original
    ) -> pulumi.Input[dict[str, Any]]:
        site_id = site_id_of(ids, site)
        props = {
            "application": site.application,
            "environment": site.environment,
            "slug": site.slug,
            "site_id": site_id,
            "observed": {name: {"sensitive": seen.sensitive} for name, seen in site.seen.variables.items()},
        }
        mirror = Mirror(site.slug, props, self._options(self, aliases=_formerly(site)))
        own = {
            SITE_ID: {"value": site_id.apply(_text), "sensitive": False},
            MIRRORS_APPLICATION: {"value": site.slug, "sensitive": False},
        }
        shared = {
            name: {"value": original.variables[name], "sensitive": mirror.found.apply(_flag(name))}
            for name in planned.shared
        }
        deployed = self._deployed(site, mirror, own | _wire(site.variables) | shared, list(shared), mirror.found, planned)
        return self._row(site, site_id, deployed.url, deployed.deployment)

    def _deployed(
        self,
        site: SitePlan,
        parent: pulumi.Resource,
        variables: Mapping[str, Any],
        shared: list[str],
        found: Any,
        planned: OriginalPlan,
    ) -> Deployment:
        """A site's variables, and the deployment that runs with them."""
        where = {
            "site": f"{site.slug} ({self.settings.environment})",
            "environment": site.environment,
            "secrets": sorted([*shared, *(name for name, item in site.variables.items() if item.secret)]),
        }
        written = EnvironmentVariables(
            site.slug,
            {**where, "variables": dict(variables), "found": found},
            self._options(parent, aliases=_formerly(site)),
        )
        props = {
            **where,
            "image_environment": planned.image_environment,
            "release": self._release,
            "variables": {name: item["value"] for name, item in variables.items()},
        }
        options = self._options(parent, depends_on=[written], aliases=_formerly(site))
        return Deployment(site.slug, props, options)

    def _row(self, site: SitePlan, site_id: Any, url: Any, deployment: Any) -> pulumi.Input[dict[str, Any]]:
        return {
            "application": site.slug,
            "siteId": site_id,
            "environment": self.settings.environment,
            "url": url,
            "deployment": deployment,
        }

    def _export(self, rows: list[Any], ids: SiteIds, original: Original, planned: OriginalPlan) -> None:
        self.sites = pulumi.Output.from_input(rows)
        self.site_ids = ids.assignments.apply(lambda given: {item["name"]: int(item["id"]) for item in given.values()})
        self.retired = ids.retired.apply(lambda retired: {key: who["name"] for key, who in (retired or {}).items()})
        self.original = pulumi.Output.from_input(
            {
                "application": planned.site.slug,
                "environment": self.settings.environment,
                "release": original.release,
                "identities": original.identities,
            }
        )
        self.register_outputs(
            {"sites": self.sites, "siteIds": self.site_ids, "retired": self.retired, "original": self.original}
        )


def site_id_of(ids: SiteIds, site: SitePlan) -> pulumi.Output[int]:
    """A site's id. Unknown in the preview of a stack that follows another one which does not have it yet."""

    def look_up(assignments: Mapping[str, Any]) -> Any:
        given = assignments.get(site.application)
        if given is None:
            pulumi.log.warn(f"{site.slug}: its SITE_ID is not known yet; the stack that this one follows gives it")
            return pulumi.output.UNKNOWN
        return int(given["id"])

    return ids.assignments.apply(look_up)


def prepare() -> tuple[Settings, FleetPlan]:
    """Configuration, observation and plan. Says every problem and leaves the program if there is one."""
    loaded = load(_raw_configuration(), pulumi.get_stack(), os.environ)
    if loaded.settings is None:
        refuse(loaded.problems)
    settings = loaded.settings
    divio = Divio.connect(
        settings.api_url,
        settings.api_token.get_secret_value(),
        max_concurrent_requests=settings.max_concurrent_requests,
    )
    try:
        planned = plan(settings, Observer(divio, settings).fleet())
    except DivioError as error:
        refuse([*loaded.problems, str(error)])
    problems = [*loaded.problems, *planned.problems]
    if problems:
        refuse(problems)
    return settings, planned


def refuse(problems: Iterable[str]) -> NoReturn:
    for problem in problems:
        pulumi.log.error(problem)
    sys.exit(SAID_ALL)


def _raw_configuration() -> dict[str, str]:
    """The values of our namespace, whatever the project is called, as the engine hands them to the program."""
    prefix = f"{NAMESPACE}:"
    everything = json.loads(os.environ.get("PULUMI_CONFIG", "{}"))
    return {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}


def _wire(variables: Mapping[str, DeclaredVariable]) -> dict[str, Any]:
    """Declared variables as inputs: a secret is marked for the engine, and flagged as sensitive on the platform."""
    return {
        name: {"value": pulumi.Output.secret(item.value) if item.secret else item.value, "sensitive": item.secret}
        for name, item in variables.items()
    }


def _flag(name: str) -> Any:
    """New shared values are sensitive; one that was there before us keeps its flag."""
    return lambda found: bool((found or {}).get(name, {}).get("sensitive", True))


def _text(site_id: int) -> str:
    return str(int(site_id))


def _formerly(site: SitePlan) -> list[pulumi.Alias] | None:
    return [pulumi.Alias(name=site.formerly)] if site.formerly else None
