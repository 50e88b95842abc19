"""Filters of the lists. A repeated filter means any of its values: ``?environment=a&environment=b``."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from mirrors_sandbox import fidelity
from mirrors_sandbox.models import Application, Environment, Organisation

SEARCH = "name_search"
RELATIONS: dict[str, type[Model]] = {
    "organisation": Organisation,
    "application": Application,
    "environment": Environment,
}
NO_SUCH_CHOICE = "Select a valid choice. That choice is not one of the available choices."


def values_of(request: Request, name: str) -> list[str]:
    """Return the values of one filter: all where it may be repeated, otherwise the last. Empty ones do not count."""
    values = [value for value in request.query_params.getlist(name) if value]
    return values if name in fidelity.current().repeated_filters else values[-1:]


class FieldFilter(BaseFilterBackend):
    """Filters by the view's ``filters``: {query parameter: path of the field}. Other parameters are ignored."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        fields: dict[str, str] = getattr(view, "filters", {})
        for name, field in fields.items():
            values = values_of(request, name)
            if not values:
                continue
            _check_relation(name, values)
            if name == SEARCH:
                queryset = queryset.filter(**{f"{field}__icontains": values[-1]})
            else:
                queryset = queryset.filter(**{f"{field}__in": values})
        return queryset


def _check_relation(name: str, values: list[str]) -> None:
    """Raises the 400 of a relation's filter for an object that does not exist, if that switch is on."""
    related = RELATIONS.get(name)
    if related is None or fidelity.current().unknown_uuid_in_filter == "empty":
        return
    if related._default_manager.filter(pk__in=values).count() < len(set(values)):
        raise ValidationError({name: [NO_SUCH_CHOICE]})
