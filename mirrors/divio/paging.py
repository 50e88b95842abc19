"""Lists, read page by page (docs.divio.com/api/apps: ``count``, ``next``, ``previous``, ``results``)."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel

from mirrors.divio.domain import Identified
from mirrors.divio.errors import NotFound, RequestInfo, TooManyPages, UnexpectedAnswer, ValidationFailed
from mirrors.divio.request import Query, Request
from mirrors.divio.responses import parse_model
from mirrors.divio.transport import Transport

PAGE_SIZE = "page_size"
_MAX_READINGS = 3


class Page(BaseModel):
    results: list[Any]
    count: int | None = None
    next: str | None = None


Item = TypeVar("Item", bound=Identified)


def read_all(
    transport: Transport, model: type[Item], path: str, query: Query = (), *, most_pages: int | None = None
) -> list[Item]:
    """Return every object of a list, each once, in the platform's order.

    A list that grows or shrinks during the read repeats or skips objects at the seams of its pages. Repeated ones are
    dropped. If the total changed, or the next page is gone, Mirrors reads the list again, a few times at most.

    Raises:
        TooManyPages: The list has more than ``most_pages``. Only its first page was read.
    """
    request_info = RequestInfo("GET", path)
    pages: list[Page] = []
    for reading in range(1, _MAX_READINGS + 1):
        pages = []
        try:
            for page in _read_pages(transport, path, query):
                pages.append(page)
                if most_pages is not None and len(pages) == 1 and (page.count or 0) > most_pages * len(page.results):
                    raise TooManyPages(f"more than {most_pages} pages", request_info)
        except NotFound:
            if not pages or reading == _MAX_READINGS:
                raise
            continue
        if len({page.count for page in pages}) == 1:
            break
    found = [parse_model(model, raw, request_info) for page in pages for raw in page.results]
    return list({item.uuid: item for item in found}.values())


def read_from_first_pages(
    transport: Transport,
    model: type[Item],
    path: str,
    query: Query,
    wanted: Collection[str],
    *,
    most_pages: int,
) -> dict[str, Item]:
    """Return {uuid: object} of the first pages, as far as the one with the last of the wanted objects."""
    request_info = RequestInfo("GET", path)
    found: dict[str, Item] = {}
    for page in islice(_read_pages(transport, path, query), most_pages):
        items = [parse_model(model, raw, request_info) for raw in page.results]
        found |= {item.uuid: item for item in items}
        if found.keys() >= set(wanted):
            break
    return found


def _read_first_page(transport: Transport, path: str, query: Query) -> Page:
    """Return the first page. A platform that refuses the wanted size gets no size, and sends its own."""
    try:
        return transport.call(Page, Request("GET", path, query))
    except ValidationFailed as error:
        if PAGE_SIZE not in error.errors:
            raise
    own = [(name, value) for name, value in query if name != PAGE_SIZE]
    return transport.call(Page, Request("GET", path, own))


def _read_pages(transport: Transport, path: str, query: Query) -> Iterator[Page]:
    """Yield the pages. Mirrors follows ``next`` as given; only the first request carries the query."""
    page = _read_first_page(transport, path, query)
    yield page
    seen: set[str] = set()
    while page.next:
        if page.next in seen:
            raise UnexpectedAnswer("its pages lead back to one another", RequestInfo("GET", path))
        seen.add(page.next)
        page = transport.call(Page, Request("GET", page.next))
        yield page
