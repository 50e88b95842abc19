"""The models of ``mirrors:fleet``: the original and its mirrors. Users write the keys in camelCase.

``python -m tools.reference`` makes ``docs/reference/configuration`` from the docstrings of the models. The text after
``Default:`` at the end of one replaces the field's own default there.
"""

from pydantic import Field

from mirrors.config.models.base import ConfigModel
from mirrors.config.values.common_values import PlainVariables, SiteId, Slug, VariableName
from mirrors.config.values.rollout_values import HoldMode
from mirrors.config.values.variable_names import DATABASE_URL, STORAGE_DSN

DEFAULT_SHARED_NAMES = (DATABASE_URL, STORAGE_DSN)


class SiteSettings(ConfigModel):
    """An application of the fleet, the original or a mirror."""

    application: Slug
    """The application's slug, as in the address of its page in the Control Panel."""

    site_id: SiteId | None = None
    """The site's ``SITE_ID``. Without this key, the site keeps the id of the state or of its running instances. A site
    that has none there gets a new one."""

    formerly: Slug | None = None
    """The slug that the application had before a rename. Remove the key when every stack was updated with the new
    slug."""

    variables: PlainVariables = Field(default_factory=dict, repr=False)
    """Environment variables of this site alone, in clear. They override the fleet's."""


class OriginalSettings(SiteSettings):
    """The application that owns the repository, the database and the media storage."""

    deploy: bool = Field(default=False, strict=True)
    """``true``: Mirrors also writes the original's variables and deploys it. Otherwise Mirrors only reads it."""


class MirrorSettings(SiteSettings):
    """An application that runs the original's code. Make it in the Control Panel first: the API cannot make one."""

    hold: HoldMode = "nothing"
    """``true``: Mirrors deploys nothing to this site, and a change of its variables is a problem.
    ``variablesMayDeploy``: Mirrors deploys the site for changed variables, but not for a new release alone."""


class FleetSettings(ConfigModel):
    """An original with its mirrors. It is the same for all stacks, so it belongs in ``Pulumi.yaml``.

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

    original: OriginalSettings
    """The application whose code, database and storage all sites share."""

    mirrors: tuple[MirrorSettings, ...] = ()
    """The mirrors. The waves follow their order. A new order changes no ``SITE_ID``."""

    variables: PlainVariables = Field(default_factory=dict, repr=False)
    """Environment variables of every mirror, in clear."""

    shared: tuple[VariableName, ...] = DEFAULT_SHARED_NAMES
    """The names of the variables that each mirror gets from the original, with the values of its running instances."""

    retired: tuple[SiteId, ...] = ()
    """Ids of former sites. Mirrors gives them to no site, unless ``releaseSiteIds`` has the id, too."""

    reserved_site_ids: tuple[SiteId, ...] = ()
    """Ids that are in use where Mirrors cannot see it, such as rows of the Sites admin. Mirrors gives them to no site.
    A mirror that has such an id but never ran with it gets the next one. A mirror that ran with it keeps it until you
    declare another ``siteId`` for it."""

    reserved_for: dict[Slug, SiteId] = Field(default_factory=dict)
    """Ids of applications that Mirrors cannot read: ``{acme-old: 9}``. Such an application is not on the list, and may
    run with the shared database. Name a site of the list here if it hides its id in an environment besides Test and
    Live. Mirrors gives these ids to no site. If the application has another id in Test or Live, add that one to
    ``reservedSiteIds``. A name that no application has is a problem."""

    release_site_ids: tuple[SiteId, ...] = ()
    """Retired ids that you may declare for a site again, also while ``retired`` lists them. That site shows the content
    that the former site left."""

    highest_site_id: SiteId | None = None
    """The highest id that Mirrors ever gave. A new mirror gets a higher one. The state remembers it, so you need this
    key only where a new state takes over mirrors that have ids from Mirrors. ``mirrors ids --pin`` writes it."""

    @property
    def ids_kept_free(self) -> dict[str, frozenset[int]]:
        """{key: the ids that it keeps from every site}. ``releaseSiteIds`` frees a retired id for a declaration."""
        return {
            "retired": frozenset(self.retired) - frozenset(self.release_site_ids),
            "reservedSiteIds": frozenset(self.reserved_site_ids),
            "reservedFor": frozenset(self.reserved_for.values()),
        }

    @property
    def sites(self) -> tuple[SiteSettings, ...]:
        """The original, then the mirrors as listed."""
        return (self.original, *self.mirrors)

    @property
    def slugs(self) -> tuple[str, ...]:
        """The slugs of all sites, in the order of ``sites``."""
        return tuple(site.application for site in self.sites)
