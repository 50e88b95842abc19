"""Two resources that stand for those of other providers, so that the example runs without an account."""

from typing import Any
from uuid import uuid4

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class _TrackerProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        key = uuid4().hex
        return CreateResult(key, {**props, "dsn": f"https://{key}@errors.example.com/1"})


class ErrorTracker(Resource, module="trackers", name="ErrorTracker"):
    """A project of an error tracker."""

    dsn: pulumi.Output[str]
    """The address that a site reports to, with its key: a secret."""

    def __init__(self, name: str) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["dsn"])
        super().__init__(_TrackerProvider(), name, {"dsn": None}, secret)


class _CheckProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(uuid4().hex, props)


class UptimeCheck(Resource, module="trackers", name="UptimeCheck"):
    """A check that a site answers."""

    url: pulumi.Output[str]
    """The address that is asked."""

    def __init__(self, name: str, url: pulumi.Input[str]) -> None:
        super().__init__(_CheckProvider(), name, {"url": url})
