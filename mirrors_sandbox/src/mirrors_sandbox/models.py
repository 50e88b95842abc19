"""Objects of the sandbox's control plane. SQLite holds it, so that everything survives a restart.

Secrets live here in clear, as a platform must have them: the state directory is readable by its owner alone.
"""

import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from mirrors_sandbox.identifiers import new_uuid


class Base(models.Model):
    """Every object has an opaque identifier, as in Divio's API."""

    uuid = models.CharField(primary_key=True, max_length=26, default=new_uuid, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Organisation(Base):
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


NAME_OF_APPLICATION = RegexValidator(
    r"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z",
    "it takes up to 63 lower-case letters, digits and hyphens, no hyphen first or last",
)


class Application(Base):
    """An original (it has a codebase) or a mirror (it has an original, and never a codebase of its own)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="applications")
    slug = models.CharField(max_length=63, unique=True, validators=[NAME_OF_APPLICATION])
    name = models.CharField(max_length=200)
    region = models.CharField(max_length=60, default="sandbox")
    original = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="mirrors")
    codebase = models.CharField(max_length=500, blank=True, help_text="A local git repository; empty for a mirror.")
    python = models.CharField(
        max_length=500, blank=True, help_text="The interpreter of its releases; empty: that of the sandbox."
    )
    release_commands: "models.JSONField[Any, Any]" = models.JSONField(default=list, blank=True)
    image_from = models.CharField(
        max_length=10, default="live", choices=[("live", "the original's Live image"), ("matching", "same environment")]
    )

    def __str__(self) -> str:
        return self.slug


class Environment(Base):
    application = models.ForeignKey(Application, models.CASCADE, related_name="environments")
    slug = models.SlugField(max_length=63)
    branch = models.CharField(max_length=200, default="main")
    is_production_grade = models.BooleanField(default=False)
    port = models.PositiveIntegerField(null=True, blank=True, help_text="Where its site listens on loopback, for ever.")
    built_in: "models.JSONField[Any, Any]" = models.JSONField(
        default=dict, blank=True, help_text="Variables that the platform sets: {name: value}."
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["application", "slug"], name="one_environment_a_slug")]

    def __str__(self) -> str:
        return f"{self.application.slug}/{self.slug}"


class EnvironmentVariable(Base):
    """A custom variable; it overrides a built-in one of the same name."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="variables")
    name = models.CharField(max_length=255)
    value = models.TextField(blank=True)
    is_sensitive = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["environment", "name"], name="one_value_a_name")]

    def __str__(self) -> str:
        return f"{self.environment}: {self.name}"


class Release(Base):
    """An immutable directory made from a commit of the original's codebase: what a real platform calls an image."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="releases")
    commit = models.CharField(max_length=40)
    directory = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.application.slug}@{self.commit[:7]}"


class Deployment(Base):
    """One deployment. Its variables were frozen when it was posted; running while ``ended_at`` is null."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="deployments")
    build_mode = models.CharField(max_length=10, default="AUTO")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=60, default="pending")
    success = models.BooleanField(null=True, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    variables: "models.JSONField[Any, Any]" = models.JSONField(
        default=dict, help_text="Frozen: {name: {value, is_sensitive}}, built-in ones included."
    )
    release = models.ForeignKey(Release, models.RESTRICT, null=True, blank=True, related_name="deployments")
    log = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-started_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment"], condition=models.Q(ended_at=None), name="one_running_deployment_an_environment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.environment} {self.uuid[:6]}"


class SiteProcess(models.Model):
    """The server process that serves an environment now; kept so that a restart of the sandbox starts it again."""

    environment = models.OneToOneField(Environment, models.CASCADE, primary_key=True, related_name="process")
    deployment = models.ForeignKey(Deployment, models.CASCADE)
    pid = models.PositiveIntegerField(null=True, blank=True)
    process_started = models.FloatField(null=True, blank=True, help_text="With the pid it names one process for sure.")

    def __str__(self) -> str:
        return f"{self.environment} ({self.pid})"


class ServiceInstance(Base):
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="service_instances")
    prefix = models.CharField(max_length=60, default="DEFAULT")
    type = models.CharField(max_length=20, choices=[("DATABASE", "database"), ("STORAGE", "object storage")])
    service_status = models.CharField(max_length=20, default="ATTACHED")
    region = models.CharField(max_length=60, default="sandbox")
    service = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.environment} {self.prefix}_{self.type}"


class Fault(models.Model):
    """One fault to inject; see ``mirrors_sandbox.faults`` for the kinds."""

    kind = models.CharField(max_length=40)
    method = models.CharField(max_length=10, blank=True, help_text="Empty: any method.")
    path = models.CharField(
        max_length=200, blank=True, help_text="A regular expression searched in the path; empty: any."
    )
    probability = models.FloatField(default=1.0)
    seed = models.IntegerField(default=0)
    remaining = models.IntegerField(null=True, blank=True, help_text="How often it still strikes; empty: for ever.")
    asked = models.PositiveIntegerField(default=0, editable=False, help_text="How many matching requests it has met.")
    settings: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.method} {self.path}"

    def clean(self) -> None:
        """Check that the fault can strike.

        Raises:
            ValidationError: no request could be matched against this, or its settings cannot be used.
        """
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValidationError({"path": f"This is no regular expression: {error}."}) from error
        if not isinstance(self.settings, dict):
            raise ValidationError({"settings": "Settings are an object, such as {}."})
        for name in ("seconds", "status", "after"):
            number = self.settings.get(name, 0)
            if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
                raise ValidationError({"settings": f"{name} is a number of at least 0."})
