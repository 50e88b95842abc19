"""Values of the site for every template."""

from typing import Any

from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Return ``site``, the current ``Site``, and ``stage``, the name of the environment."""
    return {"site": get_current_site(request), "stage": settings.STAGE}
