"""The check of the registry before a server process serves, and the registration of the process.

A process is registered as running after its first answer that a platform accepts as healthy. Before that its deployment
may still fail, and then the earlier containers go on serving until the next deployment.

Check and registration run once, in a thread and on a connection of their own. An ASGI server loads the application
inside its event loop, where Django refuses queries. A server that forks afterwards would share the connection with its
workers.
"""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from django_mirrors.conf import current_site, is_enforced
from django_mirrors.errors import MirrorsError, NotIdentifiedError, RefusedToServeError
from django_mirrors.image import this_image
from django_mirrors.registry import Registry, utc_now
from django_mirrors.shared_caches import cache_digests, cache_warnings
from django_mirrors.site_identity import identity_problems
from django_mirrors.site_table import lacks_row, site_rows
from django_mirrors.vendors import lacks_privilege

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django_mirrors.conf import CurrentSite

    Result = TypeVar("Result")

__all__ = ["REFUSAL", "ServerGate", "check_site", "confirm_release", "server_gate"]

logger = logging.getLogger("django_mirrors")

RETRY_AFTER = 5.0
"""Seconds until a process that does not serve checks again, at the next request."""

HIGHEST_HEALTHY = 500
"""Highest status that Divio's health check accepts: 1xx to 4xx and 500. Other 5xx statuses end the deployment."""

REFUSAL = b"This site does not serve at the moment. Its log says why.\n"
"""The body of the answer 503. Visitors learn nothing about sites: the log names them."""


NO_ROW = (
    "Site %s (%s) has no row in django_site, so its pages fail with 'Site matching query does not exist' (500, which "
    "a health check may accept). The release command mirrors_migrate creates it, plain migrate creates none "
    "for a mirror. Make 'python manage.py mirrors_migrate' the release command, and deploy this site again."
)


class ServerGate:
    """Gate that opens once the process may serve. Thread-safe.

    ``strict`` returns whether anything is refused. ``confirm`` is called after the first healthy answer.
    """

    def __init__(
        self,
        check: Callable[[], Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
        strict: Callable[[], bool] = is_enforced,
        confirm: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        self._clock = clock
        self._strict = strict
        self._confirm = confirm
        self._confirmed = False
        self._next_confirmation = float("-inf")
        self._lock = Lock()
        self._open = False
        self._next_check = float("-inf")
        self._problems: Sequence[str] = ()

    def admit(self) -> bool:
        """Return whether the process may serve. Check at the first call, and again some seconds after a refusal.

        If nothing is refused, the process serves even when the registry cannot be read.
        """
        if not self._open:
            with self._lock:
                if not self._open and self._clock() >= self._next_check:
                    self._try()
        return self._open or not self._strict()

    def is_first_healthy(self, status: int) -> bool:
        """Return whether an answer with this status is the first healthy one."""
        return self._open and not self._confirmed and status <= HIGHEST_HEALTHY

    def record_answer(self, status: int) -> None:
        """Confirm the release at the first healthy answer, before the answer is sent."""
        if not self.is_first_healthy(status):
            return
        with self._lock:
            if self._confirmed or self._clock() < self._next_confirmation:
                return
            try:
                _in_thread(self._confirm)
            except DatabaseError as error:
                logger.error(
                    "Mirrors cannot write to the registry of sites (%s), and tries again later.", type(error).__name__
                )
                self._next_confirmation = self._clock() + RETRY_AFTER
            else:
                self._confirmed = True

    def check_at_startup(self) -> None:
        """Check the site while the server loads. If the database does not answer, the requests check again.

        Raises:
            RefusedToServeError: this process would serve another site's content.
        """
        if not in_management_command() and not self.admit() and self._problems:
            raise RefusedToServeError("This process refuses to serve. " + " ".join(self._problems))

    def _try(self) -> None:
        try:
            self._problems = _in_thread(self._check)
        except DatabaseError as error:
            # The error's text may name the user and the server.
            until = "this process does not serve until it can" if self._strict() else "this process serves all the same"
            logger.error("Mirrors cannot read the registry of sites (%s): %s.", type(error).__name__, until)
            self._problems = ()
        else:
            self._open = not self._problems
        for problem in self._problems:
            logger.critical("This process refuses to serve. %s", problem)
        self._next_check = self._clock() + RETRY_AFTER


def check_site() -> Sequence[str]:
    """Return why this process must not serve. If it may, register it as the owner of its id. Log warnings."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        site = current_site(connection)
        registry = Registry.for_site(connection, site)
        rows = site_rows(connection)
        problems = identity_problems(site, registry.snapshot(), rows)
        if not problems and _has_table(registry):
            registry.claim(site, caches=cache_digests())
        for text in (*_site_notes(site), *registry.foreign_warnings(), *cache_warnings(site, registry.sites())):
            logger.warning("%s", text)
        if lacks_row(site, rows):
            logger.error(NO_ROW, site.site_id, site.application)
    except MirrorsError as error:
        problems = (str(error),)
    finally:
        connection.close()
    return _enforceable(problems)


def _site_notes(site: CurrentSite) -> Sequence[str]:
    return (*site.notes, *filter(None, [site.domain_problem]))


def _has_table(registry: Registry) -> bool:
    """Return whether the registry's table exists or could be created. Without it, no id has an owner."""
    try:
        registry.table.create_if_missing()
    except DatabaseError as error:
        if not lacks_privilege(registry.table.connection, error) or registry.table.exists():
            raise
        logger.warning(
            "The registry's table does not exist, and this database role may not create it: this process serves "
            "unregistered. Run mirrors_migrate with a role that may, then restart this process."
        )
        return False
    return True


def confirm_release() -> None:
    """Register the code of this process, unless its identity is wrong: :func:`check_site` has reported that."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        site = current_site(connection)
        registry = Registry.for_site(connection, site)
        if registry.table.exists() and not identity_problems(site, registry.snapshot(), site_rows(connection)):
            image = this_image()
            registry.confirm_release(site, image.fingerprint, image.declaration.as_data(), utc_now())
    except NotIdentifiedError:
        return
    finally:
        connection.close()


def _enforceable(problems: Sequence[str]) -> Sequence[str]:
    if is_enforced():
        return problems
    for problem in problems:
        logger.warning(
            "%s This process serves all the same, because of MIRRORS_ENFORCE, DEBUG or STAGE=local.", problem
        )
    return ()


def in_management_command() -> bool:
    """Return whether a command of ``manage.py`` runs here. A command that serves is checked at its first request."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_globals.get("__name__") == "django.core.management":
            return True
    return False


def _in_thread(task: Callable[[], Result]) -> Result:
    with ThreadPoolExecutor(1, thread_name_prefix="django-mirrors") as executor:
        return executor.submit(task).result()


server_gate = ServerGate(check_site, confirm=confirm_release)
"""The gate of this process."""
