"""Declares the resources of single sites: of a mirror always, of the original where the configuration asks for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi

from mirrors.config import DeclaredVariable, Settings
from mirrors.given_ids import left_out, site_id_of
from mirrors.planning.addresses import address_of
from mirrors.planning.dsn import identity_of
from mirrors.planning.names import DATABASE_URL, DOMAIN, MIRRORS_APPLICATION, SITE_ID
from mirrors.planning.plan import OriginalPlan, SitePlan, confirmed_identities
from mirrors.planning.shared import fingerprint
from mirrors.resources.deployment import Deployment
from mirrors.resources.environment_variables import EnvironmentVariables
from mirrors.resources.mirror import Mirror
from mirrors.resources.original import Original
from mirrors.resources.site_ids import SiteIds
from mirrors.turns import Turns

Row = dict[str, Any]


@dataclass(frozen=True)
class Declaration:
    """What the sites of a fleet have in common. ``parent`` is the Fleet."""

    parent: pulumi.Resource
    settings: Settings
    planned: OriginalPlan
    ids: SiteIds
    original: Original
    turns: Turns

    def site_id_of(self, site: SitePlan) -> pulumi.Output[int]:
        return site_id_of(self.ids, site.application, site.slug, self.settings)


def declare_original(declaration: Declaration) -> tuple[list[Row], pulumi.Output[str]]:
    """The original's row in a list, and the release that mirrors shall run."""
    planned, release = declaration.planned, declaration.original.release
    site, site_id = planned.site, declaration.site_id_of(planned.site)
    if not planned.deploy:
        url = address_of(site.seen.frozen.get(DOMAIN))
        return [_row(declaration, site, site_id, url, planned.deployment)], release
    deployed = _deployed(declaration, site, declaration.parent, _wire(site.variables), _observed(site), "")
    declaration.turns.begin_with(deployed)
    if planned.image_environment == site.environment:
        release = deployed.deployment.apply(partial(_newest, planned))
    return [_row(declaration, site, site_id, deployed.url, deployed.deployment)], release


def declare_mirror(declaration: Declaration, site: SitePlan, release: pulumi.Output[str]) -> Row:
    site_id = declaration.site_id_of(site)
    props = {
        "application": site.application,
        "environment": site.environment,
        "slug": site.slug,
        "site_id": site_id,
        "observed": _observed(site),
        "databases": _databases(declaration, site),
    }
    options = pulumi.ResourceOptions(parent=declaration.parent, aliases=_formerly(site))
    mirror = Mirror(site.slug, props, options)
    variables = {
        SITE_ID: {"value": site_id.apply(_text), "sensitive": False},
        MIRRORS_APPLICATION: {"value": site.slug, "sensitive": False},
        **_wire(site.variables),
        **_shared(declaration, mirror),
    }
    deployed = _deployed(declaration, site, mirror, variables, mirror.found, release)
    declaration.turns.ends(site.slug, deployed)
    return _row(declaration, site, site_id, deployed.url, deployed.deployment)


def _deployed(
    declaration: Declaration,
    site: SitePlan,
    parent: pulumi.Resource,
    variables: Mapping[str, Any],
    found: pulumi.Input[Mapping[str, Any]],
    release: pulumi.Input[str],
) -> Deployment:
    """A site's variables, and the deployment that runs with them. What the original deploys is a release itself."""
    secret = {name for name, item in site.variables.items() if item.secret}
    where = {
        "site": f"{site.slug} ({declaration.settings.environment})",
        "environment": site.environment,
        "secrets": sorted(secret | (set(declaration.planned.shared) & set(variables))),
    }
    options = pulumi.ResourceOptions(parent=parent, aliases=_formerly(site))
    # Else, where somebody asks for a replacement, the old one is deleted last; after a failure only in a later run.
    kept = pulumi.ResourceOptions(retain_on_delete=declaration.settings.keeps_variables, delete_before_replace=True)
    retained = pulumi.ResourceOptions.merge(options, kept)
    turn = declaration.turns.of(site.slug)
    hints = {"rollout": _rollout(site)}
    seen = {"found": found, "observed": _observed(site)}
    written = EnvironmentVariables(site.slug, {**where, **hints, **seen, "turn": turn}, variables, retained)
    release_of = {"image_environment": declaration.planned.image_environment, "release": release}
    verified = {"verified": True} if declaration.settings.rollout.health else {}
    told = {
        **hints,
        **verified,
        "newest": declaration.planned.release,
        "collected": declaration.turns.attempt if declaration.turns.collects(site.slug) else None,
        "shared": _fingerprints(declaration.planned) if site is declaration.planned.site else None,
    }
    values = {name: item["value"] for name, item in variables.items()}
    after = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[written]))
    return Deployment(site.slug, {**where, **release_of, **told}, values, after)


