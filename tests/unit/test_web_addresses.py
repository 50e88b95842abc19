"""One module decides which address may carry the token, and which host is this machine."""

import pytest

from mirrors.web_addresses import ApiUrlFault, api_url_fault, host_name_of, is_host, is_loopback, is_this_machine


@pytest.mark.parametrize("url", ["https://api.divio.com/x", "http://localhost:1", "http://127.3.2.1", "http://[::1]:8"])
def test_an_api_has_https_or_is_loopback(url: str) -> None:
    assert api_url_fault(url) is None


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", ApiUrlFault.NO_ADDRESS),
        ("ftp://api.divio.com", ApiUrlFault.NO_ADDRESS),
        ("https://api.divio.com:0", ApiUrlFault.NO_ADDRESS),
        ("https://api.divio.com:99999", ApiUrlFault.NO_ADDRESS),
        ("https://[::1", ApiUrlFault.NO_ADDRESS),
        ("http://localhost\\@example.com", ApiUrlFault.NO_ADDRESS),
        ("https://user@api.divio.com", ApiUrlFault.EXTRA_PARTS),
        ("https://api.divio.com/?", ApiUrlFault.EXTRA_PARTS),
        ("http://api.localhost", ApiUrlFault.TOKEN_IN_CLEAR),
        ("http://127.0.0.1.example.com", ApiUrlFault.TOKEN_IN_CLEAR),
    ],
)
def test_any_other_address_has_a_fault(url: str, fault: ApiUrlFault) -> None:
    assert api_url_fault(url) is fault


def test_a_name_below_localhost_is_this_machine_and_not_loopback() -> None:
    assert (is_loopback("site.localhost"), is_this_machine("site.localhost")) == (False, True)
    assert (is_loopback("[::1]"), is_this_machine("127.8.8.8"), is_this_machine("localhost.example.com")) == (
        True,
        True,
        False,
    )


def test_a_host_may_have_a_port_and_nothing_more() -> None:
    assert [is_host(text) for text in ("www.example.com", "[::1]:8000", "a.ch,b.ch", "https://a.ch", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [host_name_of(url) for url in ("tcp://docker:2376", "unix:///run/docker.sock", "[::1")] == ["docker", "", ""]
