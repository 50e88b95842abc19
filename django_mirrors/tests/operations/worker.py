"""The processes of old and new code: each reads a line of JSON, runs one action for one case, writes a line of JSON.

A process is started as ``python -m tests.operations.worker old`` (or ``new``), with ``DATABASE_URL``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from importlib import import_module
from itertools import count
from typing import Any

import django
from django.conf import settings

from tests.database_settings import django_settings

settings.configure(
    DATABASES={"default": django_settings(os.environ["DATABASE_URL"])},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[],
    OPERATIONS_SWAPPED_MODEL="swapped.Parent",
    USE_TZ=True,
)
django.setup()

from django.apps.registry import Apps  # noqa: E402 - after the settings
from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist  # noqa: E402
from django.db import DatabaseError, connection, models, transaction  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402
from django.db.migrations.migration import Migration  # noqa: E402
from django.db.migrations.state import ProjectState  # noqa: E402

from django_mirrors.declaration import SchemaDeclaration, declare_schema  # noqa: E402
from django_mirrors.guard import SiteDeclaration, decide  # noqa: E402
from django_mirrors.linter import lint_migration  # noqa: E402
from django_mirrors.plan_analysis import Effect, analyze_plan  # noqa: E402
from django_mirrors.schema_check import mismatch_texts  # noqa: E402
from tests.operations.case import DOCUMENTED_VERSION, Case  # noqa: E402
from tests.operations.cases import CASES  # noqa: E402
from tests.operations.rows import Row, made, models_of, values  # noqa: E402

FAILURES = (DatabaseError, ObjectDoesNotExist, MultipleObjectsReturned, ArithmeticError, ValueError, TypeError)
CARELESS = {
    "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA journal_mode = MEMORY"),
    "postgresql": ("SET synchronous_commit = off",),
    "mysql": (),  # the tests' server never waits
}
NUMBERS = count(10_000 if sys.argv[1] == "old" else 10_500, 1000)  # unique in both processes


def careless(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Commit without waiting for the disk: these databases are temporary."""
    with connection.cursor() as cursor:
        for statement in CARELESS[connection.vendor]:
            cursor.execute(statement)


connection_created.connect(careless)


def failure(step: Callable[[], None]) -> str:
    """Return the exception that the step raises, or ""."""
    try:
        step()
    except FAILURES as error:
        return type(error).__name__
    return ""


def build(case: Case, _: Any) -> dict[str, Any]:
    """Create the old schema, with new code."""
    first, _ = case.migrations()
    with connection.schema_editor(atomic=first.atomic) as editor:
        first.apply(ProjectState(), editor)
    return {}


def seed(case: Case, _: Any) -> dict[str, Any]:
    """Create one row of each kind with old code, and return its declaration."""
    apps = case.old_state().apps
    for model in _with_own_table(apps):
        with transaction.atomic():
            made(model, Row.PLAIN, 1)  # a number that may become a reference to the first parent
    return {"declaration": declare_schema(apps).as_data()}


def change(case: Case, needed: Any) -> dict[str, Any]:
    """Judge the migration against the old code's declaration, migrate, and create rows, with new code."""
    _, second = case.migrations()
    state = case.old_state()
    effects = analyze_plan([(second, False)], connection, state)
    old_site = SiteDeclaration(2, "acme-de", "running", SchemaDeclaration.from_data(needed))
    decision = decide(effects, [old_site], [], [], datetime.now(timezone.utc), site_id=1)
    findings = _linted(second, state) if django.VERSION[:2] == DOCUMENTED_VERSION else ()  # only for the table
    with connection.schema_editor(atomic=second.atomic) as editor:
        state = second.apply(state, editor)
    missing = mismatch_texts(connection, declare_schema(state.apps))
    inserted = [failure(partial(_inserted, model)) for model in _with_own_table(state.apps)]
    return {
        "kinds": [_kind(effect) for effect in effects],
        "refused": sorted({_kind(effect) for refusal in decision.refusals for effect in refusal.effects}),
        "text": decision.text,
        "linter": findings,
        "missing": missing,
        "new": next(filter(None, inserted), ""),
    }


