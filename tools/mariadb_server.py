"""``python -m tools.mariadb_server``: a MariaDB server for the tests. Nothing starts: each test run starts its own."""

from __future__ import annotations

import sys
from typing import NamedTuple

from tools.debian import InstallError, find_program, install

__all__ = ["DEBIAN", "Programs", "installed_programs"]

DEBIAN = ("mariadb-server-core", "mariadb-client-core")  # the programs, without a service that would start at once


class Programs(NamedTuple):
    """The paths of the server, and of the program that makes its first databases."""

    server: str
    install: str


def installed_programs() -> Programs | None:
    """Return the paths of the programs, or None if they are not installed."""
    server, install_db, defaults = map(find_program, ("mariadbd", "mariadb-install-db", "my_print_defaults"))
    return Programs(server, install_db) if server and install_db and defaults else None


def main() -> int:
    """Install the server unless it is there. It is no failure that it cannot be: the tests that need one report it."""
    try:
        if installed_programs() is None:
            _say(f"installing {', '.join(DEBIAN)}")
            install(DEBIAN)
    except InstallError as error:
        _say(f"no server for the tests: {error}")
        return 0
    found = installed_programs()
    _say(f"the tests use {found.server}" if found else "no server for the tests: the packages have no mariadbd")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"mariadb: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
