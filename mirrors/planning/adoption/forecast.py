"""Predict whether ``pulumi up`` adopts a site as it runs or deploys it, for sites without a deployment in the state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mirrors.config import Settings
from mirrors.planning.environments import choose_image_environment
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.rollout.deployments import DesiredDeployment, decide_deployment
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.variables.declared import find_declared_values


@dataclass(frozen=True, slots=True)
class FirstDeploymentForecast:
    """The prediction for one site.

    Args:
        runs_as_declared: Whether the site runs as declared, so that Mirrors adopts it without a deployment.
        why: The reason for a deployment, in a few words.
        ran_before: Whether the site was ever deployed successfully.
    """

    runs_as_declared: bool
    why: str = ""
    ran_before: bool = True


def forecast_first_deployments(
    settings: Settings,
    observed: ObservedFleet,
    slugs: Iterable[str],
    site_ids: Mapping[str, int],
    *,
    original_deploys: bool,
) -> dict[str, FirstDeploymentForecast]:
    """Return {slug: prediction} of the sites that exist.

    Args:
        settings: The configuration.
        observed: The observed fleet, with the deployments of these sites.
        slugs: The sites without a deployment in the state.
        site_ids: {slug: SITE_ID} of the ledger after the update.
        original_deploys: Whether the preview deploys the original. An original that is adopted makes no release.
    """
    original = observed.original.slug if observed.original else None
    there = [slug for slug in slugs if slug == original or slug in observed.mirrors]
    own = {
        slug: forecast_first_deployment(settings, observed, observed.site(slug), None, releasing=False)
        for slug in there
        if slug == original
    }
    stays = any(judgement.runs_as_declared for judgement in own.values())
    releasing = original_deploys and not stays and choose_image_environment(settings) == settings.environment
    return own | {
        slug: forecast_first_deployment(
            settings, observed, observed.site(slug), site_ids.get(slug), releasing=releasing
        )
        for slug in there
        if slug != original
    }


def forecast_first_deployment(
    settings: Settings, observed: ObservedFleet, site: ObservedSite, site_id: int | None, *, releasing: bool
) -> FirstDeploymentForecast:
    """Predict one site, by the function that decides in the resource, too.

    Args:
        settings: The configuration.
        observed: The observed fleet.
        site: The site, with its deployments.
        site_id: Its SITE_ID in the ledger after the update.
        releasing: Whether the original is deployed before its mirrors.
    """
    declared, is_original = find_declared_values(settings, observed, site, site_id), site is observed.original
    done, newest = newest_successful(site.deployments), newest_successful(observed.releases)
    follows = not is_original and _takes_new_releases(settings, site.slug)
    if releasing and follows:
        return FirstDeploymentForecast(False, "the deployment of the original makes a new release", done is not None)
    release = newest.uuid if newest and follows else ""
    wanted = DesiredDeployment(release, declared.known, adopting=True, secrets=declared.hidden_at(site))
    step = decide_deployment(wanted, site.deployments, observed.releases, site.deployed_variables if done else None)
    why = "a deployment is running, and Mirrors waits for it" if step.kind == "attach" else step.why
    return FirstDeploymentForecast(step.kind == "adopt", why, done is not None)


def _takes_new_releases(settings: Settings, slug: str) -> bool:
    """Return whether a new release is a reason to deploy the mirror."""
    return any(settings.effective_hold(item) == "nothing" for item in settings.mirrors if item.application == slug)
