"""The admin shows all sites' pictures, so that one login is enough to look after them all."""

from django.contrib import admin

from gallery.models import Picture


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):
    list_display = ("title", "site", "added_at")
    list_filter = ("site",)
