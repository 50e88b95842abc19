"""The declared fleet as frozen data. In the user's files the keys are in camelCase.

``docs/reference/configuration`` is made of the docstrings here. What follows ``Default:`` at the end of one is shown
instead of the field's own default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, PlainValidator, PrivateAttr, SecretStr, model_validator

from mirrors.config.base import ConfigModel
from mirrors.config.platform_settings import PlatformSettings
from mirrors.config.platforms import DEFAULT, PLATFORMS, others_keys, settings_class
from mirrors.config.rollout import Rollout
from mirrors.config.values import (
    Hold,
    Name,
    Secrets,
    SiteId,
    Slug,
    Stack,
    Variables,
    nothing_is_empty,
    takes,
)

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


class Site(ConfigModel):
    """An application of the fleet, the original or a mirror."""

    application: Slug
    """The application's name as the address of its Control Panel has it."""

    site_id: SiteId | None = None
    """The site's ``SITE_ID``. Not declared, it is what the state or the running site has, else a new one."""

    formerly: Slug | None = None
    """The slug that the application had before it was renamed, until every stack was updated with the new one."""

    variables: Variables = Field(default_factory=dict, repr=False)
    """Environment variables of this site alone, in clear. They win over the fleet's."""


class Original(Site):
    """The application that owns the repository, the database and the media storage."""

    deploy: bool = Field(default=False, strict=True)
    """``true``: the original's variables are written, and it is deployed, too. Else it is only read."""


class Mirror(Site):
    """An application that runs the original's code. It must exist: a platform's API cannot make one."""

    hold: Hold = "nothing"
    """``true``: we deploy nothing to it, and a change of its variables is a problem. ``variablesMayDeploy``: it is
    deployed for changed variables, not for a new release alone."""


class Fleet(ConfigModel):
    """An original with its mirrors. It is the same for all stacks, so it stands in ``Pulumi.yaml``:

    ```yaml
    mirrors:fleet:
      value:
        original:
          application: acme
        mirrors:
          - application: acme-de
          - application: acme-fr
            siteId: 7
            variables: {THEME: dark}
          - application: acme-italia
            formerly: acme-it
        variables: {LANGUAGE_FALLBACK: en}
        retired: [5]
    ```
    """

    original: Original
    """The application whose code, database and storage all sites share."""

    mirrors: tuple[Mirror, ...] = ()
    """The mirrors. Their order is that of the waves; reordered, nobody gets another ``SITE_ID``."""

    variables: Variables = Field(default_factory=dict, repr=False)
    """Environment variables of every mirror, in clear."""

    shared: tuple[Name, ...] = DEFAULT_SHARED
    """Names of the variables that each mirror is given as the original's instances run with them."""

    retired: tuple[SiteId, ...] = ()
    """Ids of sites that are no more. They are given to nobody."""

    reserved_site_ids: tuple[SiteId, ...] = ()
    """Ids that are used where Mirrors does not see it, such as rows of the Sites admin. They are given to nobody. A
    mirror that has one of them, and never ran with it, gets the next; one that ran with it gives it up once another
    ``siteId`` is declared for it."""

    reserved_for: dict[Slug, SiteId] = Field(default_factory=dict)
    """Ids of applications that may run with the shared database, are not on the list, and do not show which they have:
    ``{acme-old: 9}``; or of a site on the list that hides it in an environment besides Test and Live. They are given to
    nobody; another that the application has in Test or Live stands in ``reservedSiteIds``. A name that no application
    has is a problem."""

    release_site_ids: tuple[SiteId, ...] = ()
    """Retired ids that a site may be declared with again. It shows the content that the former site left."""

    highest_site_id: SiteId | None = None
    """The highest id that was ever given. A new mirror gets one above it. The state remembers it; it is needed where a
    state begins anew beside mirrors that have ids from Mirrors. ``mirrors ids --pin`` writes it."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """The original, then the mirrors as listed."""
        return (self.original, *self.mirrors)

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(site.application for site in self.sites)


class Override(ConfigModel):
    """What one site has on this stack alone."""

    variables: Variables = Field(default_factory=dict, repr=False)
    """Environment variables of this site on this stack, in clear. They win over all others in clear."""

    hold: Hold | None = None
    """As ``hold`` of the mirror, over which it wins. The original is never held."""


class Overrides(ConfigModel):
    """What this stack has that others have not. It stands in ``Pulumi.<stack>.yaml``:

    ```yaml
    mirrors:overrides:
      variables: {LOG_LEVEL: debug}
      mirrors:
        acme-fr:
          variables: {THEME: plain}
          hold: true
    ```
    """

    variables: Variables = Field(default_factory=dict, repr=False)
    """Environment variables of every mirror on this stack, in clear. They win over what the fleet declares."""

    mirrors: dict[str, Annotated[Override, BeforeValidator(nothing_is_empty)]] = Field(default_factory=dict)
    """What single sites have, by slug. The original's may stand here, too, for its variables, if ``deploy`` is set."""


