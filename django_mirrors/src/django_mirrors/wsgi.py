"""Replacement for Django's ``get_wsgi_application``: checks the site against the registry when a server loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import wsgi

from django_mirrors.server import REFUSAL, server_gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["get_wsgi_application", "guard_application"]


def get_wsgi_application() -> Callable[..., Iterable[bytes]]:
    """Return Django's application, guarded.

    Raises:
        RefusedToServeError: this process would serve another site's content.
    """
    return guard_application(wsgi.get_wsgi_application())


def guard_application(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that answers 503 until the registry was read.

    Raises:
        RefusedToServeError: this process would serve another site's content.
    """
    server_gate.check_at_startup()

    def admitted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if server_gate.admit():

            def answer(status: str, *rest: Any) -> Any:
                server_gate.record_answer(int(status[:3]))
                return start_response(status, *rest)

            return application(environ, answer)
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(REFUSAL)))]
        start_response("503 Service Unavailable", headers)
        return [REFUSAL]

    return admitted
