"""Content and logins of the seeded example, so that there is something to look at.

The content comes with each deployment, as a release command of its own, so that a mirror gets it, too. The user is
made once for each environment: its sites share the database.
"""

import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from mirrors_sandbox.console import Report
from mirrors_sandbox.logins import ADMIN, keep_password, passwords
from mirrors_sandbox.models import Application, Deployment
from mirrors_sandbox.redaction import Redactor
from mirrors_sandbox.runner.variables import process_environment
from mirrors_sandbox.state import SandboxError, StateDirectory

__all__ = ["CONTENT", "make_admins"]

CONTENT = {"label": "demo_content", "command": "python manage.py demo_content"}
VARIABLE = "NEW_PASSWORD"
TIMEOUT = 120.0  # seconds
MAKE_ADMIN = f"""
import os
from django.contrib.auth import get_user_model

rights = {{"is_staff": True, "is_superuser": True}}
user, _ = get_user_model().objects.get_or_create(username="{ADMIN}", defaults=rights)
user.set_password(os.environ["{VARIABLE}"])
user.save()
"""


def make_admins(original: Application, report: Report) -> None:
    """Make a login for each environment where the original was deployed, unless there is one.

    All at once; a password is kept only when it works.

    Raises:
        SandboxError: the site's code did not make the user.
    """
    state = StateDirectory(Path(settings.SANDBOX_DIR))
    missing = {name: item for name, item in _deployed(original).items() if name not in passwords(state)}
    chosen = {name: secrets.token_urlsafe(12) for name in missing}
    running = {name: _start(deployment, chosen[name]) for name, deployment in missing.items()}
    for name, process in running.items():
        _finish(name, process, missing[name])
        keep_password(state, name, chosen[name])
        report(f"{name}: the user {ADMIN} may log in to all sites; mirrors sandbox passwords prints the password")


def _deployed(original: Application) -> Mapping[str, Deployment]:
    """The newest successful deployments, by environment."""
    found = Deployment.objects.filter(environment__application=original, success=True).exclude(release=None)
    related = ("environment__application", "release")
    return {str(item.environment): item for item in found.select_related(*related).order_by("ended_at")}


def _start(deployment: Deployment, password: str) -> "subprocess.Popen[bytes]":
    environment = process_environment(deployment, deployment.environment.port or 0)
    return subprocess.Popen(  # noqa: S603 - the site's own code, which the sandbox has deployed
        [sys.executable, "manage.py", "shell", "-c", MAKE_ADMIN],
        cwd=deployment.release.directory if deployment.release else None,
        env={**environment, VARIABLE: password},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _finish(name: str, process: "subprocess.Popen[bytes]", deployment: Deployment) -> None:
    try:
        said, _ = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise SandboxError(f"{name}: no user was made within {TIMEOUT:.0f} seconds") from None
    if process.returncode:
        lines = Redactor(deployment.variables)(said.decode(errors="replace")).strip().splitlines()
        raise SandboxError(f"{name}: no user could be made: {lines[-1] if lines else 'no reason given'}")
