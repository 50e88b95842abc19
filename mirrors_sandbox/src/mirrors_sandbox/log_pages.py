"""``GET environments/{uuid}/logs/``: what a site has written, with links to what came before and what comes after.

``{results: [{timestamp, service, message}], next, previous}``, without a count. A client that tails asks ``next`` again
and again (divio-cli 4.0.5, ``show_log``). If nothing is older, ``previous`` is the address that was just read (seen
in a client's script).
"""

from typing import Any

from django.conf import settings
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.reverse import reverse

from mirrors_sandbox.models import Environment
from mirrors_sandbox.redaction import Redactor
from mirrors_sandbox.site_logs import Piece, file_of, newest, piece_after, piece_before

__all__ = ["site_log"]

SERVICE = "web"  # of a release the sandbox starts no other


def site_log(environment: Environment, request: Request) -> dict[str, Any]:
    """Return a page of a site's log.

    Raises:
        ValidationError: ``after`` or ``before`` is no number.
    """
    piece = _asked_for(environment, request)
    newest_deployment = environment.deployments.order_by("-started_at").first()
    redact = Redactor(newest_deployment.variables if newest_deployment else {})
    here = reverse("environments-logs", [environment.uuid], request=request)
    return {
        "results": [
            {"timestamp": piece.written.isoformat(), "service": SERVICE, "message": redact(line)}
            for line in piece.lines
        ],
        "next": f"{here}?after={piece.end}",
        "previous": f"{here}?before={piece.begin}" if piece.begin else request.build_absolute_uri(),
    }


def _asked_for(environment: Environment, request: Request) -> Piece:
    path = file_of(settings.SANDBOX_DIR, str(environment))
    after, before = (_number(request, name) for name in ("after", "before"))
    if after is not None:
        return piece_after(path, after)
    return newest(path) if before is None else piece_before(path, before)


def _number(request: Request, name: str) -> int | None:
    written = request.query_params.get(name)
    if written is None:
        return None
    if not (written.isascii() and written.isdecimal()):
        raise ValidationError({name: ["A valid integer is required."]})
    return int(written)
