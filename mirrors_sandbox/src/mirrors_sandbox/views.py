"""The API's resources. Authentication, pages, filters and error bodies are DRF's own, set in the settings."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from mirrors_sandbox import catalogue, fidelity, serializers
from mirrors_sandbox.copying import copy_environment
from mirrors_sandbox.deploying import DeploymentRunningError, post_deployment
from mirrors_sandbox.filters import FieldFilter, values_of
from mirrors_sandbox.identifiers import legacy_id
from mirrors_sandbox.log_pages import site_log
from mirrors_sandbox.models import (
    Application,
    Deployment,
    Environment,
    EnvironmentVariable,
    Organisation,
    ServiceInstance,
)
from mirrors_sandbox.request_log import note_environments

COLLECTIONS = (
    "applications",
    "environments",
    "environment-variables",
    "deployments",
    "service-instances",
    "services",
    "regions",
    "app-templates",
)
FILTER_REQUIRED = "Filter by application or by environment."


class RootView(APIView):
    """The names and addresses of the collections; the one page without authentication."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        return Response({name: reverse(f"{name}-list", request=request) for name in COLLECTIONS})


class UnknownView(APIView):
    """Answer DRF's own 404 for an address that the sandbox does not have, to an authenticated client."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


class MeView(APIView):
    def get(self, request: Request) -> Response:
        return Response(serializers.AccountSerializer(request.user).data)


class ReadOnly(viewsets.ReadOnlyModelViewSet[Any]):
    filter_backends = (FieldFilter,)
    filters: ClassVar[dict[str, str]] = {}


class OrganisationViewSet(ReadOnly):
    queryset = Organisation.objects.order_by("created_at", "uuid")
    serializer_class = serializers.OrganisationSerializer
    filters: ClassVar = {"uuid": "uuid"}


class ApplicationViewSet(ReadOnly):
    queryset = Application.objects.order_by("created_at", "uuid")
    serializer_class = serializers.ApplicationSerializer
    filters: ClassVar = {"uuid": "uuid", "slug": "slug", "organisation": "organisation", "name_search": "name"}


class LegacyApplicationViewSet(viewsets.GenericViewSet[Application]):
    """Applications with the numbers that they had before version 3; ``id`` filters, and finds one."""

    queryset = Application.objects.order_by("created_at", "uuid")
    serializer_class = serializers.LegacyApplicationSerializer

    def list(self, request: Request) -> Response:
        wanted = request.query_params.get("id")
        if wanted and not (wanted.isascii() and wanted.isdecimal()):
            raise ValidationError({"id": ["Enter a number."]})
        found = [item for item in self.get_queryset() if not wanted or legacy_id(item.uuid) == int(wanted)]
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(found), many=True).data)


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
        return serializers.EnvironmentSerializer if self.action == "list" else serializers.EnvironmentDetailSerializer

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return _created(super().create(request, *args, **kwargs).data)

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
        body = serializers.CopySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        slug = body.validated_data["new_slug"]
        if source.application.environments.filter(slug=slug).exists():
            raise ValidationError({"new_slug": ["An environment with this slug exists already."]})
        serializers.refuse_too_many(source.application)
        return _created(self.get_serializer(copy_environment(source, slug)).data)


class EnvironmentVariableViewSet(viewsets.ModelViewSet[EnvironmentVariable]):
    queryset = EnvironmentVariable.objects.order_by("created_at", "uuid")
    serializer_class = serializers.EnvironmentVariableSerializer
    filter_backends = (FieldFilter,)
    filters: ClassVar = {
        "application": "environment__application",
        "environment": "environment",
        "name": "name",
        "uuid": "uuid",
    }

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        note_environments(request._request, _filtered_environments(request), values_of(request, "name"))
        unfiltered = not values_of(request, "application") and not values_of(request, "environment")
        if unfiltered and fidelity.current().variables_without_filter == "refused":
            raise ValidationError({"non_field_errors": [FILTER_REQUIRED]})
        return super().list(request, *args, **kwargs)

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        note_environments(request._request, [_sent(request, "environment")], [_sent(request, "name")])
        return _created(super().create(request, *args, **kwargs).data)

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


class DeploymentViewSet(ReadOnly):
    filters: ClassVar = {"uuid": "uuid", "application": "environment__application", "environment": "environment"}

    def get_queryset(self) -> QuerySet[Deployment]:
        newest_first = Deployment.objects.order_by("-started_at", "-uuid")
        if self.action == "list":
            return newest_first.defer("variables", "log")
        return newest_first.select_related("environment__application")

    def get_serializer_class(self) -> Any:
        return {
            "create": serializers.DeploymentPostSerializer,
            "list": serializers.DeploymentSerializer,
            "environment_variables": serializers.DeploymentVariablesSerializer,
        }.get(self.action, serializers.DeploymentDetailSerializer)

    def get_object(self) -> Deployment:
        deployment: Deployment = super().get_object()
        note_environments(self.request._request, [deployment.environment_id])
        return deployment

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        note_environments(request._request, _filtered_environments(request))
        return super().list(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        note_environments(request._request, [_sent(request, "environment")])
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            deployment = post_deployment(**body.validated_data)
        except DeploymentRunningError as error:
            refusal = APIException({"non_field_errors": [str(error)]})
            refusal.status_code = fidelity.current().running_deployment_status
            raise refusal from None
        return _created(self.get_serializer(deployment).data)

    @action(detail=True)
    def logs(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        deployment = self.get_object()
        return Response({"uuid": deployment.uuid, "logs": deployment.log})

    @action(detail=True, url_path="environment-variables")
    def environment_variables(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        return Response(self.get_serializer(self.get_object()).data)


class ServiceInstanceViewSet(ReadOnly):
    queryset = ServiceInstance.objects.order_by("created_at", "uuid")
    serializer_class = serializers.ServiceInstanceSerializer
    filters: ClassVar = {"uuid": "uuid", "environment": "environment", "application": "environment__application"}


class CatalogueViewSet(viewsets.GenericViewSet[Any]):
    """Lists of what is no row of its own."""

    def entries(self, request: Request) -> list[Any]:
        raise NotImplementedError

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.entries(request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        found = [entry for entry in self.entries(request) if entry.uuid == pk]
        if not found:
            raise Http404
        return Response(self.get_serializer(found[0]).data)


class RegionViewSet(CatalogueViewSet):
    serializer_class = serializers.RegionSerializer

    def entries(self, request: Request) -> list[Any]:
        wanted = values_of(request, "uuid")
        return [region for region in catalogue.regions() if not wanted or region.uuid in wanted]


class TemplateViewSet(CatalogueViewSet):
    """Templates of new applications: none, since the API of the sandbox makes no application."""

    serializer_class = serializers.RegionSerializer

    def entries(self, request: Request) -> list[Any]:  # noqa: ARG002
        return []


class ServiceViewSet(CatalogueViewSet):
    """``region`` filters; so does ``website``, an application's uuid, whose region is meant."""

    serializer_class = serializers.ServiceSerializer

    def entries(self, request: Request) -> list[Any]:
        found = catalogue.services()
        wanted = values_of(request, "region")
        if wanted:
            found = [service for service in found if service.region in wanted]
        websites = values_of(request, "website")
        if websites:
            near = {catalogue.region_uuid(item.region) for item in Application.objects.filter(uuid__in=websites)}
            found = [service for service in found if service.region in near]
        return found


def _filtered_environments(request: Request) -> list[str]:
    """The environments that a list of variables or deployments asks for."""
    named = values_of(request, "environment")
    applications = values_of(request, "application")
    if named or not applications:
        return named
    return list(Environment.objects.filter(application__in=applications).values_list("uuid", flat=True))


def _sent(request: Request, field: str) -> Any:
    """A field of the body, before anything has looked at whether the body is an object at all."""
    return request.data.get(field) if isinstance(request.data, dict) else None


def _created(data: Any) -> Response:
    return Response(data, status=fidelity.current().created_status)
