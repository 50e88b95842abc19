"""Faults on request: what networks and platforms do at the worst moment, on purpose and repeatably.

A fault is a row of ``Fault``. For requests (never /admin/, never the root listing):

```text
latency        the request waits ``settings.seconds`` (1) before it is looked at
throttle       429 with ``Retry-After: settings.seconds`` (1); nothing is applied
error          ``settings.status`` (503) with a page of HTML, as a gateway answers; nothing is applied
forbidden      403; nothing is applied
reset-before   the TCP connection is reset; nothing was applied
reset-after    the request is applied, then the TCP connection is reset instead of an answer
truncated      the request is applied, the answer's JSON breaks off half-way
schema         the request is applied, the answer is JSON of another shape, as after a change of the API
shift          a page of a list, from the second on, has lost its first object, as if one before it was just deleted
```

For deployments, ``deployment-fails``, ``deployment-hangs`` and ``deployment-wrong-variables`` are kept here and
carried out by the runner, which asks ``next_deployment_fault``.

A fault meets requests by ``method`` (empty: any) and ``path`` (a regular expression, searched in the path with its
query; for deployments in ``application/environment``). It lets the first ``settings.after`` (0) pass, then
strikes with ``probability``, at most ``remaining`` times. Chance comes from ``seed`` and the number of requests met:
the same requests in the same order are struck again.
"""

import json
import random
import re
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from mirrors_sandbox import request_log
from mirrors_sandbox.models import Deployment, Fault
from mirrors_sandbox.reset import RESET

REQUEST_KINDS = (
    *("latency", "throttle", "error", "forbidden", "reset-before", "reset-after"),
    *("truncated", "schema", "shift"),
)
DEPLOYMENT_KINDS = ("deployment-fails", "deployment-hangs", "deployment-wrong-variables")
KINDS = REQUEST_KINDS + DEPLOYMENT_KINDS
EXEMPT = ("/apps/v3/", "/apps/v3")


class FaultMiddleware:
    """Lets the faults strike that meet this request: every latency, then the first of the others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(request_log.API_PREFIXES) or request.path in EXEMPT:
            return self.get_response(request)
        struck = _striking(REQUEST_KINDS, request.method or "", request.get_full_path())
        if struck:
            request_log.note(request, fault=struck[-1].kind)
        for fault in struck:
            if fault.kind == "latency":
                time.sleep(float(fault.settings.get("seconds", 1)))
            else:
                return self._struck(request, fault)
        return self.get_response(request)

    def _struck(self, request: HttpRequest, fault: Fault) -> HttpResponse:
        if fault.kind in ANSWERS:
            return ANSWERS[fault.kind](fault.settings)
        if fault.kind == "reset-before":
            request.META[RESET] = True
            request_log.note(request, status=None)
            return HttpResponse()
        response = self.get_response(request)
        if fault.kind == "reset-after":
            request.META[RESET] = True
        else:
            response.content = OTHERWISE[fault.kind](response.content)
            response["Content-Length"] = str(len(response.content))
        return response


def next_deployment_fault(deployment: Deployment) -> Fault | None:
    """The fault that this deployment meets, or None. Asking counts as a strike."""
    struck = _striking(DEPLOYMENT_KINDS, "", str(deployment.environment))
    return struck[0] if struck else None


def _striking(kinds: tuple[str, ...], method: str, subject: str) -> list[Fault]:
    """The faults that strike now, at most one of them no latency and that one last; counted in one transaction."""
    if not any(_meets(fault, method, subject) for fault in Fault.objects.filter(kind__in=kinds)):
        return []
    latencies: list[Fault] = []
    with transaction.atomic():
        for fault in Fault.objects.filter(kind__in=kinds).order_by("pk"):
            if not _meets(fault, method, subject) or not _strikes(fault):
                continue
            if fault.kind != "latency":
                return [*latencies, fault]
            latencies.append(fault)
    return latencies


def _meets(fault: Fault, method: str, subject: str) -> bool:
    wanted = fault.method.upper() in {"", method} or not method
    return wanted and fault.remaining != 0 and re.search(fault.path, subject) is not None


def _strikes(fault: Fault) -> bool:
    chance = random.Random(f"{fault.seed}:{fault.asked}").random()  # noqa: S311
    strikes = fault.asked >= int(fault.settings.get("after", 0)) and chance < fault.probability
    fault.asked += 1
    if strikes and fault.remaining is not None:
        fault.remaining -= 1
    fault.save(update_fields=["asked", "remaining"])
    return strikes


def _throttled(settings: dict[str, Any]) -> HttpResponse:
    seconds = int(settings.get("seconds", 1))
    unit = "second" if seconds == 1 else "seconds"
    detail = f"Request was throttled. Expected available in {seconds} {unit}."
    return JsonResponse({"detail": detail}, status=429, headers={"Retry-After": str(seconds)})


def _error(settings: dict[str, Any]) -> HttpResponse:
    status = int(settings.get("status", 503))
    return HttpResponse(f"<html><body><h1>{status}</h1></body></html>", status=status)


def _forbidden(settings: dict[str, Any]) -> HttpResponse:  # noqa: ARG001
    return JsonResponse({"detail": "You do not have permission to perform this action."}, status=403)


def _shifted(content: bytes) -> bytes:
    """Nothing but a page that is not the first has what is behind ``previous``."""
    page = json.loads(content or b"null")
    if not isinstance(page, dict) or not page.get("previous"):
        return content
    return json.dumps({**page, "count": page["count"] - 1, "results": page["results"][1:]}).encode()


OTHERWISE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "schema": lambda content: json.dumps({"data": json.loads(content or b"null")}).encode(),
    "shift": _shifted,
}
ANSWERS: dict[str, Callable[[dict[str, Any]], HttpResponse]] = {
    "throttle": _throttled,
    "error": _error,
    "forbidden": _forbidden,
}
