"""Whether code that declares something cannot stand an effect. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.effect import PRUNE, Kind
from django_mirrors.tolerance import objection

if TYPE_CHECKING:
    from django_mirrors.declaration import Declaration
    from django_mirrors.effect import Effect
    from django_mirrors.tables import Table

__all__ = ["is_aware", "needs"]


def needs(declaration: Declaration, effect: Effect) -> bool:
    """Whether the declaration's code may fail after the effect, because of what it knows or does not know."""
    if effect.kind is Kind.UNKNOWN:
        return not effect.new and (not effect.model or _has_model(declaration, effect.model))
    if effect.operation == PRUNE:
        # An older companion did not write down its migrations: then it may have any.
        return not declaration.migrations or effect.migration in declaration.migrations
    if effect.kind is Kind.DELETES:
        return _refers_unknowingly(declaration, effect)
    return any(_concerns(table, effect) for table in declaration.of_table(effect.table or ""))


def is_aware(declaration: Declaration, effect: Effect) -> bool:
    """Whether the code is one step further: it can stand the effect, and is not just of another part of the world."""
    if effect.kind is Kind.TAKEN_AWAY and effect.column is None and effect.constraint is None:
        return not needs(declaration, effect)
    return bool(declaration.of_table(effect.table or "")) and not needs(declaration, effect)


def _concerns(table: Table, effect: Effect) -> bool:
    column = table.column(effect.column) if effect.column else None
    if effect.kind is Kind.REQUIRED:
        return column is None
    if effect.kind is Kind.TAKEN_AWAY and effect.constraint:
        names = {constraint.name for constraint in table.uniques.values() if constraint.name}
        return effect.constraint.key in table.uniques or effect.constraint.name in names
    if effect.kind is Kind.CONSTRAINT or (effect.kind is Kind.TAKEN_AWAY and effect.column is None):
        return True
    if effect.kind is Kind.TAKEN_AWAY:
        return column is not None
    # Tightened, or new in another form than the one the code knows.
    return column is not None and effect.after is not None and objection(column, effect.after) is not None


def _refers_unknowingly(declaration: Declaration, effect: Effect) -> bool:
    if effect.after is None or effect.after.references is None or not effect.column:
        return False
    knows = any(table.column(effect.column) for table in declaration.of_table(effect.table or ""))
    return bool(declaration.of_table(effect.after.references.table)) and not knows


def _has_model(declaration: Declaration, label: str) -> bool:
    return any(table.model.lower() == label.lower() for table in declaration.tables)
