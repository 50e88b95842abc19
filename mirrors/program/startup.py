"""The start of a program: read the configuration, and refuse it with every problem."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from mirrors.config import Settings, parse_configuration
from mirrors.config.files.project_files import ProjectFiles
from mirrors.config.messages.wording import format_value, suggest_known
from mirrors.config.models.base import select_own_keys
from mirrors.config.program_fleet import ProgramFleet
from mirrors.config.rules.secrecy import find_plain_secrets
from mirrors.planning.rollout.waves import MANUAL_RELEASE_SITES, RolloutPlan
from mirrors.planning.site_plan import SitePlan
from mirrors.problems import Note, Problem
from mirrors.program.announcements import announce_note, announce_rollout
from mirrors.program.refusal import FleetRefusedError
from mirrors.pulumi_internals import engine_parallel, read_program_configuration
from mirrors.web_addresses import host_name_of, is_this_machine

SANDBOX_PASSPHRASE = "sandbox"  # noqa: S105 - published: it encrypts nothing but a rehearsal's state
"""The sandbox's published passphrase."""


@dataclass(frozen=True)
class ProgramConfiguration:
    """The configuration of a program.

    Args:
        settings: The settings, as far as they can be used.
        problems: The problems in them.
        manual_release_sites: The sites that ``mirrors deploy`` names for a release with ``follow: manual``.
    """

    settings: Settings
    problems: tuple[Problem, ...]
    manual_release_sites: tuple[str, ...]


def load_configuration(declared: ProgramFleet | None = None) -> ProgramConfiguration:
    """Load the configuration.

    Args:
        declared: The fleet of the program's arguments, in place of the configured one.

    Raises:
        FleetRefusedError: There are no settings at all.
    """
    everything, secrets = read_program_configuration()
    raw, stack = {own: everything[key] for own, key in select_own_keys(everything).items()}, pulumi.get_stack()
    files = ProjectFiles.find(Path.cwd(), stack)
    values = {key: everything[key] for key in secrets if key in everything}
    plain = () if declared is None else tuple(find_plain_secrets(declared, values))
    loaded = parse_configuration(raw, stack, os.environ, files, select_own_keys(secrets).keys(), declared)
    if loaded.settings is None:
        raise FleetRefusedError([*loaded.problems, *plain])
    by_hand = tuple(dict.fromkeys(os.environ.get(MANUAL_RELEASE_SITES, "").split()))
    # A program may have several fleets in arguments, so a name that one of them lacks may be another's.
    unknown = () if declared else _find_unknown_sites(loaded.settings, by_hand)
    problems = (*loaded.problems, *plain, *unknown)
    return ProgramConfiguration(loaded.settings, problems, by_hand)


def report_rollout(
    settings: Settings, rollout: RolloutPlan, mirrors: Sequence[SitePlan], postponed: Sequence[str]
) -> None:
    """Report the waves in a preview, the postponed mirrors, and a warning if Pulumi's parallelism is too low."""
    preview, parallel = pulumi.runtime.is_dry_run(), settings.rollout.parallel
    if preview or rollout.rotates_credentials:
        announce_rollout(rollout, settings.program_fleet)
    if postponed:
        announce_note(Note(f"new, and not reached before the pause: {', '.join(postponed)}"), subject="rollout")
    at_once = engine_parallel()
    if at_once is not None and 0 < at_once < min(parallel, len(mirrors)):
        text = (
            f"mirrors:rollout.parallel is {parallel}, but Pulumi runs {at_once} operations at once here."
            f" Set PULUMI_PARALLEL={parallel}, or run the command with --parallel {parallel}"
        )
        announce_note(Note(text), warning=True)


def _find_unknown_sites(settings: Settings, manual_release_sites: Iterable[str]) -> list[Problem]:
    """Return a problem for each name without a site. Otherwise the release would silently reach no site."""
    known = settings.fleet.slugs
    return [
        Problem(
            "unknown-site",
            f"this fleet has no site {format_value(site)}.",
            suggest_known(site, known),
            path=f"{MANUAL_RELEASE_SITES} (environment variable)",
        )
        for site in manual_release_sites
        if site not in known
    ]


def find_published_passphrase(platform: str, environ: Mapping[str, str]) -> list[Problem]:
    """Return the problem of a published passphrase, if the platform is elsewhere: the state holds secrets.

    Args:
        platform: The address of the platform. One without a host is a socket of this machine.
        environ: The environment of the process.
    """
    host = host_name_of(platform)
    if not host or is_this_machine(host) or environ.get("PULUMI_CONFIG_PASSPHRASE") != SANDBOX_PASSPHRASE:
        return []
    return [
        Problem(
            "published-passphrase",
            f"this stack would encrypt the secrets of {host} with the sandbox's published passphrase.",
            "Set a PULUMI_CONFIG_PASSPHRASE of your own and make the stack anew with it: see the README, a real"
            " account",
        )
    ]
