"""What is said of applications whose SITE_IDs are retired: what becomes of them is not seen on the list."""

from collections.abc import Iterator

from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.problems import Note

GOES_ON = (
    "Instances that run go on serving the shared database until they are deployed again or the application is deleted"
)
CONTAINER_GOES = "Its container is removed; its content stays in the database"


def removal_notes(
    before: Ledger, now: Ledger, hints: AllocationRequest, *, containers: bool = False, keeps: bool = False
) -> Iterator[Note]:
    """A note on each. ``keeps``: the variables that we created stay (``onRemoval``)."""
    given = dict(now.assignments.values())
    for application, (name, site_id) in before.assignments.items():
        today = hints.listed.get(application, name)
        if application in now.assignments:
            continue
        if name in given:
            yield Note(
                f"it is another application than the one that had SITE_ID {site_id}, which is retired. It gets"
                f" {given[name]}, and begins empty. If it shall have the content of {site_id}: siteId: {site_id} and"
                f" releaseSiteIds: [{site_id}]",
                name,
            )
        elif today != name:
            variables = f"the variables that we created {'stay' if keeps else 'are removed'} there"
            yield Note(
                f'off the list; its application is called "{today}" now, and {variables}; its SITE_ID {site_id} is'
                f" retired. {GOES_ON}",
                name,
            )
        else:
            and_then = CONTAINER_GOES if containers else GOES_ON
            yield Note(f"off the list; its SITE_ID {site_id} is retired. {and_then}", name)
