"""``Original``: the values that all sites share, and the release that mirrors run. It writes nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_properties import Properties
from mirrors.planning.variables.dsn import identify_comparable_service, identify_for_confirmation, normalize_identity
from mirrors.problems import Problem
from mirrors.problems.databases import confirm_command
from mirrors.resources.provider import (
    Provider,
    check_failures,
    is_environment_gone,
    list_deployments_or_empty,
    mark_secrets,
    translate_errors,
)

MOVED, UNCLEAR = "shared-service-moved", "shared-service-unclear"
CONFIRM_REMEDY = "If that is meant, confirm it with"
_MOVE_MESSAGES = {
    MOVED: "{0} of the original pointed at {1} and points at {2} now. Every mirror would change to it.",
    UNCLEAR: "{0} of the original has changed, and Mirrors cannot tell whether it points at the same service: {2}."
    " Every mirror would change to it.",
}
"""{code: message} with the variable's name, what it pointed at, and what it points at now."""


class OriginalProvider(Provider):
    inputs = ("application", "environment", "image_environment", "release", "variables", "identities")
    immutable = ("application", "environment")

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Accept a new shared value, such as a new password. Refuse one that points elsewhere until it is confirmed."""
        inputs, confirmed = (
            self.select_inputs(news),
            {normalize_identity(identity) for identity in news.get("confirmed") or ()},
        )
        before, slug, stack = _olds.get("identities") or {}, news.get("slug") or "", news.get("stack") or ""
        inputs["identities"] = {
            name: _keep_identity(before.get(name), now) for name, now in inputs["identities"].items()
        }
        problems = [
            Problem(
                code,
                _MOVE_MESSAGES[code].format(name, before[name], identity),
                f"{CONFIRM_REMEDY} {confirm_command(named, stack)}",
            )
            for name, identity in inputs["identities"].items()
            if name in before and (named := identify_for_confirmation(identity, slug, name)) not in confirmed
            if (code := _change_code(before[name], identity, *_shared_values(name, _olds, inputs)))
        ]
        return CheckResult(inputs, check_failures(problems))

    def create(self, props: Properties) -> CreateResult:
        """Write nothing: the original exists on the platform."""
        return CreateResult(props["environment"], self.select_inputs(props))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Write nothing. The mirrors get the change through their variables and deployments."""
        return UpdateResult(self.select_inputs(_news))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the values that the original's instances run with now. A hidden value stays as the state has it.

        So does a value that points elsewhere now: no mirror gets it before ``check`` has seen its confirmation.
        """
        stored = self.select_inputs(props)
        with translate_errors("original"):
            deployment = newest_successful(list_deployments_or_empty(self.divio, stored["environment"]))
            if deployment is None:
                return self._without_deployment(id_, stored)
            deployed = self.bulk_reads.deployed_variables(deployment.uuid)
            stored["release"] = self._release(stored)
        known = {name: normalize_identity(identity) for name, identity in stored["identities"].items()}
        values = {
            name: live
            if (live := deployed.get(name)) and identify_comparable_service(live) == known.get(name)
            else value
            for name, value in stored["variables"].items()
        }
        stored["variables"] = mark_secrets(values, values)
        return ReadResult(id_, dict(stored), stored)

    def _release(self, stored: Properties) -> str:
        """Return the newest release.

        The stored one was the newest, and still is where no deployment has ended since.
        """
        if self.bulk_reads.is_latest_finished(stored["image_environment"], stored["release"]):
            return str(stored["release"])
        newest = newest_successful(list_deployments_or_empty(self.divio, stored["image_environment"]))
        return newest.uuid if newest else str(stored["release"])

    def _without_deployment(self, id_: str, stored: Properties) -> ReadResult:
        """Keep the values, also where the original is gone: a later change is compared with what they point at."""
        is_environment_gone(self.divio, stored["environment"])  # raises where the token may only not see it
        stored["variables"] = mark_secrets(stored["variables"], stored["variables"])
        return ReadResult(id_, dict(stored), stored)


def _keep_identity(before: str | None, now: str) -> str:
    """Return the stored identity where the new one only has another spelling: that is no change."""
    return before if before is not None and normalize_identity(before) == now else now


def _shared_values(name: str, *properties: Properties) -> Iterator[str | None]:
    """Return the values; None where there are none or they are not known yet."""
    bags = (item.get("variables") for item in properties)
    found = (bag.get(name) if isinstance(bag, Mapping) else None for bag in bags)
    return (value if isinstance(value, str) else None for value in found)


def _change_code(before: str, now: str, old: str | None, new: str | None) -> str | None:
    """Return the code of the problem, or None. For a value that cannot be compared, any change may be a move."""
    if before != now:
        return MOVED
    known = old is None or new is None or old == new or identify_comparable_service(new) is not None
    return None if known else UNCLEAR


class Original(Resource, module="mirrors", name="Original"):
    """The values that all sites share, and the release that mirrors run. Mirrors only reads them.

    Attributes:
        application: The original's uuid. Another one replaces the resource.
        environment: The uuid of the environment whose instances have the shared values. Another one replaces the
            resource.
        image_environment: The uuid of the environment whose image mirrors run.
        confirmed: Check only. The identities that ``confirmDatabase`` accepts.
        slug: Check only. The original's name, for questions.
        stack: Check only. The stack's name, for questions.
    """

    release: pulumi.Output[str]
    """The uuid of the original's newest successful deployment in the image's environment. It names the image."""

    variables: pulumi.Output[dict[str, str]]
    """{name: value} of the shared variables as the original's instances run with them. Each value is a secret."""

    identities: pulumi.Output[dict[str, str]]
    """{name: what the shared value points at} in clear: kind, host, port and name, without user or password."""

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(OriginalProvider(), name, props, opts)
