"""The sandbox as a Django application."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "mirrors.sandbox"
    label = "sandbox"
    verbose_name = "Control panel"
