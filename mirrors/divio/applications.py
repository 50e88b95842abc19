"""``/apps/v3/applications/``."""

from urllib.parse import quote

from mirrors.divio.domain import Application
from mirrors.divio.errors import RequestInfo, UnexpectedAnswer
from mirrors.divio.paging import read_all
from mirrors.divio.request import Query, Request
from mirrors.divio.transport import Transport

APPLICATIONS_PATH = "/apps/v3/applications/"


class Applications:
    def __init__(self, transport: Transport, page_size: int) -> None:
        self._transport = transport
        self._paged: Query = (("page_size", str(page_size)),)

    def get(self, uuid: str) -> Application:
        """Return the application. Raises NotFound."""
        return self._transport.call(Application, Request("GET", f"{APPLICATIONS_PATH}{quote(uuid, safe='')}/"))

    def by_slug(self, slug: str) -> Application | None:
        """Return the application; None where the token's account may see none of this name."""
        # Filtered here again: a filter that the platform does not know is ignored, not refused.
        listed = read_all(self._transport, Application, APPLICATIONS_PATH, (("slug", slug), *self._paged))
        found = [application for application in listed if application.slug == slug]
        if len(found) > 1:
            raise UnexpectedAnswer(
                f"{len(found)} applications have the slug {slug!r}", RequestInfo("GET", APPLICATIONS_PATH)
            )
        return found[0] if found else None

    def list(self, organisation: str | None = None, *, most_pages: int | None = None) -> list[Application]:
        """Return all applications that the token's account may see, or those of one organisation (its uuid).

        Raises TooManyPages where there are more than ``most_pages``.
        """
        query = (("organisation", organisation),) if organisation else ()
        listed = read_all(
            self._transport, Application, APPLICATIONS_PATH, (*query, *self._paged), most_pages=most_pages
        )
        return [application for application in listed if organisation in (None, application.organisation)]
