"""The options with which an update reaches single sites of a fleet."""

from mirrors.config import Settings
from mirrors.planning.platform_words import load_platform_words
from mirrors.planning.rollout.targets import ChosenSites

__all__ = ["target_options"]


def target_options(settings: Settings, chosen: ChosenSites) -> list[str]:
    """Return the options that keep the engine from every other site; none for all sites.

    The fleet's own resources are always targets: a new SITE_ID and a rotated password come from them.
    """
    if chosen.sites is None:
        return []
    found = dict.fromkeys([*load_platform_words(settings).targets, *(f"**::{site}" for site in chosen.sites)])
    return [part for target in found for part in ("--target", target)]
