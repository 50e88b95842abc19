"""Ends the process that serves an environment, when the environment is deleted. Its database and storage stay."""

from typing import Any

from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from mirrors_sandbox.models import SiteProcess


@receiver(pre_delete, sender=SiteProcess)
def end_site(instance: SiteProcess, **_: Any) -> None:
    """End the process once the deletion is committed, so that a deletion that fails leaves the site serving."""
    environment, label = instance.environment_id, str(instance.environment)
    transaction.on_commit(lambda: _end(environment, label))


def _end(environment: str, label: str) -> None:
    # Imported late: the runner starts processes and knows PostgreSQL, reading the API needs neither.
    from mirrors_sandbox.runner import end_site as end

    end(environment, label)
