from tests.project.gallery.history import RenamePicture as Migration  # noqa: F401
