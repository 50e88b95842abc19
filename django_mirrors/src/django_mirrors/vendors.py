"""The differences between databases that Django's own features do not state, as one table.

Two more differences have a table where they are used: :mod:`django_mirrors.locks` and
:mod:`django_mirrors.introspection`.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Vendor", "error_code", "lacks_privilege", "lock_timed_out", "needs_new_attempt", "vendor_of"]


@dataclass(frozen=True)
class Vendor:
    """One kind of database. Errors have PostgreSQL's SQLSTATE, or MySQL's number as text."""

    lock_timeouts: frozenset[str] = frozenset()
    deadlocks: frozenset[str] = frozenset()
    missing_privileges: frozenset[str] = frozenset()
    limit_waits: str = ""  # the statement that ends the waits of a session, with {seconds} or {milliseconds}
    transactions: str = ""  # shows long transactions
    quote: str = '"'  # around each name
    default_schema: str = ""  # the statement that returns the schema of names without one
    folds_columns: bool = False  # whether names of columns that differ in case alone are one name
    fold: Callable[[str], str] = str.lower  # folds case as the database does where it ignores case
    name_bytes: int | None = None  # the bytes of a name that the database keeps, if it cuts names


ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def _lower_ascii(name: str) -> str:
    return name.translate(ASCII_LOWER)


VENDORS = {
    "sqlite": Vendor(default_schema="SELECT 'main'", folds_columns=True, fold=_lower_ascii),
    "postgresql": Vendor(
        lock_timeouts=frozenset({"55P03"}),  # lock_not_available
        deadlocks=frozenset({"40P01"}),
        missing_privileges=frozenset({"3F000", "42501"}),  # no schema to create in, no privilege
        limit_waits="SELECT set_config('lock_timeout', '{milliseconds}ms', false)",
        transactions="pg_stat_activity",
        default_schema="SELECT current_schema()",
        name_bytes=63,
    ),
    # MariaDB, too. A statement waits for a table's metadata lock, a day by default, and for a row's lock.
    "mysql": Vendor(
        lock_timeouts=frozenset({"1205"}),
        deadlocks=frozenset({"1213"}),
        missing_privileges=frozenset({"1044", "1142"}),  # for the database, for the table
        limit_waits="SET SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {seconds}",
        transactions="information_schema.innodb_trx",
        quote="`",
        default_schema="SELECT DATABASE()",
        folds_columns=True,
    ),
}


def vendor_of(connection: BaseDatabaseWrapper) -> Vendor:
    """Return the facts about the database's kind. Other kinds have the defaults."""
    return VENDORS.get(connection.vendor, Vendor())


def error_code(error: BaseException) -> str:
    """Return the database's own code of an error, whichever driver raised it, or "" without one."""
    cause = error.__cause__
    number = next((item for item in getattr(cause, "args", ()) if isinstance(item, int)), None)
    return str(number or getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")


def lock_timed_out(connection: BaseDatabaseWrapper, error: BaseException) -> bool:
    """Return whether the statement gave up waiting for a lock."""
    return error_code(error) in vendor_of(connection).lock_timeouts


def needs_new_attempt(connection: BaseDatabaseWrapper, error: BaseException) -> bool:
    """Return whether a lock ended the statement: a wait that was too long, or a deadlock."""
    return lock_timed_out(connection, error) or error_code(error) in vendor_of(connection).deadlocks


def lacks_privilege(connection: BaseDatabaseWrapper, error: BaseException) -> bool:
    """Return whether the role may not do what was asked."""
    return error_code(error) in vendor_of(connection).missing_privileges
