"""Looks at applications that are no longer on the list: whether their instances go on."""

from collections.abc import Callable, Iterable

from mirrors.divio import Divio, NotFound, PermissionDenied
from mirrors.observation.convert import observe_deployed_variables
from mirrors.observation.stage import ask_concurrently
from mirrors.planning.observed import ObservedSite
from mirrors.problems import Note


def observe_retired_sites(
    divio: Divio, slugs: Iterable[str], stage: str, report: Callable[[Note], None]
) -> dict[str, ObservedSite]:
    """Return {slug: the site that it runs here}, without those that are gone or were never deployed here.

    Args:
        divio: The client.
        slugs: The sites that left the list.
        stage: The stack's environment, ``test`` or ``live``.
        report: Takes a note on each site that the token may no longer see. The declared sites have no trouble then.

    Raises:
        DivioError: The platform does not answer.
    """
    found = ask_concurrently(lambda slug: _observe_visible(divio, slug, stage, report), sorted(set(slugs)))
    return {site.slug: site for site in found if site is not None}


def _observe_visible(divio: Divio, slug: str, stage: str, report: Callable[[Note], None]) -> ObservedSite | None:
    try:
        return _observe_site(divio, slug, stage)
    except (PermissionDenied, NotFound) as error:
        text = (
            f"it left the list, and this token cannot read it, so Mirrors does not know whether it still runs: {error}"
        )
        report(Note(text, slug))
        return None


def _observe_site(divio: Divio, slug: str, stage: str) -> ObservedSite | None:
    application = divio.applications.by_slug(slug)
    listed = divio.environments.list(application.uuid) if application else []
    environment = next((item.uuid for item in listed if item.slug == stage), None)
    if application is None or environment is None:
        return None
    deployments, deployed = observe_deployed_variables(divio, environment)
    if deployed is None:
        return None
    return ObservedSite(slug, application.uuid, environment, {}, deployments, deployed)
