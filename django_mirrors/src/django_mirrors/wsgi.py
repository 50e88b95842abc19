"""``get_wsgi_application`` in place of Django's: looks at the registry when a server loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import wsgi

from django_mirrors.server import REFUSAL, gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["get_wsgi_application", "guarded"]


def get_wsgi_application() -> Callable[..., Iterable[bytes]]:
    """Django's application, guarded.

    :raises RefusedToServeError: this process would serve another site's content
    """
    return guarded(wsgi.get_wsgi_application())


def guarded(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """``application``, which answers 503 until the registry could be read.

    :raises RefusedToServeError: this process would serve another site's content
    """
    gate.load()

    def admitted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if gate.admit():

            def answer(status: str, *rest: Any) -> Any:
                gate.answered(int(status[:3]))
                return start_response(status, *rest)

            return application(environ, answer)
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(REFUSAL)))]
        start_response("503 Service Unavailable", headers)
        return [REFUSAL]

    return admitted
