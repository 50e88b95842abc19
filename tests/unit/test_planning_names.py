"""A SITE_ID as ``int(os.environ["SITE_ID"])`` reads it, and as an application of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.config.values.common_values import HIGHEST_SITE_ID
from mirrors.planning.variables.names import parse_site_id
from tests.search import searching


@pytest.mark.parametrize("text", ["2", "2 ", " 2", "\t2\n", "+2", "002", "\uff12", "0_2", " 2 "])
def test_whatever_int_takes_for_two_is_two(text: str) -> None:
    assert parse_site_id(text) == 2


@pytest.mark.parametrize("text", [None, "", " ", "two", "2.0", "0", "-2", "2_", str(HIGHEST_SITE_ID + 1), "9" * 5000])
def test_what_is_no_id_of_a_site_is_none(text: str | None) -> None:
    assert parse_site_id(text) is None


@searching(300)
@given(st.text(alphabet="0123456789 +-_\u0663\uff12\t", max_size=6))
def test_it_is_what_a_site_would_read(text: str) -> None:
    try:
        site_id = int(text)
    except ValueError:
        site_id = 0
    assert parse_site_id(text) == (site_id if site_id > 0 else None)
