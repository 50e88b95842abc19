"""Parts that the resources of the API share."""

from typing import Any, ClassVar

from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueTogetherValidator

from mirrors_sandbox import fidelity
from mirrors_sandbox.filters import FieldFilter, values_of
from mirrors_sandbox.models import Environment

READ_ONLY = "This field cannot be changed."


class NullField(serializers.Field[None, None, None, Any]):
    """A field that the platform sends and the sandbox does not have."""

    def __init__(self) -> None:
        super().__init__(read_only=True)

    def get_attribute(self, instance: Any) -> None:  # noqa: ARG002
        return None


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


class ReadOnly(viewsets.ReadOnlyModelViewSet[Any]):
    filter_backends = (FieldFilter,)
    filters: ClassVar[dict[str, str]] = {}


def filtered_environments(request: Request) -> list[str]:
    """The environments that a list of variables or deployments asks for."""
    named = values_of(request, "environment")
    applications = values_of(request, "application")
    if named or not applications:
        return named
    return list(Environment.objects.filter(application__in=applications).values_list("uuid", flat=True))


def sent_field(request: Request, field: str) -> Any:
    """A field of the body, before anything has looked at whether the body is an object at all."""
    return request.data.get(field) if isinstance(request.data, dict) else None


def created_answer(data: Any) -> Response:
    return Response(data, status=fidelity.current().created_status)
