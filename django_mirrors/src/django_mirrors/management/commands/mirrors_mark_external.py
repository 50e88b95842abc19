"""``manage.py mirrors_mark_external ID``."""

from __future__ import annotations

from django_mirrors.management.commands._shared import SetStatusCommand
from django_mirrors.registry import EXTERNAL


class Command(SetStatusCommand):
    help = (
        "Reports that the site ID runs code without this app, so that migrations need not wait for it. Until then the "
        "site is unknown code, and Mirrors refuses all that could break it. The mark ends when the site registers."
    )
    status = EXTERNAL
    done_message = "is external: migrations no longer wait for it."
