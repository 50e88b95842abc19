"""``manage.py mirrors_forget ID``."""

from __future__ import annotations

from django_mirrors.management.commands._shared import SetStatusCommand
from django_mirrors.registry import FORGOTTEN


class Command(SetStatusCommand):
    help = (
        "Reports that no process of the site ID runs any more. Drops its schema declarations and its claim to the id: "
        "the next application that is deployed with the id may have it. The Site row and its content remain."
    )
    status = FORGOTTEN
    done_message = "is forgotten: migrations no longer wait for it, and its id is free."
