"""Mirrors as people make them without Mirrors: copied DSNs, the next SITE_ID, and a deployment of each environment."""

from collections.abc import Sequence
from itertools import count

from mirrors_sandbox.models import Application, Deployment, Environment, EnvironmentVariable

__all__ = ["SHARED", "run_by_hand"]

SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")


def run_by_hand(original: Application, mirrors: Sequence[Application]) -> None:
    """Set the variables of fresh mirrors: what the original runs with, and a SITE_ID that no mirror of it has."""
    used = EnvironmentVariable.objects.filter(name="SITE_ID", environment__application__original=original)
    taken = {1, *(int(value) for value in used.values_list("value", flat=True) if value.isdecimal())}
    for mirror, site_id in zip(mirrors, count(max(taken) + 1), strict=False):
        for environment in mirror.environments.all():
            values = {"SITE_ID": str(site_id), **_shared(original, environment)}
            EnvironmentVariable.objects.bulk_create(
                EnvironmentVariable(environment=environment, name=name, value=value) for name, value in values.items()
            )


def _shared(original: Application, environment: Environment) -> dict[str, str]:
    deployments = Deployment.objects.filter(environment__application=original, environment__slug=environment.slug)
    newest = deployments.filter(success=True).order_by("-ended_at").first()
    frozen = newest.variables if newest else {}
    return {name: str(frozen[name]["value"]) for name in SHARED if name in frozen}
