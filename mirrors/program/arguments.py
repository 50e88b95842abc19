"""The arguments of a ``Fleet``: the keys of ``mirrors:fleet`` as Python has them.

The models of ``mirrors.config.models.fleet`` check them, so a fleet in arguments obeys the same rules and gets the same
messages as one in ``Pulumi.yaml``. Each class has a ``TypedDict`` with the same keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, Required, TypedDict

import pulumi

__all__ = [
    "FleetArgs",
    "FleetArgsDict",
    "Hold",
    "MirrorArgs",
    "MirrorArgsDict",
    "OriginalArgs",
    "OriginalArgsDict",
    "Variables",
]

Variables = Mapping[str, pulumi.Input[str]]
"""Environment variables, {name: value}. A text is in clear. An ``Output`` is a secret if Pulumi knows it as one, and
may be known only after another resource exists."""

Hold = bool | Literal["variablesMayDeploy"]
"""``True``: Mirrors deploys nothing to the site. ``"variablesMayDeploy"``: a new release alone deploys nothing."""


@dataclass(frozen=True)
class OriginalArgs:
    """The application that owns the repository, the database and the media storage.

    Args:
        application: The application's slug, as in the address of its page in the Control Panel.
        site_id: The site's ``SITE_ID``. Without it, the site keeps the id of the state or of its running instances.
        formerly: The slug that the application had before a rename.
        variables: Environment variables of the original. Mirrors writes them only with ``deploy``.
        deploy: Whether Mirrors also writes the original's variables and deploys it.
    """

    application: str
    _: KW_ONLY
    site_id: int | None = None
    formerly: str | None = None
    variables: Variables | None = field(default=None, repr=False)
    deploy: bool | None = None


class OriginalArgsDict(TypedDict, total=False):
    """``OriginalArgs`` as a dictionary."""

    application: Required[str]
    site_id: int | None
    formerly: str | None
    variables: Variables | None
    deploy: bool | None


@dataclass(frozen=True)
class MirrorArgs:
    """An application that runs the original's code. Make it in the Control Panel first: the API cannot make one.

    Args:
        application: The application's slug.
        site_id: The site's ``SITE_ID``. Without it, the site keeps the id of the state or of its running instances. A
            site that has none there gets a new one.
        formerly: The slug that the application had before a rename.
        variables: Environment variables of this site alone. They override the fleet's. ``DOMAIN`` is one of them.
        hold: Whether Mirrors deploys the site.
    """

    application: str
    _: KW_ONLY
    site_id: int | None = None
    formerly: str | None = None
    variables: Variables | None = field(default=None, repr=False)
    hold: Hold | None = None


class MirrorArgsDict(TypedDict, total=False):
    """``MirrorArgs`` as a dictionary."""

    application: Required[str]
    site_id: int | None
    formerly: str | None
    variables: Variables | None
    hold: Hold | None


@dataclass(frozen=True, kw_only=True)
class FleetArgs:
    """An original with its mirrors.

    Args:
        original: The application whose code, database and storage all sites share.
        mirrors: The mirrors. The waves follow their order. A new order changes no ``SITE_ID``.
        variables: Environment variables of every mirror.
        shared: The names of the variables that each mirror gets from the original. By default they are
            ``DATABASE_URL`` and ``DEFAULT_STORAGE_DSN``.
        shared_values: The values of shared variables that the platform does not show. They must be known before the
            program declares the fleet, so read them with ``pulumi.Config().require``.
        retired: Ids of former sites. Mirrors gives them to no site.
        reserved_site_ids: Ids that are in use where Mirrors cannot see it. Mirrors gives them to no site.
        reserved_for: Ids of applications that Mirrors cannot read, by slug.
        release_site_ids: Retired ids that you may declare for a site again.
        highest_site_id: The highest id that Mirrors ever gave. A new mirror gets a higher one.
    """

    original: OriginalArgs | OriginalArgsDict
    mirrors: Sequence[MirrorArgs | MirrorArgsDict] = ()
    variables: Variables | None = field(default=None, repr=False)
    shared: Sequence[str] | None = None
    shared_values: Mapping[str, str] | None = field(default=None, repr=False)
    retired: Sequence[int] | None = None
    reserved_site_ids: Sequence[int] | None = None
    reserved_for: Mapping[str, int] | None = None
    release_site_ids: Sequence[int] | None = None
    highest_site_id: int | None = None

    @staticmethod
    def from_config() -> "FleetArgs":
        """Return the fleet that the configuration declares, with the stack's overrides and secrets in each site.

        Raises:
            FleetRefusedError: The configuration has problems.
        """
        from mirrors.program.configured import read_configured_arguments  # It reads these classes.

        return read_configured_arguments()


class FleetArgsDict(TypedDict, total=False):
    """``FleetArgs`` as a dictionary."""

    original: Required[OriginalArgs | OriginalArgsDict]
    mirrors: Sequence[MirrorArgs | MirrorArgsDict]
    variables: Variables | None
    shared: Sequence[str] | None
    shared_values: Mapping[str, str] | None
    retired: Sequence[int] | None
    reserved_site_ids: Sequence[int] | None
    reserved_for: Mapping[str, int] | None
    release_site_ids: Sequence[int] | None
    highest_site_id: int | None
