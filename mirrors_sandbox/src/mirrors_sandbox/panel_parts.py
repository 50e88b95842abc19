"""Parts that the control panel's pages share: admin classes with types, masked values, and what goes with what."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mirrors_sandbox.models import (
    Application,
    Deployment,
    Environment,
    EnvironmentVariable,
    Fault,
    Organisation,
    ServiceInstance,
)

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
else:
    OrganisationPanel = ApplicationPanel = EnvironmentPanel = VariablePanel = DeploymentPanel = FaultPanel = (
        InstancePanel
    ) = admin.ModelAdmin
    VariablesOfEnvironment = admin.TabularInline

MASK = "••••••"


def values_table(values: dict[str, str]) -> SafeString:
    """Names and values, the latter masked by the caller where they are secret."""
    rows = format_html_join("", "<tr><th>{}</th><td><code>{}</code></td></tr>", values.items())
    return format_html("<table>{}</table>", rows)


class WithDeployments:
    """Deployments cannot be deleted by hand, and go with what they belong to, unless one of them still runs."""

    deployments_of: ClassVar[str]
    """The way from a deployment to what is deleted."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        listed, counts, missing, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        running = Deployment.objects.filter(ended_at=None, **{f"{self.deployments_of}__in": list(objs)})
        waiting = [f"{deployment.environment} is deploying: wait until that has ended" for deployment in running]
        return listed, counts, missing - {str(Deployment._meta.verbose_name)}, [*protected, *waiting]
