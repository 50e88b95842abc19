"""What a stack's things are called on a Docker host, unless the configuration says otherwise."""

from dataclasses import dataclass

from mirrors.config.models import Settings

LABEL_FLEET = "mirrors.fleet"
LABEL_ENVIRONMENT = "mirrors.environment"
LABEL_SITE = "mirrors.site"


@dataclass(frozen=True, slots=True)
class Names:
    """What a stack's things are called on the Docker host, so that Test and Live, and several fleets, live on one.

    A slug has neither dot nor underscore, so no site is called like anything else.
    """

    fleet: str
    environment: str

    @classmethod
    def of(cls, settings: Settings) -> "Names":
        return cls(settings.fleet.original.application, settings.environment)

    @property
    def network(self) -> str:
        return f"{self.fleet}.{self.environment}"

    def site(self, slug: str) -> str:
        return f"{self.network}.{slug}"

    def part(self, name: str) -> str:
        """Of what the sites have in common, such as ``database`` or ``media``."""
        return f"{self.network}_{name}"

    @property
    def role(self) -> str:
        """Of the sites in PostgreSQL, and their database; PostgreSQL takes no hyphen without quotes."""
        return self.fleet.replace("-", "_")

    def labels(self, slug: str | None = None) -> dict[str, str]:
        site = {LABEL_SITE: slug} if slug else {}
        return {LABEL_FLEET: self.fleet, LABEL_ENVIRONMENT: self.environment, **site}
