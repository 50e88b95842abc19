"""Environments, their copies and their logs."""

import hashlib
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import OuterRef, Prefetch, Subquery
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from mirrors_sandbox import fidelity
from mirrors_sandbox.api.base import FixedFields, NullField, ReadOnly, created_answer
from mirrors_sandbox.copying import copy_environment
from mirrors_sandbox.filters import values_of
from mirrors_sandbox.log_pages import site_log
from mirrors_sandbox.models import Application, Deployment, Environment, EnvironmentVariable


class EnvironmentSerializer(FixedFields):
    app_name = serializers.SerializerMethodField()
    environment_variables = serializers.SerializerMethodField()
    last_finished_deployment = serializers.SerializerMethodField()
    pending_commits_lookup = serializers.SerializerMethodField()
    primary_domain = NullField()
    ondemand_backup_retention_config = NullField()
    scheduled_backup_config = NullField()

    class Meta:
        model = Environment
        fixed: ClassVar = ["application", "slug"]
        fields: ClassVar = [
            "uuid",
            "application",
            "app_name",
            "slug",
            "branch",
            "primary_domain",
            "pending_commits_lookup",
            "ondemand_backup_retention_config",
            "scheduled_backup_config",
            "environment_variables",
            "is_production_grade",
            "last_finished_deployment",
        ]
        read_only_fields: ClassVar = ["is_production_grade"]
        validators: ClassVar[list[Any]] = []

    def to_representation(self, instance: Environment) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if fidelity.current().last_finished_deployment == "absent":
            del shown["last_finished_deployment"]
        if fidelity.current().environment_variable_names == "absent":
            del shown["environment_variables"]
        return shown

    def get_app_name(self, environment: Environment) -> str:
        suffix = hashlib.sha256(environment.uuid.encode()).hexdigest()[:32]
        return f"{environment.application.slug}-{environment.slug}-{suffix}"

    def get_environment_variables(self, environment: Environment) -> list[str]:
        return sorted({*environment.built_in, *(variable.name for variable in environment.variables.all())})

    def get_last_finished_deployment(self, environment: Environment) -> dict[str, str] | None:
        uuid = getattr(environment, "last_finished", None)
        return {"uuid": uuid} if uuid else None

    def get_pending_commits_lookup(self, environment: Environment) -> str:
        return f"..{environment.branch}"

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if self.instance is None:
            application = attrs["application"]
            self.refuse_twin(application.environments.filter(slug=attrs["slug"]), "application, slug")
            refuse_too_many(application)
        return attrs


def refuse_too_many(application: Application) -> None:
    """Raises the known error where the application has as many environments as its plan allows."""
    if application.environments.count() >= fidelity.current().environments_per_application:
        raise ValidationError({"non_field_errors": ["Can not add another Environment."]})


class EnvironmentDetailSerializer(EnvironmentSerializer):
    ssh_endpoint = serializers.SerializerMethodField()

    class Meta(EnvironmentSerializer.Meta):
        fields: ClassVar = [*EnvironmentSerializer.Meta.fields, "ssh_endpoint"]

    def get_ssh_endpoint(self, environment: Environment) -> dict[str, str | int]:
        """A client gets what it asks for, and no server: no name below ``.invalid`` exists (RFC 2606)."""
        return {"host": "ssh.sandbox.invalid", "port": 22, "user": self.get_app_name(environment)}


class CopySerializer(serializers.Serializer[Any]):
    new_slug = serializers.SlugField(max_length=63)


class EnvironmentViewSet(mixins.CreateModelMixin, mixins.UpdateModelMixin, ReadOnly):
    http_method_names = ["get", "head", "options", "post", "patch"]  # noqa: RUF012
    queryset = (
        Environment.objects.select_related("application")
        .prefetch_related(Prefetch("variables", EnvironmentVariable.objects.only("environment_id", "name")))
        .annotate(
            last_finished=Subquery(
                Deployment.objects.filter(environment=OuterRef("pk"), ended_at__isnull=False)
                .order_by("-ended_at")
                .values("uuid")[:1]
            )
        )
        # Test is listed before Live (R), also where both were made in one moment.
        .order_by("created_at", "is_production_grade", "uuid")
    )
    filters: ClassVar = {"uuid": "uuid", "application": "application", "slug": "slug"}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not values_of(request, "application") and fidelity.current().environments_without_filter == "refused":
            raise ValidationError({"application": ["This field is required."]})
        return super().list(request, *args, **kwargs)

    def get_serializer_class(self) -> Any:
        return EnvironmentSerializer if self.action == "list" else EnvironmentDetailSerializer

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return created_answer(super().create(request, *args, **kwargs).data)

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)

    @action(detail=True)
    def logs(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        return Response(site_log(self.get_object(), request))

    @action(detail=True, methods=["post"])
    @transaction.atomic
    def copy(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        source: Environment = self.get_object()
        body = CopySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        slug = body.validated_data["new_slug"]
        if source.application.environments.filter(slug=slug).exists():
            raise ValidationError({"new_slug": ["An environment with this slug exists already."]})
        refuse_too_many(source.application)
        return created_answer(self.get_serializer(copy_environment(source, slug)).data)
