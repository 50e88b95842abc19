from tests.project.gallery.history import AddAlbum as Migration  # noqa: F401
