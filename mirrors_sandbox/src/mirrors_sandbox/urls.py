"""Addresses: the API as on Divio, the control panel under /admin/."""

from collections.abc import Callable

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from rest_framework.routers import SimpleRouter

from mirrors_sandbox import request_log, views

apps = SimpleRouter()
apps.register("applications", views.ApplicationViewSet, "applications")
apps.register("environments", views.EnvironmentViewSet, "environments")
apps.register("environment-variables", views.EnvironmentVariableViewSet, "environment-variables")
apps.register("deployments", views.DeploymentViewSet, "deployments")
apps.register("service-instances", views.ServiceInstanceViewSet, "service-instances")
apps.register("services", views.ServiceViewSet, "services")
apps.register("regions", views.RegionViewSet, "regions")
apps.register("app-templates", views.TemplateViewSet, "app-templates")

iam = SimpleRouter()
iam.register("organisations", views.OrganisationViewSet, "organisations")

legacy = SimpleRouter()
legacy.register("applications", views.LegacyApplicationViewSet, "legacy-applications")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    # "insecure" is Django's word for serving them from the packages themselves: right for one user on loopback.
    re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
    path("apps/v3/", views.RootView.as_view()),
    path("apps/v3/", include(apps.urls)),
    path("iam/v3/me/", views.MeView.as_view()),
    path("iam/v3/", include(iam.urls)),
    path("legacy/v3/", include(legacy.urls)),
    re_path(rf"^(?:{'|'.join(request_log.FAMILIES)})/(?:.*/)?$", views.UnknownView.as_view()),
]


class SlashOnReadMiddleware:
    """Takes a GET without the closing slash as one with it: Divio's own client sends some of its reads so.

    For other methods Django's redirect stays, which clients follow with a GET: on the platform it is unknown (I).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanting = request.path.startswith(request_log.API_PREFIXES) and not request.path.endswith("/")
        if wanting and request.method in {"GET", "HEAD"}:
            request.path += "/"
            request.path_info += "/"
        return self.get_response(request)
