"""The sandbox as a Django application."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "mirrors_sandbox"
    label = "sandbox"
    verbose_name = "Control panel"

    def ready(self) -> None:
        # Importing it connects its signal; models can be imported only now.
        from mirrors_sandbox import removal  # noqa: F401
