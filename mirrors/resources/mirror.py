"""``Mirror``: an application that somebody made in the Control Panel, adopted. It is never deleted."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.divio import NotFound
from mirrors.errors import AnotherDatabaseError
from mirrors.planning.dsn import UNREADABLE, confirmable, identity_of
from mirrors.planning.names import DATABASE_URL
from mirrors.planning.releases import newest_successful
from mirrors.resources.base import Properties, Provider, about, deployments_seen, is_gone


class MirrorProvider(Provider):
    inputs = ("application", "environment", "slug", "site_id", "found", "databases")
    immutable = ("application", "environment")

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """``found``: the variables that were there before us, {name: {sensitive}}; decided once, then kept for ever."""
        inputs = self.checked(news)
        same = _olds.get("environment") == news.get("environment")
        if same and _olds.get("found") is not None:
            inputs |= {"found": _olds["found"], "databases": _olds.get("databases")}
        else:
            inputs["found"] = news.get("observed") or {}
        return CheckResult({key: value for key, value in inputs.items() if value is not None}, [])

    def create(self, props: Properties) -> CreateResult:
        """Nothing on the platform: the application is there.

        It reads only where the mirror had a DATABASE_URL whose value is not shown: one that runs with another database
        than the original's is refused, unless ``confirmDatabase`` names it.
        """
        if databases := props.get("databases"):
            self._refuse_another(props, databases)
        return CreateResult(props["environment"], self.checked(props))

    def _refuse_another(self, props: Properties, databases: Sequence[str]) -> None:
        """``databases``: identities of the original's and of those that may be given up.

        Raises AnotherDatabaseError. A mirror that was never deployed, or whose deployment does not show it either,
        proves nothing.
        """
        with about(props["slug"]):
            done = newest_successful(deployments_seen(self.divio, props["environment"]))
            runs = self.reads.frozen(done.uuid) if done else {}
        original, *given_up = databases
        identity = identity_of(value) if (value := runs.get(DATABASE_URL)) else None
        if identity is None or identity == original != UNREADABLE:
            return
        if (confirmed := confirmable(identity, props["slug"], DATABASE_URL)) not in given_up:
            raise AnotherDatabaseError(props["slug"], identity, original, confirmed)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Nothing on the platform."""
        return UpdateResult(self.checked(_news))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The slug that the application has now. Gone is only what is not listed and has no environment."""
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
    """An application that somebody made in the Control Panel, adopted with what was there.

    ``application``: its uuid.
    ``environment``: the uuid of its environment.
    ``slug``: the application's name.
    ``observed``: {name: {sensitive}} of the variables that are set there now.
    ``databases``: identities of the databases that it may have had before; only where its own is not shown.
    """

    site_id: pulumi.Output[int]
    """The site's SITE_ID, from ``SiteIds``."""

    found: pulumi.Output[dict[str, Any]]
    """{name: {sensitive}} of the variables that were there before us. They are never deleted."""

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(MirrorProvider(), name, {**props, "found": None}, opts)
