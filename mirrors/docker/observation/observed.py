"""The observed state of a site's container, in the form that the planner and the reports read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mirrors.planning.reports.site_status import SiteCondition
from mirrors.planning.variables.names import SITE_ID, parse_site_id

SHORT_ID_LENGTH = 12
"""The characters of an id that a message shows."""

DIGEST_LENGTH = 64


def parse_time(text: str | None) -> datetime | None:
    """Read a time as Docker writes it, to the second: it has more digits than Python reads."""
    return datetime.fromisoformat(f"{text[:19]}+00:00") if text else None


@dataclass(frozen=True, slots=True)
class ObservedContainer:
    """A site's container, or its service in a swarm.

    Args:
        slug: The site, as the container's label has it.
        id: The short id of the container.
        image: The id of its image.
        created: When it was made, with the variables that it has.
        status: Docker's word for what its process does.
        exit_code: The exit code of a process that has ended.
        health: Docker's word for its health; None where it has no check.
        variables: {name: value} of what its process runs with.
        of_image: The names of variables that its image sets; None where the host does not have the image any more.
        password_version: The version of the database's password that it was made with, as its label says.
        faults: What is wrong with the tasks of a service; None for a container, whose status says it.
    """

    slug: str
    id: str
    image: str
    created: datetime | None
    status: str
    exit_code: int = 0
    health: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    of_image: frozenset[str] | None = None
    password_version: str | None = None
    faults: tuple[tuple[SiteCondition, str], ...] | None = None

    @property
    def release(self) -> str:
        return release_of(self.image)

    @property
    def site_id(self) -> int | None:
        return parse_site_id(self.variables.get(SITE_ID))


def release_of(image: str) -> str:
    """Return the release of an image: its id or its digest; its name where it has neither."""
    return image.rpartition("sha256:")[2]


def shorten_release(release: str) -> str:
    """Return a release as a message shows it: the beginning of a digest, or all of a name."""
    return release[:SHORT_ID_LENGTH] if len(release) == DIGEST_LENGTH else release
