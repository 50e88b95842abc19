"""Addresses of the site. Flat pages have none: ``FlatpageFallbackMiddleware`` looks for one where nothing matched."""

from django.contrib import admin
from django.urls import path

import gallery.views
import identity.views

urlpatterns = [
    path("", gallery.views.home, name="home"),
    path("media/<path:name>", gallery.views.media, name="media"),
    path("site.json", identity.views.site, name="site"),
    path("sites.json", identity.views.sites, name="sites"),
    path("admin/", admin.site.urls),
]
