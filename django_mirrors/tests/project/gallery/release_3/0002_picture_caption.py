from tests.project.gallery.history import AddCaption as Migration  # noqa: F401
