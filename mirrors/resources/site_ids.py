"""``SiteIds``: the owner of each SITE_ID. It has nothing remote: the state is the ledger, so it is always protected."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, Config, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.config.connection import PROVIDER_KEYS, load_rollout
from mirrors.config.messages.argument_paths import name_arguments, name_arguments_of_note
from mirrors.config.models.rollout import RolloutSettings
from mirrors.planning.site_ids.allocate import allocate
from mirrors.planning.site_ids.facts import AllocationRequest, Ledger
from mirrors.planning.site_ids.ledger import dump_ledger, load_ledger, rename_slugs
from mirrors.planning.site_ids.request import load_request
from mirrors.planning.site_ids.retirement import INSTANCES_GO_ON, note_released_ids, note_removed_sites
from mirrors.planning.site_properties import Properties
from mirrors.problems import Note, Problem
from mirrors.problems.events import report_note
from mirrors.resources.platform_client import raw_values
from mirrors.resources.progress_lines import log_progress
from mirrors.resources.provider import Provider, check_failures, normalize
from mirrors.resources.running_database import add_running_databases

RESOURCE_ID = "site-ids"

RESOURCE_NAME = "site-ids"
"""The resource's name in the state. A ledger with the original's name would begin anew after a rename."""


def record_found(before: Properties, observed: Properties) -> Properties:
    """Return {environment: {name: sensitive}} of the declared sites' variables that were there before Mirrors.

    Mirrors decides this once, before the first write. A variable that appears later may be its own.
    """
    return {environment: before.get(environment, variables) for environment, variables in observed.items()}


def _load_known_request(hints: Properties) -> AllocationRequest:
    """Return the request with whole numbers, and without what a preview does not know of another stack yet."""
    known, reference = normalize(dict(hints)), hints.get("reference")
    if reference:
        known["reference"] |= {key: _known_outputs(known["reference"].get(key)) for key in ("site_ids", "retired")}
    return load_request(known)


def _known_outputs(outputs: Any) -> Properties:
    """Return the known outputs of another stack."""
    there = outputs.items() if isinstance(outputs, dict) else ()
    return {key: value for key, value in there if not isinstance(value, pulumi.output.Unknown)}


class SiteIdsProvider(Provider):
    inputs = ("assignments", "retired", "highest", "found")

    config: Config

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Decide who has which id, from the state and the facts. No site is renumbered.

        A contradiction, such as a retired id that is declared, is a failure that names it. So is a new mirror that runs
        with another database. If its DATABASE_URL is hidden, Mirrors looks it up before it gives any id.
        """
        inputs, problems = self.decide_site_ids(_olds, news["hints"])
        return CheckResult(inputs, check_failures(problems))

    def decide_site_ids(self, olds: Properties, hints: Properties) -> tuple[Properties, Sequence[Problem]]:
        """Return the inputs of the ledger, and what stops the update, without reporting it."""
        request = _load_known_request(hints)
        before = rename_slugs(load_ledger(olds), request)
        request = self.add_hidden_databases(request, before, hints)
        allocation = allocate(before, request)
        if not allocation.problems:
            _report_notes(before, allocation.ledger, request, hints)
        found = record_found(normalize(olds.get("found") or {}), normalize(hints.get("found") or {}))
        problems = _word_problems(allocation.problems, hints.get("fleet"))
        return {**dump_ledger(allocation.ledger), "found": found}, problems

    def load_provider_settings(self, config: Config) -> RolloutSettings:
        """Load the rollout alone. Not every platform has an API: Mirrors loads its keys only to ask it."""
        self.config = config
        return load_rollout(raw_values(config, PROVIDER_KEYS))

    def add_hidden_databases(self, request: AllocationRequest, before: Ledger, hints: Properties) -> AllocationRequest:
        """Return the request with the databases of new mirrors whose DATABASE_URL is hidden. This asks the platform."""
        new = {key: value for key, value in (hints.get("hidden") or {}).items() if key not in before.assignments}
        if not new:
            return request
        super().load_provider_settings(self.config)
        confirmed = hints.get("confirmed") or ()
        return replace(request, sites=add_running_databases(self.divio, request.sites, new, confirmed))

    def create(self, props: Properties) -> CreateResult:
        """Write nothing: the state is the ledger."""
        return CreateResult(RESOURCE_ID, self.select_inputs(props))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Write nothing."""
        return UpdateResult(self.select_inputs(_news))

    def delete(self, _id: str, _props: Properties) -> None:
        """Write nothing. The user has removed the protection: report which ids no state knows any more."""
        ledger = load_ledger(_props)
        given = [f"{name} {site_id}" for name, site_id in ledger.assignments.values()]
        retired = [f"{site_id} (retired)" for site_id in ledger.retired]
        forgotten = ", ".join([*given, *retired])
        log_progress(f"This stack forgets its SITE_IDs: {forgotten}. Declare them as siteId and retired to keep them")

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the ledger as stored."""
        stored = self.select_inputs(props)
        return ReadResult(id_, dict(stored), stored)


def _report_notes(before: Ledger, now: Ledger, request: AllocationRequest, hints: Properties) -> None:
    goes_on, keeps = hints.get("goes_on") or INSTANCES_GO_ON, bool(hints.get("keeps"))
    removed = note_removed_sites(before, now, request, goes_on=goes_on, keeps=keeps)
    for found in (*removed, *note_released_ids(now, request)):
        note = _word_note(found, hints.get("fleet"))
        report_note(note)
        log_progress(note.line)


def _word_problems(problems: Iterable[Problem], fleet: str | None) -> Sequence[Problem]:
    """Return the problems with the names of arguments, where the program declares the fleet in arguments."""
    return [name_arguments(item, fleet) if fleet else item for item in problems]


def _word_note(note: Note, fleet: str | None) -> Note:
    return name_arguments_of_note(note, fleet) if fleet else note


class SiteIds(Resource, module="mirrors", name="SiteIds"):
    """The ledger of SITE_IDs. It is always protected: only the state remembers it.

    Attributes:
        hints: Check only. The facts about ids from the configuration, the platform and the stack of
            ``siteIdsFrom``, and the name of a fleet in arguments. ``mirrors.planning.site_ids.request`` has its form.
    """

    assignments: pulumi.Output[dict[str, Any]]
    """{application's uuid: {name, id}}. A renamed application keeps its id."""

    retired: pulumi.Output[dict[str, Any]]
    """{id: {name, application}} of sites that have left. Only the same application gets its id again."""

    highest: pulumi.Output[int]
    """The highest id ever seen. A new mirror gets one above it."""

    found: pulumi.Output[dict[str, Any]]
    """{environment: {name: sensitive}} of the variables that were there before Mirrors. It never deletes them."""

    def __init__(self, name: str, hints: pulumi.Input[Properties], opts: pulumi.ResourceOptions) -> None:
        props = {"hints": hints, **dict.fromkeys(SiteIdsProvider.inputs)}
        super().__init__(
            SiteIdsProvider(), name, props, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=True))
        )
