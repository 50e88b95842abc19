"""Pages that read from the database, and one that always fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.sites.models import Site
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpResponse
from django.urls import path

if TYPE_CHECKING:
    from django.http import HttpRequest


def home(_: HttpRequest) -> HttpResponse:
    """Return the domains of all sites."""
    return HttpResponse(", ".join(Site.objects.order_by("id").values_list("domain", flat=True)))


def current(request: HttpRequest) -> HttpResponse:
    """Return the domain of this site."""
    return HttpResponse(get_current_site(request).domain)


def unhealthy(_: HttpRequest) -> HttpResponse:
    """Return a status that ends a deployment."""
    return HttpResponse(status=503)


urlpatterns = [path("", home), path("current/", current), path("unhealthy/", unhealthy)]
