"""The protocol of a platform in the commands. Each platform's folder has one class for it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from mirrors.config import Settings
from mirrors.config.platforms import load_platform_part
from mirrors.errors import UnsupportedPlatformError
from mirrors.planning.reports.fleet_preview import FleetPreview
from mirrors.planning.reports.stack_status import StackStatus
from mirrors.planning.reports.stored import StoredResources, StoredStack
from mirrors.problems import Note, Problem
from mirrors.problems.findings import CheckFinding
from mirrors.problems.reported import ReportedEvents

__all__ = ["PlatformCommands", "commands_of", "refuse_unless_supported"]


class PlatformCommands(Protocol):
    """A platform as the commands see it."""

    def status(
        self, settings: Settings, stored: Callable[[], StoredStack], note: Callable[[Note], None], /
    ) -> StackStatus:
        """Look at the sites. Writes nothing.

        Args:
            settings: A sound configuration of the stack.
            stored: Reads what the stack's state holds.
            note: Shows a remark beside the answer.

        Raises:
            MirrorsError: The platform, or the state, cannot be read.
            DivioError: Divio does not answer.
        """

    def preview(
        self, found: FleetPreview, engine: Mapping[str, Any], settings: Settings, reported: ReportedEvents, /
    ) -> FleetPreview:
        """Add to a preview what only the platform shows.

        Args:
            found: The preview that Pulumi's steps give.
            engine: What ``pulumi preview --json`` prints.
            settings: The stack's configuration, as far as it can be used.
            reported: What Mirrors reported meanwhile.
        """

    def doctor(self, fleets: Sequence[Settings], /) -> Iterator[CheckFinding]:
        """Check what the platform needs, in the order in which it is needed. Writes nothing.

        Args:
            fleets: The settings of each fleet of a stack, at least one. They share the platform and the environment.
        """

    def find_single_sites_problem(self, settings: Settings, stack: str, stored: StoredResources, /) -> Problem | None:
        """Return what you have to do to the whole stack before single sites are deployed; None if nothing."""

    def alternative_to(self, command: str, stack: str | None, /) -> str | None:
        """Return what to do in place of a command that this platform does not have; None where the command works."""


def commands_of(kind: str) -> PlatformCommands:
    """Return the commands' view of a platform. Raises ConfigurationError: one of its packages is not installed."""
    found: type[PlatformCommands] = load_platform_part(kind, "commands")
    return found()


def refuse_unless_supported(command: str, kind: str, stack: str | None) -> None:
    """Refuse a command that a platform does not have. Raises UnsupportedPlatformError, which says what to do."""
    instead = commands_of(kind).alternative_to(command, stack)
    if instead is not None:
        raise UnsupportedPlatformError(command, kind, instead)
