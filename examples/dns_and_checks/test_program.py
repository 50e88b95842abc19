"""The program under Pulumi's Mocks, on a platform that is described as data."""

from pathlib import Path
from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from mirrors.testing import describe_fleet, run_program

PROGRAM = Path(__file__).with_name("__main__.py")


class Others(Mocks):
    """Keeps what the program declares beside the fleet."""

    def __init__(self) -> None:
        self.declared: dict[tuple[str, str], dict[str, Any]] = {}

    def call(self, args: MockCallArgs) -> Any:
        raise AssertionError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.declared[args.typ, args.name] = args.inputs
        return f"{args.name}-id", args.inputs


def test_each_mirror_has_a_record_and_a_check_of_its_own_address() -> None:
    others = Others()
    run = run_program(PROGRAM, describe_fleet("acme", "acme-de", "acme-fr"), mocks=others)
    assert run.sites["acme-de"].variables["SITE_ID"] == "2"
    check = others.declared["checkly:index/urlMonitor:UrlMonitor", "acme-de"]
    assert (check["name"], check["request"]["url"]) == ("de.example.com", "https://de.example.com/")
    assert check["tags"] == ["release-acme-live-deployment"]
    record = others.declared["dnsimple:index/zoneRecord:ZoneRecord", "acme-fr"]
    assert (record["name"], record["zoneName"]) == ("fr", "example.com")
