from tests.project.gallery.history import AddStrange as Migration  # noqa: F401
