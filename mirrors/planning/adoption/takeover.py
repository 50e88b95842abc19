"""Whether an ``up`` takes a site over as it runs, or deploys it: of a site whose deployment is new in the state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mirrors.config import Settings
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.plan import image_environment
from mirrors.planning.rollout.deployments import Wanted, next_step
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.variables.declared import declared_at


@dataclass(frozen=True, slots=True)
class Judged:
    """``taken_over``: what runs is as declared. ``why``: what speaks against it, in a few words.

    ``ran_before``: whether the site was ever deployed successfully.
    """

    taken_over: bool
    why: str = ""
    ran_before: bool = True


def judge(
    settings: Settings,
    seen: ObservedFleet,
    slugs: Iterable[str],
    site_ids: Mapping[str, int],
    *,
    original_deploys: bool,
) -> dict[str, Judged]:
    """{slug: judgement} of those of the sites that exist. ``original_deploys``: unless it is one that is taken over."""
    original = seen.original.slug if seen.original else None
    there = [slug for slug in slugs if slug == original or slug in seen.mirrors]
    own = {slug: judged(settings, seen, seen.site(slug), None, releasing=False) for slug in there if slug == original}
    stays = any(judgement.taken_over for judgement in own.values())
    releasing = original_deploys and not stays and image_environment(settings) == settings.environment
    return own | {
        slug: judged(settings, seen, seen.site(slug), site_ids.get(slug), releasing=releasing)
        for slug in there
        if slug != original
    }


def judged(
    settings: Settings, seen: ObservedFleet, site: ObservedSite, site_id: int | None, *, releasing: bool
) -> Judged:
    """The same decision as the resource's, from the same function. ``site_id``: as the ledger has it or gives it.

    ``site`` has its deployments and what it runs with. ``releasing``: the original is deployed before its mirrors.
    """
    declared, is_original = declared_at(settings, seen, site, site_id), site is seen.original
    done, newest = newest_successful(site.deployments), newest_successful(seen.releases)
    follows = not is_original and _follows(settings, site.slug)
    if releasing and follows:
        return Judged(False, "the original is deployed first, and that is a new release", done is not None)
    release = newest.uuid if newest and follows else ""
    wanted = Wanted(release, declared.known, adopting=True, secrets=declared.hidden_at(site))
    step = next_step(wanted, site.deployments, seen.releases, site.frozen if done else None)
    why = "a deployment is running, and is waited for" if step.kind == "attach" else step.why
    return Judged(step.kind == "adopt", why, done is not None)


def _follows(settings: Settings, slug: str) -> bool:
    """Whether a new release is a reason to deploy the mirror."""
    return any(settings.hold_of(item) == "nothing" for item in settings.mirrors if item.application == slug)
