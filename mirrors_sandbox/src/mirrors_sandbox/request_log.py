"""One JSON line per API request in ``<dir>/requests.jsonl``: who wrote, read or deployed what, and in which order.

Keys: ``at`` (ISO 8601, UTC, when the request came in), ``method``, ``path``, ``query``, ``status``, ``milliseconds``.
``status`` is null where the connection was reset before the request was looked at. ``fault`` is the kind of a fault
that struck. A request about variables or deployments also has ``application`` and ``environment`` (slugs), and ``name``
where it names one. They are lists where it is about several environments, the first two of equal length. A list
without ``name`` is about all names. Lines are in the order in which the answers were made. No line has a value or a
header.
"""

import json
import os
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mirrors_sandbox.models import Environment

FILE_NAME = "requests.jsonl"
FAMILIES = ("apps", "iam", "billing", "legacy")
API_PREFIXES = tuple(f"/{family}/" for family in FAMILIES)
_NOTES = "mirrors_notes"


def note(request: HttpRequest, **facts: Any) -> None:
    """Adds facts to the line of this request; they must not be secret."""
    request.__dict__.setdefault(_NOTES, {}).update(facts)


def note_environments(request: HttpRequest, uuids: Iterable[str], names: Iterable[Any] = ()) -> None:
    """Says which environments, and which names of variables, this request is about."""
    known = [uuid for uuid in uuids if isinstance(uuid, str)]
    found = Environment.objects.filter(uuid__in=known).order_by("created_at", "uuid")
    pairs = list(found.values_list("application__slug", "slug"))
    if pairs:
        note(request, application=_one_or_all([a for a, _ in pairs]), environment=_one_or_all([e for _, e in pairs]))
    listed = [name for name in names if isinstance(name, str)]
    if listed:
        note(request, name=_one_or_all(listed))


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


class RequestLogMiddleware:
    """Writes the line when the answer is made, whatever it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIXES):
            return self.get_response(request)
        line: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(),
            "method": request.method,
            "path": request.path,
            "query": request.META.get("QUERY_STRING", ""),
        }
        started = time.perf_counter()
        response = self.get_response(request)
        line["status"] = response.status_code
        line["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)
        append(Path(settings.SANDBOX_DIR) / FILE_NAME, line | request.__dict__.get(_NOTES, {}))
        return response


def append(path: Path, line: dict[str, Any]) -> None:
    """Appends in one ``write``: with O_APPEND the lines of many threads never mix. The owner alone may read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
    finally:
        os.close(descriptor)
