"""``manage.py migrate``, one at a time."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

# Any number will do, if nothing else in this database uses it for its advisory locks.
LOCK = 0x5173


class Command(migrate.Command):
    """Sites that share a database may be deployed at the same time, and each deployment migrates.

    On PostgreSQL the second one waits here until the first is done, and then finds nothing left to do. A lock of the
    session ends with the connection, so a process that is killed blocks nobody.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            try:
                super().handle(*args, **options)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
