"""Which models and apps the routers let into the database that is migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import get_commands
from django.db import connections, router

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

__all__ = ["HIDDEN", "hides_app", "hides_model", "takes_app", "takes_model"]

HIDDEN = (
    "is for what the router keeps out of this database and of every other one: where it is applied, as in the schemas "
    "of django-tenants, cannot be known from here"
)


def takes_model(connection: BaseDatabaseWrapper, model: type[Model]) -> bool:
    """Whether this database has the model's table."""
    return bool(router.allow_migrate_model(connection.alias, model))


def takes_app(connection: BaseDatabaseWrapper, app_label: str, hints: dict[str, Any]) -> bool:
    """Whether Python or SQL of the app's migrations is for this database."""
    return bool(router.allow_migrate(connection.alias, app_label, **hints))


def hides_model(connection: BaseDatabaseWrapper, model: type[Model]) -> bool:
    """Whether the table is not here, and no other database is known that has it."""
    if takes_model(connection, model):
        return False
    return _several_schemas() or not any(router.allow_migrate_model(alias, model) for alias in _others(connection))


def hides_app(connection: BaseDatabaseWrapper, app_label: str, hints: dict[str, Any]) -> bool:
    """The same of Python and SQL."""
    if takes_app(connection, app_label, hints):
        return False
    return _several_schemas() or not any(
        router.allow_migrate(alias, app_label, **hints) for alias in _others(connection)
    )


def _others(connection: BaseDatabaseWrapper) -> list[str]:
    return [alias for alias in connections if alias != connection.alias]


def _several_schemas() -> bool:
    """Whether ``migrate`` is of somebody's own that goes on to further schemas behind the same alias.

    django-tenants and its relatives have a connection that can be set to a schema.
    """
    own = get_commands().get("migrate") != "django.core"
    return own and any(hasattr(connections[alias], name) for alias in connections for name in SWITCHES)


SWITCHES = ("set_tenant", "set_schema")
