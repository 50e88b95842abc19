"""Keep credentials out of Django's error reports."""

import re

from django.views.debug import SafeExceptionReporterFilter


class ExceptionReporterFilter(SafeExceptionReporterFilter):
    """Filter of error reports. Django hides settings by name, and does not know that a DSN holds a password."""

    hidden_settings = re.compile(
        rf"{SafeExceptionReporterFilter.hidden_settings.pattern}|DSN|DATABASE_URL", re.IGNORECASE
    )
