import django.db.models.deletion
from django.db import migrations, models

import mirrors_sandbox.identifiers


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Fault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("method", models.CharField(blank=True, help_text="Empty: any method.", max_length=10)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="A regular expression searched in the path; empty: any.", max_length=200
                    ),
                ),
                ("probability", models.FloatField(default=1.0)),
                ("seed", models.IntegerField(default=0)),
                (
                    "remaining",
                    models.IntegerField(
                        blank=True, help_text="How often it still strikes; empty: for ever.", null=True
                    ),
                ),
                (
                    "asked",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="How many matching requests it has met."
                    ),
                ),
                ("settings", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "uuid",
                    models.CharField(
                        default=mirrors_sandbox.identifiers.new_uuid,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                (
                    "uuid",
                    models.CharField(
                        default=mirrors_sandbox.identifiers.new_uuid,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("slug", models.SlugField(max_length=63, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("region", models.CharField(default="sandbox", max_length=60)),
                (
                    "codebase",
                    models.CharField(
                        blank=True, help_text="A local git repository; empty for a mirror.", max_length=500
                    ),
                ),
                ("release_commands", models.JSONField(blank=True, default=list)),
                (
                    "image_from",
                    models.CharField(
                        choices=[("live", "the original's Live image"), ("matching", "same environment")],
                        default="live",
                        max_length=10,
                    ),
                ),
                (
                    "original",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mirrors",
                        to="sandbox.application",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="applications",
                        to="sandbox.organisation",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Environment",
            fields=[
                (
                    "uuid",
                    models.CharField(
                        default=mirrors_sandbox.identifiers.new_uuid,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("slug", models.SlugField(max_length=63)),
                ("branch", models.CharField(default="main", max_length=200)),
                ("is_production_grade", models.BooleanField(default=False)),
                (
                    "port",
                    models.PositiveIntegerField(
                        blank=True, help_text="Where its site listens on loopback, for ever.", null=True
                    ),
                ),
                (
                    "built_in",
                    models.JSONField(
                        blank=True, default=dict, help_text="Variables that the platform sets: {name: value}."
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="environments",
                        to="sandbox.application",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EnvironmentVariable",
            fields=[
                (
                    "uuid",
                    models.CharField(
                        default=mirrors_sandbox.identifiers.new_uuid,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=255)),
                ("value", models.TextField(blank=True)),
                ("is_sensitive", models.BooleanField(default=False)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="variables", to="sandbox.environment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                (
                    "uuid",
                    models.CharField(
                        default=mirrors_sandbox.identifiers.new_uuid,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("commit", models.CharField(max_length=40)),
                ("directory", models.CharField(max_length=500)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="releases", to="sandbox.application"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Deployment",
            fields=[
                (
                    "uuid",
                    models.CharField(
                        default=mirrors_sandbox.identifiers.new_uuid,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("build_mode", models.CharField(default="AUTO", max_length=10)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("status", models.CharField(default="pending", max_length=60)),
                ("success", models.BooleanField(blank=True, null=True)),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                (
                    "variables",
                    models.JSONField(
                        default=dict, help_text="Frozen: {name: {value, is_sensitive}}, built-in ones included."
                    ),
                ),
                ("log", models.TextField(blank=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deployments",
                        to="sandbox.environment",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="sandbox.release",
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at"],
            },
        ),
        migrations.CreateModel(
            name="ServiceInstance",
            fields=[
                (
                    "uuid",
                    models.CharField(
                        default=mirrors_sandbox.identifiers.new_uuid,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("prefix", models.CharField(default="DEFAULT", max_length=60)),
                (
                    "type",
                    models.CharField(choices=[("DATABASE", "database"), ("STORAGE", "object storage")], max_length=20),
                ),
                ("service_status", models.CharField(default="ATTACHED", max_length=20)),
                ("region", models.CharField(default="sandbox", max_length=60)),
                ("service", models.CharField(max_length=60)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_instances",
                        to="sandbox.environment",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SiteProcess",
            fields=[
                (
                    "environment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="process",
                        serialize=False,
                        to="sandbox.environment",
                    ),
                ),
                ("pid", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "process_started",
                    models.FloatField(blank=True, help_text="With the pid it names one process for sure.", null=True),
                ),
                ("deployment", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="sandbox.deployment")),
            ],
        ),
        migrations.AddConstraint(
            model_name="environment",
            constraint=models.UniqueConstraint(fields=("application", "slug"), name="one_environment_a_slug"),
        ),
        migrations.AddConstraint(
            model_name="environmentvariable",
            constraint=models.UniqueConstraint(fields=("environment", "name"), name="one_value_a_name"),
        ),
        migrations.AddConstraint(
            model_name="deployment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("environment",),
                name="one_running_deployment_an_environment",
            ),
        ),
    ]
