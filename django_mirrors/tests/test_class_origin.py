"""The origin of an object's code: each class of Django's that the guard judges, with each method overridden."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest
from django.contrib.postgres import constraints as postgres_constraints
from django.contrib.postgres import indexes as postgres_indexes
from django.contrib.postgres import operations as postgres_operations
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation

from django_mirrors.class_origin import django_base, is_defined_in, overridden_names
from django_mirrors.custom_operations import HARMLESS_OVERRIDES
from django_mirrors.model_schema import IGNORED_OVERRIDES


def classes(parent: type, *modules: ModuleType) -> list[Any]:
    found = {item for module in modules for item in vars(module).values() if inspect.isclass(item)}
    return sorted((item for item in found if issubclass(item, parent)), key=lambda item: item.__qualname__)


OPERATIONS = classes(Operation, operations, postgres_operations)
CONSTRAINTS = classes(models.BaseConstraint, models, postgres_constraints)
INDEXES = classes(models.Index, models, postgres_indexes)
FIELDS = classes(models.Field, models)
PARENTS = [*OPERATIONS, *CONSTRAINTS, *INDEXES, *FIELDS, Migration]

FORWARD = {"allow_migrate_model", "database_forwards", "state_forwards"}
SQL = {"create_sql", "deconstruct", "remove_sql"}


@pytest.mark.parametrize("parent", PARENTS, ids=lambda parent: parent.__name__)
def test_each_method_that_is_replaced_is_noticed_however_the_class_is_named(parent: Any) -> None:
    for name, found in inspect.getmembers(parent, inspect.isfunction):
        if name in {"__init__", "__repr__", "__str__"}:
            continue
        own: Any = type(parent.__name__, (parent,), {name: found, "__module__": parent.__module__})
        below: Any = type(parent.__name__, (own,), {"__module__": parent.__module__, "__doc__": "Nothing of its own."})
        for cls in (own, below):
            assert name in overridden_names(cls.__new__(cls)), name
            assert django_base(cls.__new__(cls)) is parent


@pytest.mark.parametrize("parent", PARENTS, ids=lambda parent: parent.__name__)
def test_what_leaves_everything_alone_is_djangos(parent: Any) -> None:
    own = type("Own", (parent,), {"__doc__": "Words.", "__init__": lambda _: None, "of_the_project": lambda _: None})
    assert overridden_names(own()) == set()
    assert is_defined_in(parent, "django")


def test_a_method_of_the_object_itself_is_noticed() -> None:
    operation: Any = operations.RemoveField("thing", "size")
    operation.database_forwards = lambda *_: None
    assert overridden_names(operation) == {"database_forwards"}


def test_what_decides_is_not_among_the_labels() -> None:
    assert not HARMLESS_OVERRIDES & FORWARD
    assert not IGNORED_OVERRIDES & SQL
