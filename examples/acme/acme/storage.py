"""The default storage, from ``DEFAULT_STORAGE_DSN``."""

from urllib.parse import unquote

from django.core.files.storage import FileSystemStorage
from django_storage_url import dsn_configured_storage_class, register_storage_class
from furl import furl

DefaultStorage = dsn_configured_storage_class("DEFAULT_STORAGE_DSN")


class DirectoryStorage(FileSystemStorage):
    """A storage for ``file:///a%20directory/?url=%2Fmedia%2F``. It ignores unknown query keys.

    The backend that comes with django-storage-url takes the path as it is quoted, and would make ``a%20directory``.
    """

    def __init__(self, dsn: furl) -> None:
        super().__init__(location=unquote(str(dsn.path)), base_url=dsn.args.get("url"))


register_storage_class("file", "acme.storage.DirectoryStorage")
