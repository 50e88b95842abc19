"""The observed state of a site's container, in the form that the planner and the reports read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mirrors.planning.variables.names import SITE_ID, parse_site_id


@dataclass(frozen=True, slots=True)
class ObservedContainer:
    """A site's container.

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

    @property
    def release(self) -> str:
        """The id of its image, as the release that it runs."""
        return self.image.removeprefix("sha256:")

    @property
    def site_id(self) -> int | None:
        return parse_site_id(self.variables.get(SITE_ID))
