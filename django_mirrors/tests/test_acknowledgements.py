"""The setting with acknowledged migrations."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from django_mirrors.acknowledgements import Acknowledgement, read_acknowledgements

ONE = {"reason": "Read it.", "expires": "2030-01-31"}
RANGE = {**ONE, "distribution": "Django", "versions": ">=4.2,<100"}


def test_one_migration_is_acknowledged_by_its_name() -> None:
    (found,) = read_acknowledgements({"shop.0002_check": ONE})

    assert found == Acknowledgement("shop.0002_check", "Read it.", date(2030, 1, 31))
    assert found.covers("shop.0002_check")
    assert not found.covers("shop.0002_check_more")


def test_a_migration_may_have_any_name_that_python_can_import() -> None:
    (found,) = read_acknowledgements({"shop.0002_add-note": ONE})
    assert found.covers("shop.0002_add-note")


def test_a_whole_app_is_acknowledged_for_a_range_of_versions() -> None:
    (found,) = read_acknowledgements({"auth.*": RANGE})

    assert found.covers("auth.0013_anything")
    assert not found.covers("authors.0001_initial")


@pytest.mark.parametrize("versions", [">=100", "<4.2", "!=" + version("Django"), ">=4.2,<4.2.0"])
def test_a_range_without_the_installed_version_says_nothing(versions: str) -> None:
    assert read_acknowledgements({"auth.*": {**RANGE, "versions": versions}}) == ()


@pytest.mark.parametrize(
    "versions", ["==" + version("Django"), "==" + version("Django") + ".0", ">4.1.9, <= 100", ">=4.2.0"]
)
def test_a_range_is_read_number_by_number(versions: str) -> None:
    assert len(read_acknowledgements({"auth.*": {**RANGE, "versions": versions}})) == 1


def test_without_the_setting_nothing_is_acknowledged() -> None:
    assert read_acknowledgements() == ()


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        (["shop.0002"], r"takes a dict"),
        ({"shop": ONE}, r"'shop' is no migration"),
        ({7: ONE}, r"7 is no migration"),
        ({"shop.00*": ONE}, r"'shop.00\*' is no migration"),
        ({"shop.0002": "yes"}, r"\['shop.0002'\] is 'yes'"),
        ({"shop.0002": {"reason": "Read it."}}, r"takes a dict with the keys expires, reason"),
        ({"shop.0002": {**ONE, "until": "now"}}, r"got|is \['expires', 'reason', 'until'\]"),
        ({"shop.*": ONE}, r"keys distribution, expires, reason, versions"),
        ({"shop.0002": {**ONE, "reason": "  "}}, r"\['reason'\] is '  '; it takes a sentence"),
        ({"shop.0002": {**ONE, "expires": "soon"}}, r"\['expires'\] is 'soon'; it takes a day such as"),
        ({"shop.0002": {**ONE, "expires": None}}, r"\['expires'\] is None"),
        ({"auth.*": {**RANGE, "distribution": "no-such-thing"}}, r"\['distribution'\] is 'no-such-thing'"),
        ({"auth.*": {**RANGE, "versions": "4.2"}}, r"\['versions'\] is '4.2'; it takes a range such as"),
        ({"auth.*": {**RANGE, "versions": ""}}, r"\['versions'\] is ''"),
    ],
)
def test_a_bad_entry_is_one_error_that_names_the_place_and_what_it_takes(setting: Any, says: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"MIRRORS_ACKNOWLEDGED.*({says})"):
        read_acknowledgements(setting)
