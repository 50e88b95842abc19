"""Rules of a fleet on Divio about more than one key."""

from collections.abc import Iterator

from mirrors.config.messages.wording import format_path, problem_at
from mirrors.config.models.base import KeyPath
from mirrors.config.models.settings import Settings
from mirrors.config.values.variable_names import DATABASE_URL
from mirrors.problems import Problem


def check_original_variables_unused(settings: Settings) -> Iterator[Problem]:
    """Refuse variables of an original that Mirrors only reads: they would have no effect."""
    original = settings.fleet.original
    if original.deploy:
        return
    override = settings.overrides.mirrors.get(original.application)
    places: list[tuple[KeyPath, object]] = [
        (("fleet", "original", "variables"), original.variables),
        (("overrides", "mirrors", original.application, "variables"), override.variables if override else None),
        (("secrets", original.application), settings.secrets.get(original.application)),
    ]
    for place, declared in places:
        if declared:
            message = "Mirrors only reads the original, so these variables have no effect."
            remedy = f"Add deploy: true to {format_path(('fleet', 'original'))}, or remove them here"
            yield problem_at(place, "original-only-read", message, remedy)


def check_database_url_shared(settings: Settings) -> Iterator[Problem]:
    """Refuse a fleet that does not share DATABASE_URL: its value shows which sites use the fleet's database."""
    if DATABASE_URL not in settings.fleet.shared:
        message = (
            "DATABASE_URL is missing. Without it, Mirrors cannot see which sites share a database, and could give two"
            " of them one SITE_ID."
        )
        yield problem_at(("fleet", "shared"), "database-url-not-shared", message, "Add DATABASE_URL")
