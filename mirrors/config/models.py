"""The declared fleet as frozen data. In the user's files the keys are in camelCase; the README lists them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel

from mirrors.config.values import (
    ApiUrl,
    Hold,
    Name,
    Parallel,
    Requests,
    Seconds,
    Secrets,
    SiteId,
    Slug,
    Stack,
    Statuses,
    Token,
    UrlPath,
    Variables,
    WaveNumber,
    WaveSize,
    nothing_is_empty,
    switched_off,
)

DEFAULT_API_URL = "https://api.divio.com"
DEFAULT_SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
OWN_NAMES = frozenset({"SITE_ID", "MIRRORS_APPLICATION"})
"""Variables that each mirror is given by us, with a value of its own."""

ALL = "all"
"""The section of ``secrets`` that applies to every mirror."""


@dataclass(frozen=True)
class DeclaredVariable:
    """A variable of a site as declared. Its value is in no repr, secret or not."""

    value: str = field(repr=False)
    secret: bool


class Declared(BaseModel):
    """Something that the user writes. A value never shows in a validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_the_default(cls, data: Any) -> Any:
        """A key with nothing behind it is null in YAML; an optional one then is as good as absent."""
        optional = {item.alias for item in cls.model_fields.values() if not item.is_required()}
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in optional}


class Site(Declared):
    """``application`` is the application's slug, ``site_id`` None where it is not declared.

    ``formerly`` is the slug that the application had before it was renamed.
    """

    application: Slug
    site_id: SiteId | None = None
    formerly: Slug | None = None
    variables: Variables = Field(default_factory=dict, repr=False)


class Original(Site):
    """``deploy``: whether the original is deployed by us, too; else it is only read."""

    deploy: bool = Field(default=False, strict=True)


class Mirror(Site):
    """An application that runs the original's code. ``hold``: what no deployment of ours is started for."""

    hold: Hold = "nothing"


class Fleet(Declared):
    """An original with its mirrors. ``retired``, ``reservedSiteIds`` and ``releaseSiteIds`` are lists of SITE_IDs."""

    original: Original
    mirrors: tuple[Mirror, ...] = ()
    variables: Variables = Field(default_factory=dict, repr=False)
    shared: tuple[Name, ...] = DEFAULT_SHARED
    retired: tuple[SiteId, ...] = ()
    reserved_site_ids: tuple[SiteId, ...] = ()
    release_site_ids: tuple[SiteId, ...] = ()

    @property
    def sites(self) -> tuple[Site, ...]:
        """The original, then the mirrors as listed."""
        return (self.original, *self.mirrors)

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(site.application for site in self.sites)


class Override(Declared):
    """What one site has on this stack alone. ``hold``, where it is set, wins over the mirror's own."""

    variables: Variables = Field(default_factory=dict, repr=False)
    hold: Hold | None = None


class Overrides(Declared):
    """What this stack has that others have not: ``variables`` for all mirrors, ``mirrors`` for single sites by slug."""

    variables: Variables = Field(default_factory=dict, repr=False)
    mirrors: dict[str, Annotated[Override, BeforeValidator(nothing_is_empty)]] = Field(default_factory=dict)


class Health(Declared):
    """What a healthy site answers at its own address: one of ``statuses``, with ``text`` in it where that is set.

    It has ``timeout`` seconds for it. Redirects are not followed: 302 is an answer. ``identity``: whether it must also
    say, through the companion app, that it is the declared site on the declared database.
    """

    path: UrlPath = "/"
    statuses: Statuses = (range(200, 400),)
    timeout: Seconds = 60
    text: str | None = Field(default=None, min_length=1)
    identity: bool = Field(default=False, strict=True)


class Rollout(Declared):
    """How a release reaches the mirrors.

    ``follow``: whether a new release of the original is rolled out by ``up``, or only site by site with ``mirrors
    deploy``. ``waves``: how many mirrors, in the order of the list, have been reached at the end of each wave.
    ``parallel``: deployments at once. ``pause_after``: the number of the wave to stop after. ``timeout``: how long one
    deployment may take, in seconds; the platform's own limits add up to over an hour. ``health``: None if nobody asks.
    """

    follow: Literal["original", "manual"] = "original"
    waves: tuple[WaveSize, ...] = ("100%",)
    parallel: Parallel = 4
    pause_after: WaveNumber | None = None
    timeout: Seconds = 75 * 60
    health: Annotated[Health | None, BeforeValidator(switched_off)] = Health()


