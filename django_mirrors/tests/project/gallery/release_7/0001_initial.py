from tests.project.gallery.history import Initial as Migration  # noqa: F401