def _kind(effect: Effect) -> str:
    """Return the kind. One that ends with the migration has a name of its own: it needs an acknowledgement."""
    return f"{effect.kind.value} for a moment" if effect.until else effect.kind.value


def use(case: Case, _: Any) -> dict[str, Any]:
    """Run all actions of old code."""
    apps = case.old_state().apps
    failures = {name: _first_failure(apps, step) for name, step in STEPS.items()}
    if case.old_use:
        failures["ON CONFLICT"] = failure(partial(_atomically, partial(case.old_use, apps)))
    failures["DELETE"] = _first_failure(apps, _delete)
    failed = {name: error for name, error in failures.items() if error}
    return {"failed": failed, "missing": mismatch_texts(connection, declare_schema(apps))}


def _first_failure(apps: Apps, step: Callable[[type[models.Model]], Iterator[Callable[[], object]]]) -> str:
    failures = [failure(partial(_atomically, one)) for model in models_of(apps) for one in step(model)]
    return next(filter(None, failures), "")


def _with_own_table(apps: Apps) -> Iterator[type[models.Model]]:
    return (model for model in models_of(apps) if model._meta.can_migrate(connection))


def _linted(migration: Migration, state: ProjectState) -> tuple[str, ...]:
    class Linter(import_module("django_migration_linter").MigrationLinter):  # type: ignore[misc]
        def get_sql(self, *_: str) -> list[str]:
            """Return the SQL of ``sqlmigrate``, for a migration without a file."""
            with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
                migration.apply(state.clone(), editor, collect_sql=True)
            return list(editor.collected_sql)

    return lint_migration(Linter(no_output=True), migration)


def _inserted(model: type[models.Model]) -> None:
    """Insert the plain row. Rows at the limits may violate a new constraint."""
    with transaction.atomic():
        made(model, Row.PLAIN, next(NUMBERS))
    for row in (Row.FULL, Row.EMPTY):
        failure(partial(_atomically, partial(made, model, row, next(NUMBERS))))


def _atomically(step: Callable[[], object]) -> None:
    with transaction.atomic():
        step()


def _select(model: type[models.Model]) -> Iterator[Callable[[], object]]:
    """Read each row by each of its values. Follow references that the code may rely on."""
    yield lambda: [row.refresh_from_db() for row in model._default_manager.all()]
    fields: Sequence[Any] = model._meta.concrete_fields
    for field in fields:
        yield partial(_found_by, model, field.attname)
        if getattr(field, "db_constraint", False):
            yield partial(_followed, model, field.name)


def _found_by(model: type[models.Model], name: str) -> None:
    for value in model._default_manager.exclude(**{name: None}).values_list(name, flat=True):
        if not model._default_manager.filter(**{name: value}).exists():
            raise ObjectDoesNotExist


def _followed(model: type[models.Model], name: str) -> None:
    for row in model._default_manager.all():
        getattr(row, name)


def _insert(model: type[models.Model]) -> Iterator[Callable[[], object]]:
    for row in (*Row, *Row):
        yield partial(made, model, row, next(NUMBERS))


def _update(model: type[models.Model]) -> Iterator[Callable[[], object]]:
    """Save all rows unchanged, then change one row to the limits."""
    yield lambda: [row.save(force_update=True) for row in model._default_manager.all()]
    for kind in (Row.FULL, Row.EMPTY):
        yield partial(_changed, model, kind)


def _changed(model: type[models.Model], kind: Row) -> None:
    row = model._default_manager.order_by("pk")[0]
    for name, value in values(model, kind, next(NUMBERS)).items():
        if name != row._meta.pk.attname:
            setattr(row, name, value)
    row.save(force_update=True)


def _delete(model: type[models.Model]) -> Iterator[Callable[[], object]]:
    yield lambda: [row.delete() for row in model._default_manager.all()]


STEPS = {"SELECT": _select, "INSERT": _insert, "UPDATE": _update}
ACTIONS = {"build": build, "seed": seed, "change": change, "use": use}

if __name__ == "__main__":
    for line in sys.stdin:
        action, label, argument = json.loads(line)
        sys.stdout.write(json.dumps(ACTIONS[action](CASES[label], argument)) + "\n")
        sys.stdout.flush()
