"""Replacement for Django's ``get_asgi_application``: checks the site against the registry when a server loads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.core import asgi

from django_mirrors.server import REFUSAL, server_gate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Application = Callable[..., Awaitable[None]]

__all__ = ["get_asgi_application", "guard_application"]


def get_asgi_application() -> Application:
    """Return Django's application, guarded.

    Raises:
        RefusedToServeError: this process would serve another site's content.
    """
    return guard_application(asgi.get_asgi_application())


def guard_application(application: Application) -> Application:
    """Return an ASGI application that answers 503 and accepts no WebSocket until the registry was read.

    Raises:
        RefusedToServeError: this process would serve another site's content.
    """
    server_gate.check_at_startup()

    async def admitted(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if (
            scope["type"] not in {"http", "websocket"}
            or await sync_to_async(server_gate.admit, thread_sensitive=False)()
        ):
            await application(scope, receive, partial(_sent, send))
        elif scope["type"] == "http":
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(REFUSAL)).encode())]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": REFUSAL})
        else:
            await send({"type": "websocket.close", "code": 1013})

    return admitted


async def _sent(send: Any, message: dict[str, Any]) -> None:
    if message["type"] == "http.response.start" and server_gate.is_first_healthy(message["status"]):
        await sync_to_async(server_gate.record_answer, thread_sensitive=False)(message["status"])
    await send(message)
