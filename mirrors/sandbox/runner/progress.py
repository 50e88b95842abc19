"""What a deployment shows of itself while it runs: status, percent, and a log without the values of credentials."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone

from mirrors.sandbox.models import Deployment, Fault

__all__ = ["DeploymentFailed", "Progress", "Redactor", "apply_wrong_variables"]

CREDENTIAL = re.compile(r"(DSN|DATABASE_URL|KEY|SECRET|TOKEN|PASSWORD)", re.IGNORECASE)
SHORTEST_SECRET = 4  # a shorter value would blank out half of any text


class DeploymentFailed(Exception):  # noqa: N818 - an outcome, which everyone calls by this name
    """A deployment ends without success; the message is the last line of its log."""


class Redactor:
    """Blanks secrets out of text: sensitive values, values under names of credentials, and passwords inside them."""

    def __init__(self, variables: dict[str, dict[str, Any]]) -> None:
        found = {secret for name, item in variables.items() for secret in _secrets(name, item)}
        longest_first = sorted((secret for secret in found if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        return self._pattern.sub("***", text) if self._pattern else text


def _secrets(name: str, item: dict[str, Any]) -> Iterable[str]:
    value = str(item["value"])
    if item["is_sensitive"] or CREDENTIAL.search(name):
        yield from value.splitlines()
    yield from _inside(value)


def _inside(value: str) -> Iterable[str]:
    """Password and query values of a DSN, as written and as they read decoded."""
    try:
        parts = urlsplit(value)
    except ValueError:  # not an address at all
        return
    if not parts.scheme:
        return
    if parts.password:
        yield from (parts.password, unquote(parts.password))
    yield from (secret for key, secret in parse_qsl(parts.query) if CREDENTIAL.search(key))


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
        """:param status: "done", or a few words on what failed"""
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
