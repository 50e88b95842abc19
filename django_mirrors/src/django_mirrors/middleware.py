"""The middleware: keeps a process with a wrong identity from serving, and answers the status endpoint.

It is the first in ``MIDDLEWARE``. With :mod:`django_mirrors.wsgi` or :mod:`django_mirrors.asgi`, a server checks its
site when it loads, and does not start if it must not serve. With the middleware alone, it checks at its first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.http import HttpResponse, JsonResponse

from django_mirrors.conf import is_switched_on
from django_mirrors.server import REFUSAL, server_gate
from django_mirrors.status import PATH, status_document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

__all__ = ["MirrorsMiddleware"]

_SERVED = "django_mirrors.served"


def _note_server(sender: type, environ: Any = None, scope: Any = None, **_: Any) -> None:
    """Mark the requests that came through a server's handler. Django's test client has another handler."""
    surroundings = environ if environ is not None else scope
    if surroundings is not None and issubclass(sender, (WSGIHandler, ASGIHandler)):
        surroundings[_SERVED] = True


class MirrorsMiddleware:
    """The middleware for WSGI and ASGI."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        request_started.connect(_note_server, dispatch_uid=_SERVED)
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_later(request)
        response: HttpResponseBase = _own_answer(request) or self.get_response(request)
        if _served(request):
            server_gate.record_answer(response.status_code)
        return response

    async def _answer_later(self, request: HttpRequest) -> HttpResponseBase:
        own = await sync_to_async(_own_answer, thread_sensitive=True)(request)
        response: HttpResponseBase = own or await self.get_response(request)
        if _served(request) and server_gate.is_first_healthy(response.status_code):
            await sync_to_async(server_gate.record_answer, thread_sensitive=False)(response.status_code)
        return response


def _served(request: HttpRequest) -> bool:
    """Return whether the request came through a server."""
    surroundings = getattr(request, "environ", None) or getattr(request, "scope", {})
    return bool(surroundings.get(_SERVED))


def _own_answer(request: HttpRequest) -> HttpResponseBase | None:
    """Return the answer that this middleware gives itself, or None."""
    if _served(request) and not server_gate.admit():
        return HttpResponse(REFUSAL, status=503, content_type="text/plain")
    if request.path_info == PATH and request.method in {"GET", "HEAD"} and is_switched_on("MIRRORS_STATUS", False):
        return JsonResponse(status_document(), headers={"Cache-Control": "no-store"})
    return None
