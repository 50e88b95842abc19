"""``/apps/v3/environments/``."""

from collections.abc import Sequence
from urllib.parse import quote

from mirrors.divio.domain import Environment
from mirrors.divio.errors import REFUSALS
from mirrors.divio.paging import read_all
from mirrors.divio.request import Query, Request
from mirrors.divio.transport import Transport

ENVIRONMENTS_PATH = "/apps/v3/environments/"
MOST_ENVIRONMENT_PAGES = 50
"""The most pages of a listing of everything that Mirrors reads: an account may hold far more than a fleet."""


class Environments:
    def __init__(self, transport: Transport, page_size: int) -> None:
        self._transport = transport
        self._paged: Query = (("page_size", str(page_size)),)

    def get(self, uuid: str) -> Environment:
        """Return the environment. Raises NotFound."""
        return self._transport.call(Environment, Request("GET", f"{ENVIRONMENTS_PATH}{quote(uuid, safe='')}/"))

    def list(self, application: str) -> list[Environment]:
        """Return the environments of one application (its uuid)."""
        listed = read_all(self._transport, Environment, ENVIRONMENTS_PATH, (("application", application), *self._paged))
        return [environment for environment in listed if environment.application == application]

    def list_all(self, slug: str | None = None) -> Sequence[Environment]:
        """Return the environments of all applications that the token's account may see, or those of one slug.

        Divio's clients ask by application only. Mirrors infers that the filter can be left out, so a missing
        environment may still exist. A platform that refuses, or has too many pages, counts as having listed nothing.
        """
        query = (("slug", slug),) if slug else ()
        try:
            listed = read_all(
                self._transport,
                Environment,
                ENVIRONMENTS_PATH,
                (*query, *self._paged),
                most_pages=MOST_ENVIRONMENT_PAGES,
            )
        except REFUSALS:
            return ()
        return [environment for environment in listed if slug in (None, environment.slug)]
