"""A configured fleet as arguments, for a program that changes a part of it."""

import pulumi

from mirrors.config import DeclaredVariable, MirrorSettings, Settings, SiteSettings
from mirrors.config.values.rollout_values import HoldMode
from mirrors.program.announcements import announce_refusal
from mirrors.program.arguments import FleetArgs, Hold, MirrorArgs, OriginalArgs, Variables
from mirrors.program.refusal import FleetRefusedError
from mirrors.program.startup import load_configuration

__all__ = ["read_configured_arguments"]

_HOLDS: dict[HoldMode, Hold] = {"nothing": False, "variablesMayDeploy": "variablesMayDeploy", "everything": True}


def read_configured_arguments() -> FleetArgs:
    """Return the configured fleet. Each site has its variables from every key, and a secret is an ``Output``.

    Raises:
        FleetRefusedError: The configuration has problems. Each is reported.
    """
    try:
        configured = load_configuration()
    except FleetRefusedError as error:
        raise announce_refusal(error.problems) from None
    if configured.problems:
        raise announce_refusal(configured.problems)
    return _make_arguments(configured.settings)


def _make_arguments(settings: Settings) -> FleetArgs:
    fleet, original = settings.fleet, settings.fleet.original
    return FleetArgs(
        original=OriginalArgs(
            original.application,
            site_id=original.site_id,
            formerly=original.formerly,
            variables=_make_variables(settings, original),
            deploy=original.deploy,
        ),
        mirrors=[_make_mirror(settings, mirror) for mirror in settings.mirrors],
        shared=fleet.shared,
        shared_values={name: value.get_secret_value() for name, value in settings.shared_values.items()},
        retired=fleet.retired,
        reserved_site_ids=fleet.reserved_site_ids,
        reserved_for=fleet.reserved_for,
        release_site_ids=fleet.release_site_ids,
        highest_site_id=fleet.highest_site_id,
    )


def _make_mirror(settings: Settings, mirror: MirrorSettings) -> MirrorArgs:
    return MirrorArgs(
        mirror.application,
        site_id=mirror.site_id,
        formerly=mirror.formerly,
        variables=_make_variables(settings, mirror),
        hold=_HOLDS[settings.declared_hold(mirror)],
    )


def _make_variables(settings: Settings, site: SiteSettings) -> Variables:
    return {name: _make_value(item) for name, item in settings.variables_of(site.application).items()}


def _make_value(item: DeclaredVariable) -> pulumi.Input[str]:
    value = item.value or ""
    return pulumi.Output.secret(value) if item.secret else value
