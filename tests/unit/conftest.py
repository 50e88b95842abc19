"""Helpers that several modules of this folder need."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def django_settings() -> Iterator[None]:
    """Models ask for settings. Other tests of this process begin without."""
    import django
    from django.apps import apps
    from django.conf import settings
    from django.utils.functional import empty

    lazy = vars(settings)
    before, ready = lazy["_wrapped"], apps.ready
    lazy["_wrapped"] = empty
    settings.configure(USE_TZ=True, INSTALLED_APPS=[], DEFAULT_AUTO_FIELD="django.db.models.AutoField")
    if not ready:
        django.setup()
    yield
    lazy["_wrapped"] = before
