"""The root, the account, and its organisations and applications."""

from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from mirrors_sandbox.api.base import NullField, ReadOnly
from mirrors_sandbox.catalogue import region_uuid
from mirrors_sandbox.identifiers import legacy_id
from mirrors_sandbox.models import Application, Organisation

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


class AccountSerializer(serializers.Serializer[Any]):
    uuid = serializers.CharField()
    email = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()


class MeView(APIView):
    def get(self, request: Request) -> Response:
        return Response(AccountSerializer(request.user).data)


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    class Meta:
        model = Organisation
        fields: ClassVar = ["uuid", "name", "created_at"]


class OrganisationViewSet(ReadOnly):
    queryset = Organisation.objects.order_by("created_at", "uuid")
    serializer_class = OrganisationSerializer
    filters: ClassVar = {"uuid": "uuid"}


class ApplicationSerializer(serializers.ModelSerializer[Application]):
    """``repository`` is null: the platform hosts the repository itself, as it does for every mirror."""

    region = serializers.SerializerMethodField()
    repository = NullField()

    class Meta:
        model = Application
        fields: ClassVar = ["uuid", "name", "slug", "organisation", "region", "repository"]

    def get_region(self, application: Application) -> str:
        return region_uuid(application.region)


class ApplicationViewSet(ReadOnly):
    queryset = Application.objects.order_by("created_at", "uuid")
    serializer_class = ApplicationSerializer
    filters: ClassVar = {"uuid": "uuid", "slug": "slug", "organisation": "organisation", "name_search": "name"}


class LegacyApplicationSerializer(serializers.ModelSerializer[Application]):
    id = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields: ClassVar = ["id", "uuid", "name", "slug"]

    def get_id(self, application: Application) -> int:
        return legacy_id(application.uuid)


class LegacyApplicationViewSet(viewsets.GenericViewSet[Application]):
    """Applications with the numbers that they had before version 3; ``id`` filters, and finds one."""

    queryset = Application.objects.order_by("created_at", "uuid")
    serializer_class = LegacyApplicationSerializer

    def list(self, request: Request) -> Response:
        wanted = request.query_params.get("id")
        if wanted and not (wanted.isascii() and wanted.isdecimal()):
            raise ValidationError({"id": ["Enter a number."]})
        found = [item for item in self.get_queryset() if not wanted or legacy_id(item.uuid) == int(wanted)]
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(found), many=True).data)
