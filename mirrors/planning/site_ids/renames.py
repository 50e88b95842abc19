"""Refuse renamed applications whose resources would go to another site, or lose their variables."""

from collections.abc import Iterator

from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.problems import Problem


def refuse_renamed_sites(ledger: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Yield a problem for each renamed application without ``formerly``, and for names that changed places.

    Pulumi matches a resource to the one with its name in the state. It looks for a former name only without a match.
    """
    had = {name: application for application, (name, _) in ledger.assignments.items()}
    for site in request.sites:
        before, site_id = ledger.assignments.get(site.application_id, (site.slug, 0))
        if before != site.slug and site.slug in had:
            yield Problem(
                "names-exchanged",
                f'this application was called "{before}", and another one "{site.slug}", when this stack was updated'
                " last. If their resources changed places, the running sites would lose their variables.",
                "Give this one a slug that neither had, run 'pulumi up' in every stack, and only then give it its new"
                " slug",
                site.slug,
            )
        elif before not in (site.slug, site.formerly):
            yield Problem(
                "application-renamed",
                f'this application was called "{before}" and has SITE_ID {site_id}.',
                f'Add "formerly: {before}" to it, so that its resources move with it. Without that the running site'
                " would lose its variables",
                site.slug,
            )


def refuse_reused_slugs(ledger: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Yield a problem for each slug that another application has now, while its former owner still exists.

    Pulumi would give the resources of that name to the new application, and remove the variables of the running site.
    """
    declared = {site.application_id for site in request.sites}
    newcomers = {site.slug for site in request.sites if site.application_id not in ledger.assignments}
    for application, (name, site_id) in ledger.assignments.items():
        now = request.undeclared_applications.get(application)
        if application not in declared and now is not None and name in newcomers:
            yield Problem(
                "slug-of-another-application",
                f"this is another application than the one that had this name and SITE_ID {site_id}, which was renamed"
                f' "{now}".',
                f'Write "application: {now}, formerly: {name}". Without that its running site would lose its variables.'
                f" To keep both as mirrors, run 'pulumi up' with that in every stack, then add {name}. To remove {now},"
                f" take {name} off the list, run 'pulumi up' in every stack, then add {name} again",
                name,
            )
