"""The control panel: what one does by hand on Divio is done here by hand. Django's admin over the sandbox's models.

Sensitive values and credentials are never shown; a sensitive value is replaced by typing a new one.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mirrors_sandbox.deploying import is_credential, post_deployment
from mirrors_sandbox.mirrors_page import show_mirrors
from mirrors_sandbox.models import (
    Application,
    Deployment,
    Environment,
    EnvironmentVariable,
    Fault,
    Organisation,
    ServiceInstance,
)
from mirrors_sandbox.panel_forms import FaultForm, MirrorActionForm, VariableForm
from mirrors_sandbox.panel_parts import (
    MASK,
    ApplicationPanel,
    DeploymentPanel,
    EnvironmentPanel,
    FaultPanel,
    InstancePanel,
    OrganisationPanel,
    VariablePanel,
    VariablesOfEnvironment,
    WithDeployments,
    values_table,
)
from mirrors_sandbox.state import SandboxError


class VariableInline(VariablesOfEnvironment):
    model = EnvironmentVariable
    form = VariableForm
    extra = 1


@admin.register(Application)
class ApplicationAdmin(WithDeployments, ApplicationPanel):
    deployments_of = "environment__application"
    list_display = ("slug", "name", "organisation", "region", "original", "mirrors_link")
    list_filter = ("organisation",)
    ordering = ("slug",)
    search_fields = ("slug", "name")
    action_form = MirrorActionForm
    actions = ("make_a_mirror",)

    def get_urls(self) -> list[URLPattern]:
        page = path("<str:uuid>/mirrors/", self.admin_site.admin_view(self.mirrors_page), name="sandbox_mirrors")
        return [page, *super().get_urls()]

    def mirrors_page(self, request: HttpRequest, uuid: str) -> HttpResponse:
        original = get_object_or_404(Application, pk=uuid, original=None)
        return show_mirrors(request, original, self.admin_site.each_context(request))

    @admin.display(description="Mirrors")
    def mirrors_link(self, application: Application) -> str:
        if application.original_id is not None:
            return "-"
        address = reverse("admin:sandbox_mirrors", args=[application.pk])
        return format_html('<a href="{}">{} mirrors</a>', address, application.mirrors.count())

    @admin.action(description="Make a mirror")
    def make_a_mirror(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        slug = request.POST.get("name_of_mirror", "").strip()
        if queryset.count() != 1 or not slug:
            self.message_user(request, "Choose one original, and type the mirror's name.", messages.ERROR)
            return
        # Imported late: it prepares databases, which showing this page does not need.
        from mirrors_sandbox.seed import NEXT, make_mirror

        original = queryset.get()
        try:
            mirror = make_mirror(original, slug)
        except SandboxError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        self.message_user(request, f"Made {mirror.slug}, a mirror of {original.slug}: {NEXT}.")


@admin.register(Environment)
class EnvironmentAdmin(WithDeployments, EnvironmentPanel):
    deployments_of = "environment"
    list_display = ("__str__", "branch", "site", "running_since")
    list_filter = ("slug", "application")
    ordering = ("application__slug", "slug")
    list_select_related = ("application",)
    search_fields = ("application__slug",)
    fields = ("application", "slug", "branch", "is_production_grade", "site", "built_in_variables")
    readonly_fields = ("site", "built_in_variables")
    inlines = (VariableInline,)
    actions = ("deploy",)

    def get_readonly_fields(self, request: HttpRequest, obj: Environment | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return (*self.readonly_fields, "application", "slug") if obj else self.readonly_fields

    @admin.display(description="Site")
    def site(self, environment: Environment) -> str:
        if not environment.port:
            return "-"
        return format_html('<a href="http://127.0.0.1:{0}/">127.0.0.1:{0}</a>', environment.port)

    @admin.display(description="Deployed")
    def running_since(self, environment: Environment) -> Any:
        newest = environment.deployments.filter(success=True).first()
        return newest.ended_at if newest else None

    @admin.display(description="Built-in variables")
    def built_in_variables(self, environment: Environment) -> SafeString:
        return values_table(
            {name: MASK if is_credential(name) else value for name, value in sorted(environment.built_in.items())}
        )

    @admin.action(description="Deploy")
    def deploy(self, request: HttpRequest, queryset: QuerySet[Environment]) -> None:
        for environment in queryset.select_related("application"):
            try:
                post_deployment(environment)
            except SandboxError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.message_user(request, f"Deploying {environment}.")


@admin.register(EnvironmentVariable)
class EnvironmentVariableAdmin(VariablePanel):
    form = VariableForm
    list_display = ("environment", "name", "shown_value", "is_sensitive")
    list_filter = ("environment__slug", "environment__application", "name")
    ordering = ("environment__application__slug", "environment__slug", "name")
    list_select_related = ("environment__application",)
    search_fields = ("name", "environment__application__slug")

    @admin.display(description="Value")
    def shown_value(self, variable: EnvironmentVariable) -> str:
        return MASK if variable.is_sensitive or is_credential(variable.name) else variable.value


@admin.register(Deployment)
class DeploymentAdmin(DeploymentPanel):
    list_display = ("__str__", "status", "success", "started_at", "ended_at")
    list_filter = ("success", "environment__slug", "environment__application")
    list_select_related = ("environment__application",)
    fields = (
        "uuid",
        "environment",
        "build_mode",
        "status",
        "success",
        "percent",
        "started_at",
        "ended_at",
        "release",
        "frozen_variables",
        "shown_log",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Deployment | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Deployment | None = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="Frozen variables")
    def frozen_variables(self, deployment: Deployment) -> SafeString:
        return values_table(
            {
                name: MASK if variable["is_sensitive"] or is_credential(name) else variable["value"]
                for name, variable in deployment.variables.items()
            }
        )

    @admin.display(description="Log")
    def shown_log(self, deployment: Deployment) -> SafeString:
        return format_html("<pre>{}</pre>", deployment.log)


@admin.register(Fault)
class FaultAdmin(FaultPanel):
    form = FaultForm
    list_display = ("kind", "method", "path", "probability", "seed", "remaining", "asked", "settings")


@admin.register(ServiceInstance)
class ServiceInstanceAdmin(InstancePanel):
    list_display = ("environment", "type", "prefix", "service_status", "region", "service")
    list_select_related = ("environment__application",)


@admin.register(Organisation)
class OrganisationAdmin(WithDeployments, OrganisationPanel):
    deployments_of = "environment__application__organisation"


# The sandbox has one user; its API, not a site of its own, is what the panel belongs to.
admin.site.unregister((User, Group))
admin.site.site_url = None
admin.site.site_header = admin.site.site_title = "Sandbox: control panel"
admin.site.index_title = "What one does by hand"
