"""Custom environment variables."""

from typing import Any, ClassVar

from django.db import transaction
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from mirrors_sandbox import fidelity
from mirrors_sandbox.api.base import FixedFields, created_answer, filtered_environments, sent_field
from mirrors_sandbox.filters import FieldFilter, values_of
from mirrors_sandbox.models import EnvironmentVariable
from mirrors_sandbox.request_log import note_environments

FILTER_REQUIRED = "Filter by application or by environment."


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


class EnvironmentVariableViewSet(viewsets.ModelViewSet[EnvironmentVariable]):
    queryset = EnvironmentVariable.objects.order_by("created_at", "uuid")
    serializer_class = EnvironmentVariableSerializer
    filter_backends = (FieldFilter,)
    filters: ClassVar = {
        "application": "environment__application",
        "environment": "environment",
        "name": "name",
        "uuid": "uuid",
    }

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        note_environments(request._request, filtered_environments(request), values_of(request, "name"))
        unfiltered = not values_of(request, "application") and not values_of(request, "environment")
        if unfiltered and fidelity.current().variables_without_filter == "refused":
            raise ValidationError({"non_field_errors": [FILTER_REQUIRED]})
        return super().list(request, *args, **kwargs)

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        note_environments(request._request, [sent_field(request, "environment")], [sent_field(request, "name")])
        return created_answer(super().create(request, *args, **kwargs).data)

    def get_object(self) -> EnvironmentVariable:
        variable = super().get_object()
        note_environments(self.request._request, [variable.environment_id], [variable.name])
        return variable

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        super().destroy(request, *args, **kwargs)
        return Response(status=fidelity.current().deleted_status)