class Settings(Declared):
    """The configuration of one stack.

    ``secrets`` maps ``all`` and slugs to ``{name: value}``; ``shared_values`` stands in for shared variables that the
    platform does not show. ``on_removal`` is ``keep`` for live, else ``clean``. ``confirm_database`` names the
    identities that shared values have got on purpose, and those that new mirrors give up on purpose.
    """

    fleet: Fleet
    overrides: Overrides = Overrides()
    secrets: dict[str, Secrets] = Field(default_factory=dict)
    shared_values: Secrets = Field(default_factory=dict)
    environment: Literal["test", "live"]
    platform: Literal["divio"] = "divio"
    api_url: ApiUrl = DEFAULT_API_URL
    api_token: Token
    site_ids_from: Stack | None = None
    image_from: Literal["live", "matching"] = "live"
    rollout: Rollout = Rollout()
    on_removal: Literal["clean", "keep"] | None = None
    confirm_database: str | None = None
    max_concurrent_requests: Requests = 8

    @property
    def keeps_variables(self) -> bool:
        """Whether a mirror that leaves, or the whole stack that is destroyed, keeps its variables on the platform."""
        return (self.on_removal or ("keep" if self.environment == "live" else "clean")) == "keep"

    @property
    def confirmed_identities(self) -> frozenset[str]:
        """``confirm_database`` may name several, with commas or blanks between: database and storage move together."""
        return frozenset((self.confirm_database or "").replace(",", " ").split())

    @property
    def mirrors(self) -> tuple[Mirror, ...]:
        return self.fleet.mirrors

    def declared_hold(self, mirror: Mirror) -> Hold:
        override = self.overrides.mirrors.get(mirror.application, Override()).hold
        return mirror.hold if override is None else override

    def hold_of(self, mirror: Mirror) -> Hold:
        """What no deployment of ours is started for at this site: a release that is followed by hand at the least."""
        hold = self.declared_hold(mirror)
        return "variablesMayDeploy" if hold == "nothing" and self.rollout.follow == "manual" else hold

    @property
    def reserved_names(self) -> frozenset[str]:
        """Names that no one may declare: what each mirror is given by us, and what it shares with the original."""
        return OWN_NAMES | frozenset(self.fleet.shared)

    def variables_of(self, slug: str) -> dict[str, DeclaredVariable]:
        """The declared variables of a site, by name; the more specific place wins, and a secret over a plain value.

        Raises KeyError if the fleet has no such site.
        """
        site = next((site for site in self.fleet.sites if site.application == slug), None)
        if site is None:
            raise KeyError(slug)
        merged: dict[str, DeclaredVariable] = {}
        for _, values in self.plain_variables_of(site):
            merged |= {name: DeclaredVariable(value, secret=False) for name, value in values.items()}
        for _, secrets in self.secret_variables_of(site):
            merged |= {name: DeclaredVariable(value.get_secret_value(), secret=True) for name, value in secrets.items()}
        return {name: variable for name, variable in merged.items() if name not in self.reserved_names}

    def plain_variables_of(self, site: Site) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
        """Where plain variables of a site are declared, the most general place first: (place, {name: value}).

        The site's own are at the place ``()``: the site does not know its number in the list.
        """
        mirror = isinstance(site, Mirror)
        if mirror:
            yield ("fleet", "variables"), self.fleet.variables
        yield (), site.variables
        if mirror:
            yield ("overrides", "variables"), self.overrides.variables
        own = self.overrides.mirrors.get(site.application, Override())
        yield ("overrides", "mirrors", site.application, "variables"), own.variables

    def secret_variables_of(self, site: Site) -> Iterator[tuple[tuple[str, ...], dict[str, SecretStr]]]:
        """Where secret variables of a site are declared, the most general place first: (place, {name: value})."""
        if isinstance(site, Mirror):
            yield ("secrets", ALL), self.secrets.get(ALL, {})
        if site.application != ALL:
            yield ("secrets", site.application), self.secrets.get(site.application, {})
