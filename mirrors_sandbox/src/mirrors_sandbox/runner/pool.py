"""Deployments with real processes, a few at a time, in threads of the server."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connection

from mirrors_sandbox.databases import databases
from mirrors_sandbox.models import Deployment, Fault, SiteProcess
from mirrors_sandbox.process_records import ProcessRecords, RecordsClosedError
from mirrors_sandbox.releases import ReleaseError, release_of
from mirrors_sandbox.runner.commands import run_release_commands
from mirrors_sandbox.runner.progress import DeploymentFailed, Progress, apply_wrong_variables
from mirrors_sandbox.runner.rehearsal import fail_if_asked, hangs_for, read
from mirrors_sandbox.runner.sites import SITE, reap, serve, switch, turn
from mirrors_sandbox.runner.watch import Watch
from mirrors_sandbox.state import StateDirectory

__all__ = ["end_site", "restore", "shut_down", "submit"]

THREADS = 8
_logger = logging.getLogger(__name__)
_stopping = threading.Event()


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="deployment")


@cache
def _records() -> ProcessRecords:
    return ProcessRecords(Path(settings.SANDBOX_DIR) / "processes")


@cache
def _watch() -> Watch:
    return Watch(_records(), _executor().submit)


def submit(uuid: str, fault: Fault | None) -> None:
    """Carry out a deployment in a thread, when one is free; one that hangs by a fault holds none."""
    seconds = hangs_for(fault)
    if seconds is None:
        Progress(read(uuid)).step("hanging, by a fault on request", 50)
    elif seconds:
        timer = threading.Timer(seconds, _enqueue, [uuid, fault])
        timer.daemon = True
        timer.start()
    else:
        _enqueue(uuid, fault)


def restore() -> None:
    """Let all sites serve that served before, a few at a time; returns when each does, or has failed to.

    From then on those whose process ends by itself are started again.
    """
    records = _records()
    records.end(list(records))
    sites = SiteProcess.objects.select_related("environment__application", "deployment__release")
    for future in [_executor().submit(_restore, site) for site in sites]:
        future.result()
    _watch().start()


def end_site(environment: str, label: str) -> None:
    """End what serves an environment that does not exist any more."""
    with turn(environment):
        _records().end([item for item in _records() if (item.kind, item.label) == (SITE, label)])
    reap()


def shut_down() -> None:
    """End all processes, so that the threads which wait for them end, too."""
    _stopping.set()
    _watch().stop()
    _executor().shutdown(wait=False, cancel_futures=True)
    _records().close()
    _executor().shutdown(wait=True)
    reap()


def _restore(site: SiteProcess) -> None:
    deployment = site.deployment
    try:
        if site.environment.port is not None:
            serve(deployment, site.environment.port, _records(), Progress(deployment))
    except DeploymentFailed as error:
        _logger.error("%s does not serve again: %s", site.environment, error)
    finally:
        connection.close()


def _enqueue(uuid: str, fault: Fault | None) -> None:
    if not _stopping.is_set():
        _executor().submit(_carry_out, uuid, fault).add_done_callback(partial(_report, uuid))


def _report(uuid: str, future: "Future[None]") -> None:
    """An unexpected error ends the deployment too. Otherwise it would seem to run without end."""
    if future.cancelled():
        return
    error = future.exception()
    if error is not None and not _stopping.is_set():
        _logger.error("deployment %s", uuid, exc_info=error)
        Progress(read(uuid)).finish(success=False, status="an error of the sandbox: see its log")
        connection.close()


def _carry_out(uuid: str, fault: Fault | None) -> None:
    deployment = read(uuid)
    progress = Progress(deployment)
    try:
        _steps(deployment, progress, fault)
    except RecordsClosedError:
        _logger.info("%s is interrupted", deployment)
    except (DeploymentFailed, ReleaseError) as error:
        if not _stopping.is_set():  # else the next start says that this was interrupted
            progress.finish(success=False, status=str(error))
    else:
        progress.finish(success=True)
    finally:
        connection.close()


def _steps(deployment: Deployment, progress: Progress, fault: Fault | None) -> None:
    """Run the steps that Divio has: services, image, release commands, start and health check."""
    if fault is not None and fault.kind == "deployment-wrong-variables":
        apply_wrong_variables(deployment, fault)
    progress.step("preparing the services", 5)
    _make_services(deployment)
    progress.step("preparing the release", 10)
    deployment.release = release_of(deployment.environment)
    deployment.save(update_fields=["release"])
    progress.log(f"release {deployment.release}")
    run_release_commands(deployment, _records(), progress)
    fail_if_asked(fault)
    progress.step("starting the site", 70)
    with turn(deployment.environment_id):
        switch(deployment, _records(), progress)


def _make_services(deployment: Deployment) -> None:
    """The environment's own database and storage are made when something first uses them: most mirrors never do."""
    built_in = deployment.environment.built_in
    frozen = deployment.variables
    state = StateDirectory(Path(settings.SANDBOX_DIR))
    database, storage = built_in.get("DATABASE_URL"), built_in.get("DEFAULT_STORAGE_DSN")
    if database and frozen.get("DATABASE_URL", {}).get("value") == database:
        databases(state).create(database)
    if storage and frozen.get("DEFAULT_STORAGE_DSN", {}).get("value") == storage:
        Path(unquote(urlsplit(storage).path)).mkdir(parents=True, exist_ok=True, mode=0o700)
