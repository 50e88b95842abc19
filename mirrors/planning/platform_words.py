"""The words of plans and reports that differ by platform. Each platform's folder has one ``PlatformWords``. Pure."""

from dataclasses import dataclass

from mirrors.config import Settings
from mirrors.config.platforms import load_platform_part

__all__ = ["PlatformWords", "SiteResourceTypes", "load_platform_words"]


@dataclass(frozen=True, slots=True)
class SiteResourceTypes:
    """The resources of one site in Pulumi's preview, on a platform whose sites are resources of a plugin.

    They are directly below the Fleet, and their name is the site's slug.

    Args:
        site_types: The types of a resource that is the site. A change of it is a change of the site.
        other_types: The site's other types, which get no line in a preview. A dynamic resource of Mirrors counts by the
            last part of its type.
        release_properties: The properties of these types that another release changes. One within another property is
            written as a path, such as ``taskSpec.containerSpec.image``.
        variables_properties: The properties that hold the variables.
    """

    site_types: frozenset[str]
    other_types: frozenset[str]
    release_properties: tuple[str, ...]
    variables_properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlatformWords:
    """The words of one platform in plans and reports.

    Args:
        targets: The resources that Pulumi must update together with single sites. A new SITE_ID and a rotated password
            come from them. They are patterns of types, because a program may give the fleet any name.
        goes_on: The fate of a site that left the list, as a sentence without a full stop.
        removed: The same for a preview, where Mirrors removes what it created.
        kept: The same for a preview, where ``onRemoval`` is ``keep``.
        steps: The resources of a site in Pulumi's preview; None where Mirrors' own resource is the site.
        finished_by: The kinds of Mirrors' own resources that end the update of a site.
    """

    targets: tuple[str, ...]
    goes_on: str
    removed: str
    kept: str
    steps: SiteResourceTypes | None = None
    finished_by: frozenset[str] = frozenset({"Mirror", "OriginalSite"})


def load_platform_words(settings: Settings) -> PlatformWords:
    """Return the words of the stack's platform."""
    found: PlatformWords = load_platform_part(settings.platform.kind, "words")
    return found
