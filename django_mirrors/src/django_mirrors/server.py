"""The look at the registry that each server process takes before it serves, and the line that it leaves there.

The process is registered as running when it has given an answer that a platform counts as healthy. Before that its
deployment may still fail, and then the containers before it go on serving, for as long as nobody deploys again.

Both are done once, in a thread and on a connection of its own: an ASGI server loads the application inside its event
loop, where Django refuses queries, and a server that forks afterwards would share the connection with its workers.
"""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, ProgrammingError, connections

from django_mirrors import identity
from django_mirrors.conf import enforced, this_site
from django_mirrors.errors import MirrorsError, NotIdentifiedError, RefusedToServeError
from django_mirrors.image import this_image
from django_mirrors.registry import Registry, utc_now
from django_mirrors.sharing import cache_warnings, keys_of_caches
from django_mirrors.site_table import has_no_row, site_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django_mirrors.conf import ThisSite

    Result = TypeVar("Result")

__all__ = ["REFUSAL", "Gate", "confirm", "examine", "gate"]

logger = logging.getLogger("django_mirrors")

AGAIN = 5.0
"""Seconds until a process that does not serve looks again, when somebody asks it for something."""

HIGHEST_HEALTHY = 500
"""1xx to 4xx and 500 pass Divio's health check; the other 5xx end the deployment."""

REFUSAL = b"This site does not serve at the moment. Its log says why.\n"
"""The body of the answer 503: visitors learn nothing about sites, the log names them."""


NO_ROW = (
    "Site %s (%s) has no row in django_site, so its pages fail with 'Site matching query does not exist' (500, which a "
    "platform's health check may accept). The release command mirrors_migrate makes it, plain migrate makes none for a "
    "mirror: make 'python manage.py mirrors_migrate' the release command, and deploy this site again."
)


class Gate:
    """Open once the process may serve. ``strict`` says whether anything is refused. Thread-safe.

    ``confirm`` is called once the process has given a healthy answer.
    """

    def __init__(
        self,
        look: Callable[[], Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
        strict: Callable[[], bool] = enforced,
        confirm: Callable[[], None] = lambda: None,
    ) -> None:
        self._look = look
        self._clock = clock
        self._strict = strict
        self._confirm = confirm
        self._confirmed = False
        self._next_confirmation = float("-inf")
        self._lock = Lock()
        self._open = False
        self._next_look = float("-inf")
        self._problems: Sequence[str] = ()

    def admit(self) -> bool:
        """Whether the process may serve. It looks, if it has not, or if it was refused some seconds ago.

        Where nothing is refused, a registry that cannot be read keeps nobody from serving either.
        """
        if not self._open:
            with self._lock:
                if not self._open and self._clock() >= self._next_look:
                    self._try()
        return self._open or not self._strict()

    def is_news(self, status: int) -> bool:
        """Whether an answer with this status is the first healthy one."""
        return self._open and not self._confirmed and status <= HIGHEST_HEALTHY

    def answered(self, status: int) -> None:
        """The process answers with ``status``. The first healthy one is confirmed before anybody sees it."""
        if not self.is_news(status):
            return
        with self._lock:
            if self._confirmed or self._clock() < self._next_confirmation:
                return
            try:
                _in_thread(self._confirm)
            except DatabaseError as error:
                logger.error("The registry of sites cannot be written to (%s): later.", type(error).__name__)
                self._next_confirmation = self._clock() + AGAIN
            else:
                self._confirmed = True

    def load(self) -> None:
        """The look of a server that loads. A database that does not answer refuses nothing yet: requests look again.

        :raises RefusedToServeError: this process would serve another site's content
        """
        if not in_management_command() and not self.admit() and self._problems:
            raise RefusedToServeError("This process refuses to serve. " + " ".join(self._problems))

    def _try(self) -> None:
        try:
            self._problems = _in_thread(self._look)
        except DatabaseError as error:
            # Its text may name the user and the server.
            until = "not serving until it can" if self._strict() else "serving all the same"
            logger.error("The registry of sites cannot be read (%s): %s.", type(error).__name__, until)
            self._problems = ()
        else:
            self._open = not self._problems
        for problem in self._problems:
            logger.critical("This process refuses to serve. %s", problem)
        self._next_look = self._clock() + AGAIN


def examine() -> Sequence[str]:
    """Why this process must not serve. If it may, it owns its id from now on. Logs what else is odd."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        site = this_site(connection)
        registry = Registry.of(connection, site)
        rows = site_rows(connection)
        problems = identity.problems(site, registry.known(), rows)
        if not problems and _made(registry):
            registry.claim(site, caches=keys_of_caches())
        for text in (*_remarks(site), *registry.foreign(), *cache_warnings(site, registry.sites())):
            logger.warning("%s", text)
        if has_no_row(site, rows):
            logger.error(NO_ROW, site.site_id, site.application)
    except MirrorsError as error:
        problems = (str(error),)
    finally:
        connection.close()
    return _refused(problems)


def _remarks(site: ThisSite) -> Sequence[str]:
    return (*site.remarks, *filter(None, [site.domain_problem]))


def _made(registry: Registry) -> bool:
    """Whether the registry's table is there now. Where it is not, no id has an owner from whom it could be taken."""
    try:
        registry.rows.ensure()
    except ProgrammingError:
        if registry.rows.exists():
            raise
        logger.warning(
            "The table of the registry of sites is not there, and this role may not make it: serving, unregistered. "
            "mirrors_migrate makes it with a role that may; then restart this process."
        )
        return False
    return True


def confirm() -> None:
    """Registers what this process runs, unless it is mistaken about its site, which :func:`examine` has said."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        site = this_site(connection)
        registry = Registry.of(connection, site)
        if registry.rows.exists() and not identity.problems(site, registry.known(), site_rows(connection)):
            image = this_image()
            registry.confirm(site, image.fingerprint, image.declaration.as_data(), utc_now())
    except NotIdentifiedError:
        return
    finally:
        connection.close()


def _refused(problems: Sequence[str]) -> Sequence[str]:
    if enforced():
        return problems
    for problem in problems:
        logger.warning("%s Serving all the same, as MIRRORS_ENFORCE, DEBUG or STAGE=local say.", problem)
    return ()


def in_management_command() -> bool:
    """Whether a command of ``manage.py`` is what runs here. One that serves is looked at with its first request."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_globals.get("__name__") == "django.core.management":
            return True
    return False


def _in_thread(task: Callable[[], Result]) -> Result:
    with ThreadPoolExecutor(1, thread_name_prefix="django-mirrors") as executor:
        return executor.submit(task).result()


gate = Gate(examine, confirm=confirm)
"""That of this process."""
