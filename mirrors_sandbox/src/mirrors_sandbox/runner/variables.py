"""The environment of a release's processes: the deployment's frozen variables, and what no process can do without."""

import sys
from pathlib import Path

from django.conf import settings

from mirrors_sandbox.models import Deployment
from mirrors_sandbox.ports import LOOPBACK
from mirrors_sandbox.process import interpreter_path

__all__ = ["process_environment"]


def process_environment(deployment: Deployment, port: int) -> dict[str, str]:
    """Exactly the frozen variables, plus PATH, HOME, LANG, HOST and PORT. Nothing of the sandbox's own environment.

    ``HOST`` and ``PORT`` win over variables of these names: they are where the platform looks for the site.
    """
    frozen = {name: str(item["value"]) for name, item in deployment.variables.items()}
    application = deployment.environment.application
    base = {
        "PATH": interpreter_path((application.original or application).python or sys.executable),
        "HOME": str(Path(settings.SANDBOX_DIR) / "sites"),
        "LANG": "C.UTF-8",
    }
    return {**base, **frozen, "HOST": LOOPBACK, "PORT": str(port)}
