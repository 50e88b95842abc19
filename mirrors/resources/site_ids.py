"""``SiteIds``: who has which SITE_ID. Nothing remote; the state is the ledger, so it is always protected."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.planning.allocate import Assigned, Hints, Ledger, Reference, SiteHint, allocate
from mirrors.planning.ledger import ledger_from, ledger_to, renamed
from mirrors.resources.base import Properties, Provider, say, tidy

ID = "site-ids"

GOES_ON = (
    "Instances that run go on serving the shared database until they are deployed again or the application is deleted"
)
CONTAINER_GOES = "Its container is removed; its content stays in the database"


def hints_from(properties: Mapping[str, Any]) -> Hints:
    hints = tidy(dict(properties))
    reference = hints.get("reference")
    return Hints(
        tuple(SiteHint(**site) for site in hints["sites"]),
        retired=frozenset(hints["retired"]),
        reserved=frozenset(hints["reserved"]),
        release=frozenset(hints["release"]),
        neighbours=hints["neighbours"],
        reference=_reference_from(reference) if reference else None,
        preview=hints["preview"],
    )


def _reference_from(reference: Mapping[str, Any]) -> Reference:
    retired = {int(site_id): Assigned(str(name)) for site_id, name in _known(reference.get("retired")).items()}
    return Reference(reference["stack"], _known(reference.get("site_ids")), retired)


def _known(outputs: Any) -> Properties:
    """Of another stack's outputs those that are there; in a preview they may not be known yet."""
    there = outputs.items() if isinstance(outputs, dict) else ()
    return {key: value for key, value in there if not isinstance(value, pulumi.output.Unknown)}


class SiteIdsProvider(Provider):
    inputs = ("assignments", "retired", "highest")

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Decides who has which id, from what the state has and from the hints; nobody is renumbered.

        A contradiction, such as a retired id that is declared, is a failure that names it.
        """
        hints = hints_from(news["hints"])
        before = renamed(ledger_from(_olds), hints)
        allocation = allocate(before, hints)
        # A failure that named a property would print its value.
        failures = [CheckFailure("", problem) for problem in allocation.problems]
        if not failures:
            _say_who_leaves(before, allocation.ledger, CONTAINER_GOES if news["hints"].get("containers") else GOES_ON)
        return CheckResult(ledger_to(allocation.ledger), failures)

    def create(self, props: Properties) -> CreateResult:
        """Nothing on the platform: the state is the ledger."""
        return CreateResult(ID, self.checked(props))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Nothing on the platform."""
        return UpdateResult(self.checked(_news))

    def delete(self, _id: str, _props: Properties) -> None:
        """Nothing on the platform. Somebody has taken the protection off: it says which ids nobody knows any more."""
        ledger = ledger_from(_props)
        given = [f"{name} {site_id}" for name, site_id in ledger.assignments.values()]
        retired = [f"{site_id} (retired)" for site_id in ledger.retired]
        forgotten = ", ".join([*given, *retired])
        say(f"This stack forgets its SITE_IDs: {forgotten}. Declare them as siteId and retired to keep them")

    def read(self, id_: str, props: Properties) -> ReadResult:
        """As stored."""
        stored = self.checked(props)
        return ReadResult(id_, dict(stored), stored)


def _say_who_leaves(before: Ledger, now: Ledger, and_then: str) -> None:
    for application, (name, site_id) in before.assignments.items():
        if application not in now.assignments:
            say(f"{name}: off the list; its SITE_ID {site_id} is retired. {and_then}")


class SiteIds(Resource, module="mirrors", name="SiteIds"):
    """Who has which SITE_ID. It is always protected: the state is the only place that remembers it.

    ``hints``: what the configuration, the platform and the stack of ``siteIdsFrom`` say about ids.
    """

    assignments: pulumi.Output[dict[str, Any]]
    """{application's uuid: {name, id}}. A renamed application keeps its id."""

    retired: pulumi.Output[dict[str, Any]]
    """{id: {name, application}} of sites that have left. Only the same application gets one again."""

    highest: pulumi.Output[int]
    """The highest id ever seen. A new mirror gets one above it."""

    def __init__(self, name: str, hints: pulumi.Input[Properties], opts: pulumi.ResourceOptions) -> None:
        props = {"hints": hints, "assignments": None, "retired": None, "highest": None}
        super().__init__(
            SiteIdsProvider(), name, props, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=True))
        )
