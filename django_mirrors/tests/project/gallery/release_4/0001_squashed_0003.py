from tests.project.gallery.history import Squashed as Migration  # noqa: F401
