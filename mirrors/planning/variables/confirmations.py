"""The services that a user confirmed with ``confirmDatabase``."""

from mirrors.config import Settings
from mirrors.planning.variables.dsn import identify_for_confirmation, identify_service, normalize_identity


def normalize_confirmed_identities(settings: Settings) -> frozenset[str]:
    """Return the identities in ``confirmDatabase``, as ``identify_service`` spells them."""
    return frozenset(normalize_identity(identity) for identity in settings.confirmed_identities)


def is_confirmed(settings: Settings, slug: str, name: str, value: str | None) -> bool:
    """Return whether the user confirmed the value of a site's variable."""
    return identify_for_confirmation(identify_service(value), slug, name) in normalize_confirmed_identities(settings)
