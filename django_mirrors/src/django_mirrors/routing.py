"""Models and apps that the routers allow in the database that is migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import get_commands
from django.db import connections, router

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

__all__ = ["HIDDEN_BY_ROUTER", "has_table_of", "hides_app", "hides_model", "owner_of", "runs_app"]

HIDDEN_BY_ROUTER = (
    "is for a model or app that the routers keep out of the migrated database. Mirrors cannot know whether the "
    "project's migrate command applies it elsewhere: in the schemas of django-tenants, or in a second database"
)


def has_table_of(connection: BaseDatabaseWrapper, model: type[Model]) -> bool:
    """Return whether this database has the model's table."""
    return _is_allowed(connection.alias, model)


def runs_app(connection: BaseDatabaseWrapper, app_label: str, hints: dict[str, Any]) -> bool:
    """Return whether this database runs Python or SQL of the app's migrations."""
    return bool(router.allow_migrate(connection.alias, app_label, **hints))


def hides_model(connection: BaseDatabaseWrapper, model: type[Model]) -> bool:
    """Return whether the table is not here, and Mirrors cannot know whether ``migrate`` changes it elsewhere."""
    if has_table_of(connection, model):
        return False
    return _overrides_migrate() or not any(_is_allowed(alias, model) for alias in _others(connection))


def hides_app(connection: BaseDatabaseWrapper, app_label: str, hints: dict[str, Any]) -> bool:
    """Return whether Python and SQL of the app do not run here, and Mirrors cannot know whether they run elsewhere."""
    if runs_app(connection, app_label, hints):
        return False
    return _overrides_migrate() or not any(
        router.allow_migrate(alias, app_label, **hints) for alias in _others(connection)
    )


def _is_allowed(alias: str, model: type[Model]) -> bool:
    """Ask the routers as Django does: for an automatic many-to-many table, about the model that has the field."""
    return bool(router.allow_migrate_model(alias, owner_of(model)))


def owner_of(model: type[Model]) -> type[Model]:
    """Return the model whose operations make the table: the model itself, or the one with the many-to-many field."""
    owner: type[Model] = model._meta.auto_created or model  # type: ignore[assignment]
    return owner


def _others(connection: BaseDatabaseWrapper) -> list[str]:
    return [alias for alias in connections if alias != connection.alias]


def _overrides_migrate() -> bool:
    """Return whether ``migrate`` is not Django's, and so may migrate more than one database or schema.

    Django's command migrates one alias. A command of the project may go on to another, which sites share as well. That
    of django-tenants goes on to further schemas behind the same alias.
    """
    return get_commands().get("migrate") != "django.core"
