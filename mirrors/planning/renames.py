"""Applications that have another name than at the last update: what becomes of their resources and variables."""

from collections.abc import Iterator

from mirrors.planning.hints import Hints, Ledger


def renamed(ledger: Ledger, hints: Hints) -> Iterator[str]:
    """The engine takes a resource for the one that has its name in the state; only else does it look for the former."""
    had = {name: application for application, (name, _) in ledger.assignments.items()}
    for site in hints.sites:
        before, site_id = ledger.assignments.get(site.application, (site.name, 0))
        if before != site.name and site.name in had:
            yield (
                f'{site.name}: this application was called "{before}", and another one "{site.name}", when this stack'
                " was updated last. Resources cannot change places, the running sites would lose their variables: give"
                " this one a slug that neither had, 'pulumi up' in every stack, and only then its new one"
            )
        elif before not in (site.name, site.formerly):
            yield (
                f'{site.name}: this application was called "{before}" and has SITE_ID {site_id}. Add'
                f' "formerly: {before}" to it, so that its resources move with it; otherwise the running site would'
                " lose its variables"
            )


def taken_over(ledger: Ledger, hints: Hints) -> Iterator[str]:
    """A slug of the ledger that another application has by now, while the one that had it is still there.

    The resources of that name would go over to the newcomer, and strip the site that runs.
    """
    declared = {site.application for site in hints.sites}
    newcomers = {site.name for site in hints.sites if site.application not in ledger.assignments}
    for application, (name, site_id) in ledger.assignments.items():
        now = hints.listed.get(application)
        if application not in declared and now is not None and name in newcomers:
            yield (
                f"{name}: this is another application than the one that had this name and SITE_ID {site_id}, which was"
                f' renamed "{now}". Write "application: {now}, formerly: {name}", or its running site would lose its'
                f" variables. If both shall be mirrors, 'pulumi up' that in every stack, and add {name} after it; if"
                f" {now} shall go, take {name} off the list, 'pulumi up' in every stack, and add it after that"
            )
