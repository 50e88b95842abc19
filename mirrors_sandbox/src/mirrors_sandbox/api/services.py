"""Service instances, and what the platform offers: regions, templates and services."""

from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from mirrors_sandbox import catalogue
from mirrors_sandbox.api.base import ReadOnly
from mirrors_sandbox.catalogue import derived_uuid, region_uuid
from mirrors_sandbox.filters import values_of
from mirrors_sandbox.models import Application, ServiceInstance


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


class ServiceInstanceViewSet(ReadOnly):
    queryset = ServiceInstance.objects.order_by("created_at", "uuid")
    serializer_class = ServiceInstanceSerializer
    filters: ClassVar = {"uuid": "uuid", "environment": "environment", "application": "environment__application"}


class RegionSerializer(serializers.Serializer[Any]):
    uuid = serializers.CharField()
    name = serializers.CharField()


class ServiceSerializer(serializers.Serializer[Any]):
    uuid = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    description = serializers.CharField()
    identifier = serializers.CharField()


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
    serializer_class = RegionSerializer

    def entries(self, request: Request) -> list[Any]:
        wanted = values_of(request, "uuid")
        return [region for region in catalogue.regions() if not wanted or region.uuid in wanted]


class TemplateViewSet(CatalogueViewSet):
    """Templates of new applications: none, since the API of the sandbox makes no application."""

    serializer_class = RegionSerializer

    def entries(self, request: Request) -> list[Any]:  # noqa: ARG002
        return []


class ServiceViewSet(CatalogueViewSet):
    """``region`` filters; so does ``website``, an application's uuid, whose region is meant."""

    serializer_class = ServiceSerializer

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
