"""Deployments, with the variables that they froze."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from mirrors_sandbox import fidelity
from mirrors_sandbox.api.base import ReadOnly, created_answer, filtered_environments, sent_field
from mirrors_sandbox.catalogue import region_uuid
from mirrors_sandbox.deploying import BUILD_MODES, DeploymentRunningError, is_credential, post_deployment
from mirrors_sandbox.models import Deployment, Environment
from mirrors_sandbox.request_log import note_environments


class DeploymentPostSerializer(serializers.Serializer[Any]):
    """Taken by a POST, and all of its answer but ``uuid``."""

    uuid = serializers.CharField(read_only=True)
    environment: Any = serializers.PrimaryKeyRelatedField(queryset=Environment.objects.select_related("application"))
    build_mode = serializers.ChoiceField(choices=BUILD_MODES, default="AUTO")


class DeploymentSerializer(serializers.ModelSerializer[Deployment]):
    class Meta:
        model = Deployment
        fields: ClassVar = ["uuid", "environment", "started_at", "ended_at", "status", "success"]


class DeploymentDetailSerializer(DeploymentSerializer):
    region = serializers.SerializerMethodField()
    is_usable = serializers.SerializerMethodField()
    environment_variables = serializers.SerializerMethodField()

    class Meta(DeploymentSerializer.Meta):
        fields: ClassVar = [
            *DeploymentSerializer.Meta.fields,
            "region",
            "is_usable",
            "percent",
            "environment_variables",
        ]

    def get_region(self, deployment: Deployment) -> str:
        return region_uuid(deployment.environment.application.region)

    def get_is_usable(self, deployment: Deployment) -> bool:
        return deployment.success is True

    def get_environment_variables(self, deployment: Deployment) -> Any:
        return sorted(deployment.variables)


class DeploymentVariablesSerializer(DeploymentDetailSerializer):
    """The deployment, with its frozen variables as a map of name to value."""

    def get_environment_variables(self, deployment: Deployment) -> Any:
        return dict(_shown(deployment.variables))


def _shown(frozen: dict[str, dict[str, Any]]) -> Iterable[tuple[str, str | None]]:
    switches = fidelity.current()
    for name, variable in frozen.items():
        hidden = (variable["is_sensitive"] and switches.sensitive_values_in_frozen_variables == "hidden") or (
            variable.get("built_in")
            and is_credential(name)
            and switches.built_in_credentials_in_frozen_variables == "hidden"
        )
        if not hidden:
            yield name, variable["value"]
        elif switches.hidden_frozen_value == "null":
            yield name, None


class DeploymentViewSet(ReadOnly):
    filters: ClassVar = {"uuid": "uuid", "application": "environment__application", "environment": "environment"}

    def get_queryset(self) -> QuerySet[Deployment]:
        newest_first = Deployment.objects.order_by("-started_at", "-uuid")
        if self.action == "list":
            return newest_first.defer("variables", "log")
        return newest_first.select_related("environment__application")

    def get_serializer_class(self) -> Any:
        return {
            "create": DeploymentPostSerializer,
            "list": DeploymentSerializer,
            "environment_variables": DeploymentVariablesSerializer,
        }.get(self.action, DeploymentDetailSerializer)

    def get_object(self) -> Deployment:
        deployment: Deployment = super().get_object()
        note_environments(self.request._request, [deployment.environment_id])
        return deployment

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        note_environments(request._request, filtered_environments(request))
        return super().list(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        note_environments(request._request, [sent_field(request, "environment")])
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            deployment = post_deployment(**body.validated_data)
        except DeploymentRunningError as error:
            refusal = APIException({"non_field_errors": [str(error)]})
            refusal.status_code = fidelity.current().running_deployment_status
            raise refusal from None
        return created_answer(self.get_serializer(deployment).data)

    @action(detail=True)
    def logs(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        deployment = self.get_object()
        return Response({"uuid": deployment.uuid, "logs": deployment.log})

    @action(detail=True, url_path="environment-variables")
    def environment_variables(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        return Response(self.get_serializer(self.get_object()).data)
