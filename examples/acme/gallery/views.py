"""The site's home page, and the files of the storage."""

from django.conf import settings
from django.contrib.flatpages.models import FlatPage
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.models import Picture


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Return the pictures and flat pages of this site, and of no other."""
    pages = FlatPage.objects.filter(sites=settings.SITE_ID, registration_required=False)
    return render(request, "gallery/home.html", {"pictures": Picture.on_site.all(), "pages": pages})


@require_safe
def media(request: HttpRequest, name: str) -> FileResponse:
    """Return a file of the storage that all sites share. Each site serves it, whichever it was uploaded on."""
    try:
        return FileResponse(default_storage.open(name))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError) as error:  # a zero byte: ValueError
        raise Http404(f"The storage has no file {name!r}.") from error
