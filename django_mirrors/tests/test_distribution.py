"""The content of an installed companion."""

from __future__ import annotations

from importlib.metadata import requires

import django_mirrors


def test_the_distribution_needs_nothing_but_django() -> None:
    assert requires("django-mirrors") == ["django>=4.2"]
    assert django_mirrors.__version__