OwnKeys = TypeVar("OwnKeys", bound=PlatformSettings)


@dataclass(frozen=True)
class _Chosen:
    """The keys of one platform as they came."""

    kind: str
    keys: Mapping[str, Any] = field(repr=False)


def _of_platform(value: Any) -> PlatformSettings:
    """Check the keys of the platform with its own class; ``platform`` is the discriminator."""
    if isinstance(value, PlatformSettings):
        return value
    if isinstance(value, _Chosen):
        return settings_class(value.kind).model_validate(dict(value.keys))
    raise takes(" or ".join(PLATFORMS))


class Settings(ConfigModel):
    """The configuration of one stack, here Live's, in ``Pulumi.live.yaml``:

    ```yaml
    mirrors:environment: live
    mirrors:siteIdsFrom: test
    mirrors:onRemoval: keep
    ```
    """

    fleet: Fleet
    """The original and its mirrors."""

    fleet_file: str | None = Field(default=None, min_length=1)
    """In place of ``fleet``: a file with its keys, from the project's directory on, such as ``fleet.yaml``. A fleet of
    hundreds needs it: Pulumi hands the whole configuration to the program in one variable, and Linux allows 128 KiB."""

    overrides: Overrides = Overrides()
    """What this stack has that others have not."""

    secrets: dict[str, Secrets] = Field(default_factory=dict)
    """Secret environment variables of this stack: ``all`` is every mirror, a slug one site, which wins. A name that is
    also declared in clear is a problem."""

    shared_values: Secrets = Field(default_factory=dict)
    """Values of shared variables that the platform does not show. If it shows another, that is a problem."""

    environment: Literal["test", "live"]
    """The environment that this stack converges. Default: the stack's name."""

    platform: Annotated[PlatformSettings, PlainValidator(_of_platform)]
    """What runs the sites: Divio, or a Docker host."""  # with the platform's own keys, as ``on`` returns them

    site_ids_from: Stack | None = None
    """The stack whose ids this one follows: it gives none itself. For Live, name Test's."""

    rollout: Rollout = Rollout()
    """How a release reaches the mirrors."""

    on_removal: Literal["clean", "keep"] | None = None
    """Whether the variables that we created are removed when a mirror leaves the list, or the stack is destroyed.
    Default: ``keep`` on Live, else ``clean``."""

    confirm_database: str | None = None
    """What the shared values point at now, where that changed on purpose, or where Mirrors cannot tell it from the
    other environment's; and what the ``DATABASE_URL`` of a new mirror points at, where it shall give that up. A value
    that cannot be read is named by its place: ``unreadable:acme:DATABASE_URL``. Several with commas. The message that
    asks for it says what to write."""

    needed: ClassVar[Mapping[str, str]] = {
        "fleet": "it lists the original and its mirrors, for example under config: in Pulumi.yaml: "
        "mirrors:fleet: {value: {original: {application: acme}, mirrors: [{application: acme-de}]}}",
    }

    _stack: str = PrivateAttr("")

    @model_validator(mode="before")
    @classmethod
    def _gather_platform(cls, data: Any) -> Any:
        """Put the keys of the chosen platform together. Those of other platforms are no part of the settings."""
        if not isinstance(data, dict) or isinstance(data.get("platform"), PlatformSettings):
            return data
        kind = DEFAULT if data.get("platform") is None else data["platform"]
        if not isinstance(kind, str) or kind not in PLATFORMS:
            return {key: value for key, value in data.items() if key not in others_keys("")}
        own = {key: data[key] for key in PLATFORMS[kind].keys if key in data}
        rest = {key: value for key, value in data.items() if key not in others_keys(kind) and key not in own}
        return {**rest, "platform": _Chosen(kind, own)}

    def on(self, platform: type[OwnKeys]) -> OwnKeys:
        """Return the keys of one platform. Raises TypeError: the stack is on another one."""
        if not isinstance(self.platform, platform):
            raise TypeError(f"the stack is on {self.platform.kind}")
        return self.platform

    @property
    def stack(self) -> str:
        """The short name of the stack whose settings these are; empty where that is not known."""
        return self._stack

    def of_stack(self, name: str) -> "Settings":
        settings = self.model_copy()
        settings._stack = name
        return settings

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
        """What is declared for the site itself; ``hold_of`` counts a release that is followed by hand as well."""
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
