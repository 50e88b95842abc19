"""The words of plans and reports that differ by platform. Pure: each platform's folder has one ``PlatformWords``."""

from dataclasses import dataclass

from mirrors.config import Settings
from mirrors.config.platforms import load_part

__all__ = ["PlatformWords", "SiteSteps", "words_of"]


@dataclass(frozen=True, slots=True)
class SiteSteps:
    """The resources of one site in Pulumi's preview, on a platform whose sites are resources of a plugin.

    They are directly below the Fleet, and carry the site's slug as their name.

    Args:
        main: The type of the resource that is the site. What happens to it happens to the site.
        beside: The other types that a site has, without a line of their own in a preview. Of a dynamic resource of
            Mirrors it is the last part of the type alone.
        release: The property of ``main`` that another release changes.
        variables: The property of ``main`` that holds the variables.
    """

    main: str
    beside: frozenset[str]
    release: str
    variables: str


@dataclass(frozen=True, slots=True)
class PlatformWords:
    """The words of one platform in plans and reports.

    Args:
        targets: What Pulumi has to look at beside single sites. A new SITE_ID and a rotated password pass it. They are
            patterns of types, because a program may have given the fleet a name.
        goes_on: What becomes of a site that has left the list, in a sentence without its end.
        removed: The same in a preview, where Mirrors removes what it has made.
        kept: The same where ``onRemoval`` is ``keep``.
        steps: How a site appears in Pulumi's preview; None where it is a resource of Mirrors.
    """

    targets: tuple[str, ...]
    goes_on: str
    removed: str
    kept: str
    steps: SiteSteps | None = None


def words_of(settings: Settings) -> PlatformWords:
    """Return the words of the stack's platform."""
    found: PlatformWords = load_part(settings.platform.kind, "words")
    return found
