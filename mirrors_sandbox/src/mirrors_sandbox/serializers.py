"""Requests and answers of the API, field by field as in Divio's API v3. Nothing tells a mirror from an original."""

import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.validators import UniqueTogetherValidator

from mirrors_sandbox import fidelity
from mirrors_sandbox.catalogue import derived_uuid, region_uuid
from mirrors_sandbox.deploying import BUILD_MODES, is_credential
from mirrors_sandbox.identifiers import legacy_id
from mirrors_sandbox.models import (
    Application,
    Deployment,
    Environment,
    EnvironmentVariable,
    Organisation,
    ServiceInstance,
)

READ_ONLY = "This field cannot be changed."


class NullField(serializers.Field[None, None, None, Any]):
    """A field that the platform sends and the sandbox does not have."""

    def __init__(self) -> None:
        super().__init__(read_only=True)

    def get_attribute(self, instance: Any) -> None:  # noqa: ARG002
        return None


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    class Meta:
        model = Organisation
        fields: ClassVar = ["uuid", "name", "created_at"]


class ApplicationSerializer(serializers.ModelSerializer[Application]):
    """``repository`` is null: the platform hosts the repository itself, as it does for every mirror."""

    region = serializers.SerializerMethodField()
    repository = NullField()

    class Meta:
        model = Application
        fields: ClassVar = ["uuid", "name", "slug", "organisation", "region", "repository"]

    def get_region(self, application: Application) -> str:
        return region_uuid(application.region)


class LegacyApplicationSerializer(serializers.ModelSerializer[Application]):
    id = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields: ClassVar = ["id", "uuid", "name", "slug"]

    def get_id(self, application: Application) -> int:
        return legacy_id(application.uuid)


class FixedFields(serializers.ModelSerializer[Any]):
    """Some fields of an object are decided when it is made: ``Meta.fixed``. Afterwards they are ignored or refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance is not None:
            for name in self.Meta.fixed:
                self.fields[name].read_only = True

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None and fidelity.current().relation_of_existing_object == "refused":
            sent = [name for name in self.Meta.fixed if name in self.initial_data]
            if sent:
                raise ValidationError({name: [READ_ONLY] for name in sent})
        return attrs

    def refuse_twin(self, twins: Any, names: str) -> None:
        """Raises the error of a unique constraint for the first of ``twins`` that is not the object itself."""
        if twins.exclude(pk=getattr(self.instance, "pk", None)).exists():
            raise ValidationError(UniqueTogetherValidator.message.format(field_names=names), code="unique")


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


class EnvironmentVariableSerializer(FixedFields):
    """A custom variable; the key ``value`` is absent where it is sensitive."""

    name = serializers.RegexField(fidelity.VARIABLE_NAME, max_length=255)
    value = serializers.CharField(allow_blank=True, trim_whitespace=False)

    class Meta:
        model = EnvironmentVariable
        fixed: ClassVar = ["environment"]
        fields: ClassVar = ["uuid", "environment", "name", "value", "is_sensitive"]
        validators: ClassVar[list[Any]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].required = fidelity.current().value_required

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        environment = self.instance.environment if self.instance else attrs["environment"]
        if "name" in attrs:
            self.refuse_twin(environment.variables.filter(name=attrs["name"]), "environment, name")
        return attrs

    def validate_is_sensitive(self, wanted: bool) -> bool:
        turned_off = self.instance is not None and self.instance.is_sensitive and not wanted
        if turned_off and fidelity.current().sensitive_turned_off == "refused":
            raise ValidationError("A sensitive variable stays sensitive.")
        return wanted

    def to_representation(self, instance: EnvironmentVariable) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if instance.is_sensitive:
            del shown["value"]
            if fidelity.current().sensitive_value_in_variable == "null":
                shown["value"] = None
        return shown


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


class ServiceInstanceSerializer(serializers.ModelSerializer[ServiceInstance]):
    region = serializers.SerializerMethodField()
    service = serializers.SerializerMethodField()

    class Meta:
        model = ServiceInstance
        fields: ClassVar = ["uuid", "environment", "prefix", "type", "service_status", "region", "service"]

    def get_region(self, instance: ServiceInstance) -> str:
        return region_uuid(instance.region)

    def get_service(self, instance: ServiceInstance) -> str:
        return derived_uuid("service", instance.service)


class RegionSerializer(serializers.Serializer[Any]):
    uuid = serializers.CharField()
    name = serializers.CharField()


class ServiceSerializer(serializers.Serializer[Any]):
    uuid = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    description = serializers.CharField()
    identifier = serializers.CharField()


class AccountSerializer(serializers.Serializer[Any]):
    uuid = serializers.CharField()
    email = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
