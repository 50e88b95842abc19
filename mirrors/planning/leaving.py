"""What is said of applications whose SITE_IDs are retired: what becomes of them is not seen on the list."""

from collections.abc import Iterator

from mirrors.planning.hints import Hints, Ledger

GOES_ON = (
    "Instances that run go on serving the shared database until they are deployed again or the application is deleted"
)
CONTAINER_GOES = "Its container is removed; its content stays in the database"


def who_leaves(
    before: Ledger, now: Ledger, hints: Hints, *, containers: bool = False, keeps: bool = False
) -> Iterator[str]:
    """A line for each. ``keeps``: the variables that we created stay (``onRemoval``)."""
    given = dict(now.assignments.values())
    for application, (name, site_id) in before.assignments.items():
        today = hints.listed.get(application, name)
        if application in now.assignments:
            continue
        if name in given:
            yield (
                f"{name}: it is another application than the one that had SITE_ID {site_id}, which is retired. It gets"
                f" {given[name]}, and begins empty. If it shall have the content of {site_id}: siteId: {site_id} and"
                f" releaseSiteIds: [{site_id}]"
            )
        elif today != name:
            variables = f"the variables that we created {'stay' if keeps else 'are removed'} there"
            yield (
                f'{name}: off the list; its application is called "{today}" now, and {variables}; its SITE_ID {site_id}'
                f" is retired. {GOES_ON}"
            )
        else:
            and_then = CONTAINER_GOES if containers else GOES_ON
            yield f"{name}: off the list; its SITE_ID {site_id} is retired. {and_then}"
