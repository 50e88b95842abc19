"""A third platform in one file: all parts that a platform's folder has, as small as they can be.

``python -m tests.unit.sketch_platform`` runs the project's program under Pulumi's Mocks with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import pulumi
from pydantic import BeforeValidator, Field, SecretStr

from mirrors.config import Settings
from mirrors.config.messages.wording import problem_at
from mirrors.config.models.base import ConfigModel
from mirrors.config.models.platform_settings import PlatformSettings
from mirrors.config.platforms import PLATFORMS, PlatformEntry
from mirrors.config.values.validators import validate_text
from mirrors.planning.platform_words import PlatformWords, SiteResourceTypes
from mirrors.planning.reports.fleet_preview import FleetPreview
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus
from mirrors.planning.reports.stack_status import StackStatus
from mirrors.planning.reports.stored import StoredStack
from mirrors.planning.rollout.waves import plan_rollout
from mirrors.planning.site_ids.facts import SiteFacts
from mirrors.planning.site_ids.request import LedgerFacts
from mirrors.problems import Note, Problem
from mirrors.problems.findings import CheckFinding, ok_finding
from mirrors.problems.reported import ReportedEvents
from mirrors.program.outputs import site_id_output
from mirrors.program.platform import PlatformOutputs
from mirrors.program.refusal import FleetRefusedError
from mirrors.program.startup import ProgramConfiguration, report_rollout
from mirrors.resources.site_ids import SiteIds
from tests.unit import program_under_mocks

if TYPE_CHECKING:
    from mirrors.config.rules.validation_context import ValidationContext

MODULE = "tests.unit.sketch_platform"
TYPE = "sketch:index:Paper"
LONGEST = 3


class Sketch(ConfigModel):
    """The section of the configuration."""

    needed: ClassVar[Mapping[str, str]] = {"pencil": "the name of a pencil"}

    pencil: Annotated[str, BeforeValidator(validate_text)]
    """The pencil that draws."""


class SketchSettings(PlatformSettings):
    """The fleet on paper."""

    kind: ClassVar[str] = "sketch"

    sketch: Sketch | None = None
    """The section of this platform."""

    sketch_key: SecretStr | None = Field(default=None, min_length=1)
    """A secret of this platform."""

    def problems(self, context: ValidationContext) -> Iterator[Problem]:
        if len(context.settings.fleet.slugs) > LONGEST:
            yield problem_at(("fleet", "mirrors"), "value-not-taken", "too many for one sheet")


WORDS = PlatformWords(
    targets=("**:Fleet::*", "**:SiteIds::*", "**:Sheet::*"),
    goes_on="Its paper is thrown away",
    removed="its paper is thrown away",
    kept="its paper stays",
    steps=SiteResourceTypes(
        site_types=frozenset({TYPE}),
        other_types=frozenset({"Frame"}),
        release_properties=("paper.edition",),
        variables_properties=("paper.words",),
    ),
)


class SketchPlatform:
    """Draws each site. ``announce_rollout`` and the ledger of SITE_IDs are those of every platform."""

    def __init__(self, configured: ProgramConfiguration) -> None:
        if configured.problems:
            raise FleetRefusedError(configured.problems)
        self.settings = configured.settings
        report_rollout(self.settings, plan_rollout(self.settings), [], [])

    @property
    def ledger_facts(self) -> LedgerFacts:
        sites = self.settings.fleet.sites
        return LedgerFacts(
            [SiteFacts(item.application, item.application, item is sites[0], item.site_id) for item in sites]
        )

    def declare(self, fleet: pulumi.Resource, ids: SiteIds, _options: pulumi.ResourceOptions) -> PlatformOutputs:
        rows = [self._drawn(fleet, ids, slug) for slug in self.settings.fleet.slugs]
        return PlatformOutputs(rows[:1], rows[1:], {"application": rows[0]["application"]})

    def _drawn(self, fleet: pulumi.Resource, ids: SiteIds, slug: str) -> dict[str, Any]:
        pulumi.CustomResource(TYPE, slug, {"edition": "1"}, pulumi.ResourceOptions(parent=fleet))
        return {"application": slug, "siteId": site_id_output(ids, slug, slug, self.settings)}


class SketchCommands:
    """The sheet is always there, so every command has an answer."""

    def status(
        self, settings: Settings, stored: Callable[[], StoredStack], _note: Callable[[Note], None]
    ) -> StackStatus:
        given = dict(stored().ledger.assignments.values())
        slugs, environment = settings.fleet.slugs, settings.environment
        rows = (
            SiteStatus(slug, "mirror", given.get(slug), environment, None, None, None, None, SiteCondition.CONVERGED)
            for slug in slugs
        )
        return StackStatus(tuple(rows))

    def preview(
        self, found: FleetPreview, _engine: Mapping[str, Any], _settings: Settings, _reported: ReportedEvents
    ) -> FleetPreview:
        return found

    def doctor(self, fleets: Sequence[Settings]) -> Iterator[CheckFinding]:
        yield ok_finding("platform", f"a sheet with {sum(len(item.fleet.slugs) for item in fleets)} sites")

    def find_single_sites_problem(
        self, _settings: Settings, _stack: str, _stored: Sequence[Mapping[str, Any]]
    ) -> Problem | None:
        return None

    def alternative_to(self, command: str, _stack: str | None) -> str | None:
        return "Draw it yourself" if command == "adopt" else None


ENTRY = PlatformEntry(
    settings=f"{MODULE}:SketchSettings",
    words=f"{MODULE}:WORDS",
    program=f"{MODULE}:SketchPlatform",
    commands=f"{MODULE}:SketchCommands",
    keys=("sketch", "sketchKey"),
    objects=frozenset({"sketch"}),
    secrets={"sketchKey": " mirrors:sketchKey"},
)


def main() -> None:
    PLATFORMS["sketch"] = ENTRY
    program_under_mocks.main()


if __name__ == "__main__":
    main()
