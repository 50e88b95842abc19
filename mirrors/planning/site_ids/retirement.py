"""Make the notes on SITE_IDs that become retired because their site left, and on those that never would."""

from collections.abc import Iterator

from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.problems import Note

INSTANCES_GO_ON = (
    "Its running instances serve the shared database until you deploy them again or delete the application"
)
"""The fate of a site that left the list, on a platform where Mirrors cannot stop its instances."""


def note_removed_sites(
    before: Ledger, now: Ledger, request: AllocationRequest, *, goes_on: str = INSTANCES_GO_ON, keeps: bool = False
) -> Iterator[Note]:
    """Yield a note on each application that is in the old ledger and not in the new one.

    Args:
        before: The ledger before the update.
        now: The ledger after the update.
        request: The facts that decided the new ledger.
        goes_on: The fate of a site that left, in the platform's words.
        keeps: Whether the variables that Mirrors created stay (``onRemoval``).
    """
    given = dict(now.assignments.values())
    for application, (name, site_id) in before.assignments.items():
        today = request.undeclared_applications.get(application, name)
        if application in now.assignments:
            continue
        if name in given:
            yield Note(
                f"this is another application than the one that had SITE_ID {site_id}, which is retired. It gets"
                f" {given[name]} and begins empty. To give it the content of {site_id}, write siteId: {site_id} and"
                f" releaseSiteIds: [{site_id}]",
                name,
            )
        elif today != name:
            variables = f"Mirrors {'keeps' if keeps else 'removes'} the variables that it created there"
            yield Note(
                f'off the list; its application is called "{today}" now. {variables}. Its SITE_ID {site_id} is'
                f" retired. {goes_on}",
                name,
            )
        else:
            yield Note(f"off the list; its SITE_ID {site_id} is retired. {goes_on}", name)


def note_released_ids(now: Ledger, request: AllocationRequest) -> Iterator[Note]:
    """Yield a note on each site whose id ``releaseSiteIds`` still lists. The list keeps the id from being retired."""
    for name, site_id in now.assignments.values():
        if site_id in request.reusable_ids:
            yield Note(
                f"it has SITE_ID {site_id}, and mirrors:fleet.releaseSiteIds still lists that id. So the id is not"
                f" retired when the site leaves. Take {site_id} off the list after this update",
                name,
            )