def _newest(planned: OriginalPlan, deployment: str) -> str:
    """Of an original that is no target the state has a deployment of earlier: what was seen to run is newer then."""
    earlier = {item.uuid for item in planned.site.seen.deployments}
    return planned.release if deployment in earlier else deployment


def _fingerprints(planned: OriginalPlan) -> dict[str, str]:
    return {name: fingerprint(value) for name, value in planned.shared.items()}


def _observed(site: SitePlan) -> dict[str, Any]:
    """What is set there now, {name: {sensitive}}, whoever has set it."""
    return {name: {"sensitive": seen.sensitive} for name, seen in site.seen.variables.items()}


def _rollout(site: SitePlan) -> str | None:
    """What keeps the site from following each release, as the checks of its resources read it."""
    if site.paused:
        return "paused"
    if site.held:
        return "held"
    return None if site.follows else "stays"


def _row(declaration: Declaration, site: SitePlan, site_id: pulumi.Output[int], url: Any, deployment: Any) -> Row:
    return {
        "application": site.slug,
        "siteId": site_id,
        "environment": declaration.settings.environment,
        "url": _or_nothing(url),
        "deployment": _or_nothing(deployment),
    }


def _or_nothing(output: Any) -> Any:
    """None for what is not known outside of a preview: of a new site that ``--exclude`` leaves out.

    In a stack's outputs the engine's mark for the unknown hides all of them from the stacks that follow.
    """
    if not isinstance(output, pulumi.Output) or pulumi.runtime.is_dry_run():
        return output

    async def value() -> Any:
        return await output.future() if await output.is_known() else None

    return pulumi.Output.from_input(value())


def _wire(variables: Mapping[str, DeclaredVariable]) -> dict[str, Any]:
    """Declared variables as inputs: a secret is marked for the engine, and flagged as sensitive on the platform."""
    return {
        name: {"value": pulumi.Output.secret(item.value) if item.secret else item.value, "sensitive": item.secret}
        for name, item in variables.items()
    }


def _shared(declaration: Declaration, mirror: Mirror) -> dict[str, Any]:
    """The original's values. New ones are sensitive; one that was there before us keeps its flag."""
    return {
        name: {"value": _value_of(declaration.original, name, mirror), "sensitive": mirror.found.apply(_flag_of(name))}
        for name in declaration.planned.shared
    }


def _value_of(original: Original, name: str, mirror: Mirror) -> pulumi.Output[str]:
    """As its resource has it, which knows nothing of a name that is new on the list where it is no target."""
    slug = mirror.pulumi_resource_name

    def look_up(values: Mapping[str, str]) -> Any:
        if name in values:
            return values[name]
        return left_out(
            f"{slug}: {name} is not shared yet, and the resources of the fleet, which know its value, are", slug
        )

    return original.variables.apply(look_up)


def _databases(declaration: Declaration, site: SitePlan) -> list[str] | None:
    """What a mirror may run with before it is adopted, the original's first; None where that is known already."""
    own = site.seen.variables.get(DATABASE_URL)
    shared = declaration.planned.shared.get(DATABASE_URL)
    if own is None or own.value is not None or shared is None:
        return None
    return [identity_of(shared), *sorted(confirmed_identities(declaration.settings))]


def _flag_of(name: str) -> Callable[[Mapping[str, Any] | None], bool]:
    return lambda found: bool((found or {}).get(name, {}).get("sensitive", True))


def _text(site_id: int) -> str:
    return str(int(site_id))


def _formerly(site: SitePlan) -> list[pulumi.Input[pulumi.Alias | str]] | None:
    return [pulumi.Alias(name=site.formerly)] if site.formerly else None
