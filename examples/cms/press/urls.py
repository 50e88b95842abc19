"""Addresses of a site: its media, its admin, and its pages with a prefix for each language but the first."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.static import serve

urlpatterns = [
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    *i18n_patterns(path("admin/", admin.site.urls), path("", include("cms.urls")), prefix_default_language=False),
]
