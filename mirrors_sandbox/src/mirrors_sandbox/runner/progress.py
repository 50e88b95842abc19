"""Progress of a running deployment: status, percent, and a log without the values of credentials."""

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone

from mirrors_sandbox.models import Deployment, Fault
from mirrors_sandbox.redaction import Redactor

__all__ = ["DeploymentFailed", "Progress", "apply_wrong_variables"]


class DeploymentFailed(Exception):  # noqa: N818 - an outcome, which everyone calls by this name
    """A deployment ends without success; the message is the last line of its log."""


class Progress:
    """Writes a deployment's state where the API reads it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.redact = Redactor(deployment.variables)

    def step(self, status: str, percent: int) -> None:
        self._update(status=status, percent=percent)
        self.log(status)

    def log(self, text: str) -> None:
        """Append to the log; secrets are blanked."""
        line = self.redact(text.rstrip("\n")) + "\n"
        self._update(log=Concat(F("log"), Value(line)))

    def finish(self, *, success: bool, status: str = "") -> None:
        """Mark the deployment as ended.

        Args:
            status: "done", or a few words on what failed.
        """
        self.log(status if not success else "done")
        self._update(
            status="done" if success else "failed",
            percent=100,
            success=success,
            ended_at=timezone.now(),
        )

    def _update(self, **values: Any) -> None:
        Deployment.objects.filter(pk=self.deployment.pk).update(**values)


def apply_wrong_variables(deployment: Deployment, fault: Fault) -> None:
    """Let a deployment run with other variables than were frozen, and say so where the API shows them.

    ``settings.set`` is {name: value}; ``settings.drop`` lists names whose custom value is lost, so that the built-in
    one is back, if there is one. Without settings ``DATABASE_URL`` is dropped.
    """
    variables = dict(deployment.variables)
    built_in = deployment.environment.built_in
    for name in fault.settings.get("drop", [] if fault.settings.get("set") else ["DATABASE_URL"]):
        variables.pop(name, None)
        if name in built_in:
            variables[name] = {"value": built_in[name], "is_sensitive": False, "built_in": True}
    for name, value in fault.settings.get("set", {}).items():
        flags = variables.get(name, {"is_sensitive": False, "built_in": False})
        variables[name] = {**flags, "value": str(value)}
    deployment.variables = dict(sorted(variables.items()))
    deployment.save(update_fields=["variables"])
