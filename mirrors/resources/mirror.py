"""``Mirror``: an application that somebody made in the Control Panel, adopted. It is never deleted."""

from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.divio import NotFound
from mirrors.resources.base import Properties, Provider, about, is_gone


class MirrorProvider(Provider):
    inputs = ("application", "environment", "slug", "site_id", "found")
    immutable = ("application", "environment")

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """``found``: the variables that were there before us, {name: {sensitive}}; decided once, then kept for ever."""
        inputs = self.checked(news)
        same = _olds.get("environment") == news.get("environment")
        inputs["found"] = _olds["found"] if same and _olds.get("found") is not None else (news.get("observed") or {})
        return CheckResult(inputs, [])

    def create(self, props: Properties) -> CreateResult:
        return CreateResult(props["environment"], self.checked(props))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        return UpdateResult(self.checked(_news))

    def read(self, id_: str, props: Properties) -> ReadResult:
        stored = self.checked(props)
        with about(stored["slug"]):
            try:
                uuid = stored["application"]
                application = self.reads.application(uuid) or self.divio.applications.get(uuid)
            except NotFound:
                listed = {item.uuid for item in self.divio.applications.list()}
                if stored["application"] not in listed and is_gone(self.divio, stored["environment"]):
                    return ReadResult("", {})
                raise
        stored["slug"] = application.slug
        return ReadResult(id_, dict(stored), stored)


class Mirror(Resource, module="mirrors", name="Mirror"):
    """``found``: {name: {sensitive}} of the variables that were there before us."""

    site_id: pulumi.Output[int]
    found: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(MirrorProvider(), name, {**props, "found": None}, opts)
