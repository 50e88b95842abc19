"""Names of a stack's resources on a Docker host, unless the configuration sets others."""

from dataclasses import dataclass

from mirrors.config.models.settings import Settings

LABEL_FLEET = "mirrors.fleet"
LABEL_ENVIRONMENT = "mirrors.environment"
LABEL_SITE = "mirrors.site"
LABEL_PASSWORD = "mirrors.passwordVersion"  # noqa: S105 - a label's name


@dataclass(frozen=True, slots=True)
class ResourceNames:
    """Names of a stack's resources on a Docker host. Test and Live, and several fleets, can share one host.

    A slug has neither dot nor underscore, so the name of a site differs from every other name.
    """

    fleet: str
    environment: str

    @classmethod
    def of(cls, settings: Settings) -> "ResourceNames":
        return cls(settings.fleet.original.application, settings.environment)

    @property
    def network(self) -> str:
        return f"{self.fleet}.{self.environment}"

    def site(self, slug: str) -> str:
        return f"{self.network}.{slug}"

    def site_part(self, slug: str, name: str) -> str:
        """Return the name of a part of a site, such as ``command``."""
        return f"{self.site(slug)}_{name}"

    def part(self, name: str) -> str:
        """Return the name of a part that the sites share, such as ``database`` or ``media``."""
        return f"{self.network}_{name}"

    @property
    def role(self) -> str:
        """The sites' role in PostgreSQL, and their database. PostgreSQL takes no hyphen without quotes."""
        return self.fleet.replace("-", "_")

    def labels(self, slug: str | None = None) -> dict[str, str]:
        site = {LABEL_SITE: slug} if slug else {}
        return {LABEL_FLEET: self.fleet, LABEL_ENVIRONMENT: self.environment, **site}
