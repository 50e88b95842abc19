from tests.project.gallery.history import RemoveNote as Migration  # noqa: F401
