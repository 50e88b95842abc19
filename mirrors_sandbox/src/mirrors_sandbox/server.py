"""The sandbox's server: the control plane on a real WSGI server, the runner, and the database server beside them."""

import logging
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import django

from mirrors_sandbox.databases import databases
from mirrors_sandbox.ports import LOOPBACK, port_is_free
from mirrors_sandbox.process import record
from mirrors_sandbox.process_records import write_record
from mirrors_sandbox.state import DIRECTORY_VARIABLE, SandboxError, Settings, StateDirectory

__all__ = ["ADMIN", "serve", "set_up_django"]

ADMIN = "admin"
THREADS = 16
_logger = logging.getLogger(__name__)


def set_up_django(state: StateDirectory, settings: Settings) -> None:
    """Make this process one of this sandbox: Django's settings come from the environment. Once per process."""
    os.environ[DIRECTORY_VARIABLE] = str(state.root)
    os.environ["MIRRORS_SANDBOX_RUNNER"] = settings.runner
    os.environ["MIRRORS_SANDBOX_DEPLOYMENT_SECONDS"] = str(settings.deployment_seconds)
    os.environ["DJANGO_SETTINGS_MODULE"] = "mirrors_sandbox.settings"
    django.setup()


def serve(state: StateDirectory) -> None:
    """Serve until SIGTERM or SIGINT, then end every process that was started. The settings must have been saved.

    Raises:
        SandboxError: a port is taken, or the databases do not start.
    """
    settings = state.known_settings()
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    write_record(state / "sandbox.pid", record(os.getpid(), "server", port=settings.port))
    servers = databases(state)
    try:
        servers.start()
        set_up_django(state, settings)
        _serve(state, settings)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        servers.stop()
        (state / "sandbox.pid").unlink(missing_ok=True)


def _serve(state: StateDirectory, settings: Settings) -> None:
    # Imported now: Django must have been set up.
    from django.core.management import call_command
    from waitress.server import create_server

    from mirrors_sandbox import runner

    call_command("migrate", interactive=False, verbosity=0)
    _ensure_admin(state)
    try:
        runner.start_up()
        if not port_is_free(settings.port):
            raise SandboxError(f"port {settings.port} is taken: end what listens there, or choose another with --port")
        from mirrors_sandbox.wsgi import application

        server = create_server(application, host=LOOPBACK, port=settings.port, threads=THREADS, ident="sandbox")
        _logger.info("serving on http://%s:%s", LOOPBACK, settings.port)
        server.run()
    finally:
        _logger.info("stopping")
        runner.shut_down()


def _ensure_admin(state: StateDirectory) -> None:
    from django.contrib.auth.models import User

    if not User.objects.filter(username=ADMIN).exists():
        password = (state / "admin_password").read_text(encoding="utf-8")
        User.objects.create_superuser(ADMIN, password=password)


def _leave(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise SystemExit(0)


if __name__ == "__main__":
    try:
        serve(StateDirectory.at())
    except SandboxError as error:
        sys.exit(f"Error: {error}")
