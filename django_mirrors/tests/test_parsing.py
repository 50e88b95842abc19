"""Meaning of the text of SITE_ID and DOMAIN."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sites.models import Site

from django_mirrors.errors import DomainError, NotIdentifiedError
from django_mirrors.parsing import HIGHEST_ID, parse_host, parse_hosts, parse_site_id


@pytest.mark.parametrize("value", [2, "2", " 2 ", "2\n", "+2", "02", "\uff12", "\u0662", "1_0", 2.0, HIGHEST_ID, True])
def test_an_id_is_read_as_django_reads_it(value: Any) -> None:
    assert parse_site_id(value) == Site._meta.pk.get_prep_value(value)


@pytest.mark.parametrize("value", ["two", " ", "2.0", "2,3", [2], {}, float("inf"), float("nan"), object()])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(NotIdentifiedError, match="is no whole number: set it to the site's id"):
        parse_site_id(value)


@pytest.mark.parametrize("value", [0, "0", "00", " 0 ", "-0", -1, "-7", False, 0.5])
def test_an_id_below_1_is_refused(value: Any) -> None:
    with pytest.raises(NotIdentifiedError, match="ids begin at 1"):
        parse_site_id(value)


@pytest.mark.parametrize("value", [HIGHEST_ID + 1, "99999999999999999999"])
def test_an_id_that_no_row_can_have_is_refused(value: Any) -> None:
    with pytest.raises(NotIdentifiedError, match="2147483647 at most"):
        parse_site_id(value)


@pytest.mark.parametrize(
    "host", ["www.example.com", "acme-de.example:8000", "127.0.0.1:8001", "localhost", "[::1]:8000", "bücher.example"]
)
def test_a_host_with_or_without_a_port_is_a_domain(host: str) -> None:
    assert parse_host(f" {host.upper()} ") == host


def test_no_domain_is_none() -> None:
    assert parse_host(" ") == ""


@pytest.mark.parametrize(
    "text",
    [
        "https://www.example.com/",
        "https://www.example.com",
        "www.example.com/",
        "www.example.com, example.com",
        "a.example,b.example",
        "two words.example",
        "*.example.com",
        "www.example.com?x",
        "www.example.com:http",
        ".example.com",
        "www.example.com.",
    ],
)
def test_anything_else_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(DomainError, match="takes one host name, with its port if it has one") as refused:
        parse_host(text)
    assert repr(text) in str(refused.value)


def test_a_password_in_it_is_not_quoted() -> None:
    with pytest.raises(DomainError) as refused:
        parse_host("https://ada:countess@www.example.com/")
    assert "countess" not in str(refused.value)


def test_lists_of_hosts_are_split_at_commas() -> None:
    assert parse_hosts("A.example, b.example,", "", ".*") == {"a.example", "b.example", ".*"}
