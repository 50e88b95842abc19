"""The control panel: what one does by hand on Divio is done here by hand. Django's admin over the sandbox's models.

Sensitive values and credentials are never shown; a sensitive value is replaced by typing a new one.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mirrors_sandbox.deploying import is_credential, post_deployment
from mirrors_sandbox.faults import KINDS
from mirrors_sandbox.fidelity import VARIABLE_NAME
from mirrors_sandbox.models import (
    Application,
    Deployment,
    Environment,
    EnvironmentVariable,
    Fault,
    Organisation,
    ServiceInstance,
)
from mirrors_sandbox.state import SandboxError

# Django's admin classes know their model's type for the type checker only.
if TYPE_CHECKING:
    OrganisationPanel = admin.ModelAdmin[Organisation]
    ApplicationPanel = admin.ModelAdmin[Application]
    EnvironmentPanel = admin.ModelAdmin[Environment]
    VariablePanel = admin.ModelAdmin[EnvironmentVariable]
    DeploymentPanel = admin.ModelAdmin[Deployment]
    FaultPanel = admin.ModelAdmin[Fault]
    InstancePanel = admin.ModelAdmin[ServiceInstance]
    VariablesOfEnvironment = admin.TabularInline[EnvironmentVariable, Environment]
    VariableModelForm = forms.ModelForm[EnvironmentVariable]
    FaultModelForm = forms.ModelForm[Fault]
else:
    OrganisationPanel = ApplicationPanel = EnvironmentPanel = VariablePanel = DeploymentPanel = FaultPanel = (
        InstancePanel
    ) = admin.ModelAdmin
    VariablesOfEnvironment = admin.TabularInline
    VariableModelForm = FaultModelForm = forms.ModelForm

MASK = "••••••"


def values_table(values: dict[str, str]) -> SafeString:
    """Names and values, the latter masked by the caller where they are secret."""
    rows = format_html_join("", "<tr><th>{}</th><td><code>{}</code></td></tr>", values.items())
    return format_html("<table>{}</table>", rows)


class MaskedInput(forms.PasswordInput):
    """Takes a new value and never renders the old one, nor a typed one after an error."""

    def __init__(self) -> None:
        super().__init__(render_value=False, attrs={"placeholder": "unchanged", "autocomplete": "new-password"})


class VariableForm(VariableModelForm):
    name = forms.RegexField(VARIABLE_NAME, max_length=255)
    value = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 1, "cols": 60}))

    class Meta:
        model = EnvironmentVariable
        fields: ClassVar = ["environment", "name", "value", "is_sensitive"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the database has: the instance itself is changed by a form that does not validate.
        self.kept = self.instance.value if self.instance.pk and self.instance.is_sensitive else None
        if self.kept is not None:
            self.fields["value"].widget = MaskedInput()
            self.initial["value"] = ""

    def clean_value(self) -> str:
        typed: str = self.cleaned_data["value"]
        return self.kept if self.kept is not None and not typed else typed


class VariableInline(VariablesOfEnvironment):
    model = EnvironmentVariable
    form = VariableForm
    extra = 1


class MirrorActionForm(ActionForm):
    name_of_mirror = forms.CharField(required=False, label="Name of the mirror", max_length=63)


class WithDeployments:
    """Deployments cannot be deleted by hand, and go with what they belong to, unless one of them still runs."""

    deployments_of: ClassVar[str]
    """The way from a deployment to what is deleted."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        listed, counts, missing, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        running = Deployment.objects.filter(ended_at=None, **{f"{self.deployments_of}__in": list(objs)})
        waiting = [f"{deployment.environment} is deploying: wait until that has ended" for deployment in running]
        return listed, counts, missing - {str(Deployment._meta.verbose_name)}, [*protected, *waiting]


@admin.register(Application)
class ApplicationAdmin(WithDeployments, ApplicationPanel):
    deployments_of = "environment__application"
    list_display = ("slug", "name", "organisation", "region", "original")
    list_filter = ("organisation",)
    ordering = ("slug",)
    search_fields = ("slug", "name")
    action_form = MirrorActionForm
    actions = ("make_a_mirror",)

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


class FaultForm(FaultModelForm):
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS])

    class Meta:
        model = Fault
        fields: ClassVar = ["kind", "method", "path", "probability", "seed", "remaining", "settings"]


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
