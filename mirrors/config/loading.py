"""Turn the raw values of the configuration into settings, and collect every problem in them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain

from mirrors.config.draft import ConfigurationDraft
from mirrors.config.files.project_files import NO_PROJECT_FILES, ProjectFiles
from mirrors.config.models.fleet import FleetSettings, SiteSettings
from mirrors.config.models.settings import Settings
from mirrors.config.program_fleet import ProgramFleet
from mirrors.config.rules.all_rules import validate_settings
from mirrors.config.rules.secrecy import find_secrecy_problems
from mirrors.config.rules.validation_context import ValidationContext
from mirrors.problems import Problem

__all__ = ["LoadedConfiguration", "parse_configuration"]


@dataclass(frozen=True)
class LoadedConfiguration:
    """The result of ``parse_configuration``.

    Args:
        settings: The settings without the parts that have a problem, so that Mirrors can still look at the platform.
            None if too much is wrong for that.
        problems: Every problem of the configuration.
        fleet: The valid part of the fleet, also where ``settings`` is None. None if the fleet itself is not valid.
        program_fleet: The name of the ``Fleet`` whose arguments declare it; None if the configuration does.
    """

    settings: Settings | None
    problems: tuple[Problem, ...]
    fleet: FleetSettings | None
    program_fleet: str | None = None


def parse_configuration(
    raw: Mapping[str, str],
    stack: str,
    environ: Mapping[str, str],
    files: ProjectFiles = NO_PROJECT_FILES,
    secret_keys: Collection[str] | None = None,
    declared: ProgramFleet | None = None,
) -> LoadedConfiguration:
    """Check a stack's configuration. It raises no error, however wrong the configuration is.

    Args:
        raw: The values of the namespace ``mirrors``, by key without the namespace. Pulumi's engine passes text
            unchanged, objects as JSON, and numbers as digits.
        stack: The stack's name, with or without organization and project.
        environ: The environment of the process. Some of its variables override the configuration, such as
            ``DIVIO_API_TOKEN``.
        files: The project's files, if they are known. A value that differs from the one in its file is a problem.
        secret_keys: The keys that are set as secrets, without the namespace. None if that is not known.
        declared: The fleet of a program. It replaces the keys of the configuration that declare one.
    """
    stack, name = stack.rpartition("/")[2], declared.name if declared else None
    of_program = () if declared is None else (*declared.problems, *declared.find_unread_keys(raw.keys()))
    raw = raw if declared is None else declared.drop_fleet_keys(raw)
    draft = ConfigurationDraft.from_raw(raw, stack, environ, files, declared)
    draft.problems += of_program
    settings = draft.validate()
    secrecy = () if secret_keys is None else tuple(find_secrecy_problems(raw.keys(), secret_keys))
    if settings is None:
        return LoadedConfiguration(None, (*draft.problems, *secrecy), None, name)
    context = ValidationContext(settings, draft.positions, draft.named, stack)
    problems = (*draft.problems, *validate_settings(context), *secrecy)
    sound = _drop_conflicts(settings).with_stack(stack, name)
    return LoadedConfiguration(sound if draft.usable else None, problems, sound.fleet, name)


def _drop_conflicts(settings: Settings) -> Settings:
    """Drop the second of two equal applications, and each declared SITE_ID that is not free.

    Both are reported as problems already. The planner should not report them again.
    """
    fleet = settings.fleet
    taken = {*chain.from_iterable(fleet.ids_kept_free.values())}
    sites: dict[str, SiteSettings] = {}
    for site in fleet.sites:
        if site.application not in sites:
            free = site.site_id not in taken
            sites[site.application] = site if free else site.model_copy(update={"site_id": None})
            taken |= {site.site_id} if site.site_id else set()
    original, *mirrors = sites.values()
    fleet = fleet.model_copy(update={"original": original, "mirrors": tuple(mirrors)})
    return settings.model_copy(update={"fleet": fleet})
