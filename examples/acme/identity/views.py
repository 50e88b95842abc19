"""Say which site this is, for people and for programs. Show no secrets."""

from django.conf import settings
from django.contrib.sites.models import Site
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from identity import questions


@never_cache
@require_safe
def site(request: HttpRequest) -> JsonResponse:
    """Return this site. ``domain`` and ``name`` come from its row, and are null where it has none."""
    row = Site.objects.filter(pk=settings.SITE_ID).first()
    return JsonResponse(
        {
            "site_id": settings.SITE_ID,
            "domain": row.domain if row else None,
            "name": row.name if row else None,
            "environment": settings.STAGE,
            "release": settings.RELEASE,
            "application": settings.APPLICATION,
            "database": questions.database(),
            "storage": questions.storage(),
        }
    )


@never_cache
@require_safe
def sites(request: HttpRequest) -> JsonResponse:
    """Return all sites that have a row in the shared database."""
    return JsonResponse(list(Site.objects.order_by("pk").values("id", "domain", "name")), safe=False)
