"""Addresses: the API as on Divio, the control panel under /admin/."""

from collections.abc import Callable

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from rest_framework.routers import SimpleRouter

from mirrors_sandbox import request_log
from mirrors_sandbox.api import accounts, deployments, environments, services, variables

apps = SimpleRouter()
apps.register("applications", accounts.ApplicationViewSet, "applications")
apps.register("environments", environments.EnvironmentViewSet, "environments")
apps.register("environment-variables", variables.EnvironmentVariableViewSet, "environment-variables")
apps.register("deployments", deployments.DeploymentViewSet, "deployments")
apps.register("service-instances", services.ServiceInstanceViewSet, "service-instances")
apps.register("services", services.ServiceViewSet, "services")
apps.register("regions", services.RegionViewSet, "regions")
apps.register("app-templates", services.TemplateViewSet, "app-templates")

iam = SimpleRouter()
iam.register("organisations", accounts.OrganisationViewSet, "organisations")

legacy = SimpleRouter()
legacy.register("applications", accounts.LegacyApplicationViewSet, "legacy-applications")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    # "insecure" is Django's word for serving them from the packages themselves: right for one user on loopback.
    re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
    path("apps/v3/", accounts.RootView.as_view()),
    path("apps/v3/", include(apps.urls)),
    path("iam/v3/me/", accounts.MeView.as_view()),
    path("iam/v3/", include(iam.urls)),
    path("legacy/v3/", include(legacy.urls)),
    re_path(rf"^(?:{'|'.join(request_log.FAMILIES)})/(?:.*/)?$", accounts.UnknownView.as_view()),
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
