"""``manage.py mirrors_mark_external ID``."""

from __future__ import annotations

from django_mirrors.management.commands._shared import MarkCommand
from django_mirrors.registry import EXTERNAL


class Command(MarkCommand):
    help = (
        "Says that the site ID runs code without this app, and that migrations need not wait for it. Until then such "
        "a site is unknown code, for whose sake whatever could break it is refused. It ends when the site registers."
    )
    status = EXTERNAL
    done = "is external: migrations no longer wait for it."
