"""Posting a deployment: freeze the variables, refuse a second one, hand it to the runner.

The API, the control panel's "Deploy" and the command line all come through here.
"""

import re
from typing import Any

from django.db import transaction
from django.utils import timezone

from mirrors_sandbox.models import Deployment, Environment
from mirrors_sandbox.state import SandboxError

CREDENTIAL = re.compile(r"DSN|DATABASE_URL|KEY|SECRET|TOKEN|PASSWORD", re.IGNORECASE)
BUILD_MODES = ("AUTO", "ADOPT", "FORCE")


class DeploymentRunningError(SandboxError):
    """The environment has a deployment that has not ended; wait for it, then deploy again."""

    def __init__(self, environment: Environment, running: Deployment) -> None:
        super().__init__(f"A deployment of {environment} is already running ({running.uuid}). Wait until it has ended.")
        self.running = running


def post_deployment(environment: Environment, build_mode: str = "AUTO") -> Deployment:
    """A new deployment of this environment, running; the runner gets it once it is committed.

    Raises ``DeploymentRunningError`` while another one runs, ``ValueError`` for an unknown build mode.
    """
    if build_mode not in BUILD_MODES:
        raise ValueError(f"Unknown build mode {build_mode!r}; it is one of {', '.join(BUILD_MODES)}.")
    # The transaction is an immediate one: no other process writes between the look and the insert.
    with transaction.atomic():
        running = Deployment.objects.filter(environment=environment, ended_at=None).first()
        if running:
            raise DeploymentRunningError(environment, running)
        environment.refresh_from_db(fields=["built_in"])
        deployment = Deployment.objects.create(
            environment=environment,
            build_mode=build_mode,
            started_at=timezone.now(),
            variables=frozen_variables(environment),
        )
        transaction.on_commit(lambda: _submit(deployment))
    return deployment


def frozen_variables(environment: Environment) -> dict[str, dict[str, Any]]:
    """Return the variables of a deployment posted now: ``{name: {value, is_sensitive, built_in}}``, by name.

    Built-in ones come from the platform, overridden by custom ones of the same name. The platform's own are not
    flagged sensitive, also where they hold credentials.
    """
    frozen = {
        name: {"value": value, "is_sensitive": False, "built_in": True} for name, value in environment.built_in.items()
    }
    for variable in environment.variables.all():
        frozen[variable.name] = {
            "value": variable.value,
            "is_sensitive": variable.is_sensitive,
            "built_in": False,
        }
    return dict(sorted(frozen.items()))


def is_credential(name: str) -> bool:
    """Return whether a variable of this name holds a secret: a DSN, a database's URL, a key."""
    return CREDENTIAL.search(name) is not None


def _submit(deployment: Deployment) -> None:
    # Imported late: the runner starts processes and knows PostgreSQL, reading the API needs neither.
    from mirrors_sandbox.runner import submit

    submit(deployment)
