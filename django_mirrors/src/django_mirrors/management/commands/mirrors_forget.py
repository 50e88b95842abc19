"""``manage.py mirrors_forget ID``."""

from __future__ import annotations

from django_mirrors.management.commands._shared import MarkCommand
from django_mirrors.registry import FORGOTTEN


class Command(MarkCommand):
    help = (
        "Says that no process of the site ID runs any more: drops what it needs of the schema, and its claim to the "
        "id, which the next application that is deployed with it may have. Its Site row and its content stay."
    )
    status = FORGOTTEN
    done = "is forgotten: migrations no longer wait for it, and its id is free."
