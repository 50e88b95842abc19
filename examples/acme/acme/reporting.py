"""Keeps credentials out of Django's error reports."""

import re

from django.views.debug import SafeExceptionReporterFilter


class ExceptionReporterFilter(SafeExceptionReporterFilter):
    """Django hides settings by their names; it does not know that a DSN and a database's URL hold a password."""

    hidden_settings = re.compile(
        rf"{SafeExceptionReporterFilter.hidden_settings.pattern}|DSN|DATABASE_URL", re.IGNORECASE
    )
