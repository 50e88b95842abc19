"""What is said of applications whose SITE_IDs are retired: what becomes of them is not seen on the list."""

from collections.abc import Iterator

from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.problems import Note

GOES_ON = (
    "Instances that run go on serving the shared database until they are deployed again or the application is deleted"
)
"""What becomes of a site that has left, where the platform cannot take its instances away."""


def removal_notes(
    before: Ledger, now: Ledger, hints: AllocationRequest, *, goes_on: str = GOES_ON, keeps: bool = False
) -> Iterator[Note]:
    """Yield a note on each.

    Args:
        before: The ledger as it was.
        now: The ledger as it will be.
        hints: What was looked at for it.
        goes_on: What becomes of a site that has left, as its platform says it.
        keeps: Whether the variables that Mirrors created stay (``onRemoval``).
    """
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
                f" retired. {goes_on}",
                name,
            )
        else:
            yield Note(f"off the list; its SITE_ID {site_id} is retired. {goes_on}", name)
