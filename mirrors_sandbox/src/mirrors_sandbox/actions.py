"""Commands on the sandbox's objects. Each prints lines for the user; Django must have been set up.

Arguments are plain data, since they come through a pipe: see ``mirrors_sandbox.tasks``.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from mirrors_sandbox.databases import databases
from mirrors_sandbox.faults import KINDS
from mirrors_sandbox.models import Application, Environment, Fault
from mirrors_sandbox.provision import replace_password
from mirrors_sandbox.seed import NEXT, Wanted, make_mirror
from mirrors_sandbox.seed import seed as seed_account
from mirrors_sandbox.state import SandboxError, StateDirectory

__all__ = ["ACTIONS"]


def seed(**wanted: Any) -> None:
    seed_account(Wanted(**wanted), report=_say)


def mirror(original: str, name: str) -> None:
    made = make_mirror(_application(original), name)
    _say(f"{made.slug} is a mirror of {original}: {NEXT}")


def rotate(original: str, environment: str) -> None:
    """The password of one environment's database; the other environments have roles of their own."""
    application = _application(original)
    if application.original is not None:
        raise SandboxError(
            f"{original} is a mirror: name its original, {application.original}, whose database the mirrors share"
        )
    found = Environment.objects.filter(application=application, slug=environment).first()
    if found is None:
        raise SandboxError(f"{original} has no environment {environment}: it is one of test and live")
    old = found.built_in.get("DATABASE_URL")
    if not old:
        raise SandboxError(f"{found} has no database of its own")
    servers = databases(StateDirectory(Path(settings.SANDBOX_DIR)))
    new = servers.rotated(old)
    with transaction.atomic():
        changed = replace_password(old, new)
        servers.set_password(new)
    _say(f"the database of {found} has a new password, and so have its built-in variables")
    if changed > 1:
        _say(f"{changed} environments have this role in common: the sandbox was made before each had its own")
    _say(f"it takes effect when {found} is deployed; a user with a copy of the old one cannot connect")


def add_fault(kind: str, **options: Any) -> None:
    if kind not in KINDS:
        raise SandboxError(f"there is no fault {kind}: it is one of {', '.join(KINDS)}")
    fault = Fault(kind=kind, **options)
    try:
        fault.full_clean()
    except ValidationError as error:
        raise SandboxError(f"the fault {kind} cannot be injected: {'; '.join(_complaints(error))}") from error
    fault.save()
    _say(_line(fault))


def list_faults() -> None:
    for fault in Fault.objects.order_by("pk"):
        _say(_line(fault))


def clear_faults() -> None:
    count, _ = Fault.objects.all().delete()
    _say(f"{count} {'fault' if count == 1 else 'faults'} removed")


ACTIONS: dict[str, Callable[..., None]] = {
    action.__name__: action for action in (seed, mirror, rotate, add_fault, list_faults, clear_faults)
}


def _line(fault: Fault) -> str:
    left = "for ever" if fault.remaining is None else f"{fault.remaining} times"
    where = " ".join(filter(None, (fault.kind, fault.method, fault.path)))
    return (
        f"{fault.pk}: {where}, probability {fault.probability}, seed {fault.seed}, {left}, {json.dumps(fault.settings)}"
    )


def _complaints(error: ValidationError) -> Iterator[str]:
    for field, messages in error.message_dict.items():
        yield f"{field}: {' '.join(messages)}"


def _application(slug: str) -> Application:
    found = Application.objects.filter(slug=slug).first()
    if found is None:
        raise SandboxError(f"there is no application {slug} in this sandbox")
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
