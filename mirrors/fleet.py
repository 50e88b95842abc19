"""``Fleet``: the component of the user's program. It observes, plans, and declares the fleet's resources."""

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any, overload

import pulumi

from mirrors.config import OriginalSettings, Settings
from mirrors.config.messages.argument_paths import name_arguments
from mirrors.config.platforms import load_platform_part
from mirrors.config.program_fleet import ProgramFleet
from mirrors.errors import ConfigurationError
from mirrors.planning.platform_words import load_platform_words
from mirrors.planning.site_ids.request import dump_configured_hints, dump_observed_hints
from mirrors.planning.variables.confirmations import normalize_confirmed_identities
from mirrors.program.announcements import announce_refusal
from mirrors.program.arguments import FleetArgs, FleetArgsDict
from mirrors.program.declaration import make_program_fleet
from mirrors.program.declared_fleets import DeclaredFleets
from mirrors.program.declared_output import describe_declaration, report_declaration
from mirrors.program.outputs import FleetSite, FleetSites, former_aliases
from mirrors.program.platform import Platform
from mirrors.program.refusal import FleetRefusedError
from mirrors.program.startup import ProgramConfiguration, load_configuration
from mirrors.pulumi_internals import end_quietly_when_interrupted, limit_stack_traces, run_event_loop_once
from mirrors.resources.site_ids import RESOURCE_NAME, SiteIds


class Fleet(pulumi.ComponentResource):
    """An original with its mirrors, as arguments declare them, or without arguments the configuration.

    The configuration always says how to reach the platform, and how releases roll out. A program may have several
    fleets. Each has a name, a ledger of SITE_IDs and waves of its own.

    Args:
        name: The Fleet's name in the state. By default it is the original's slug. The ledger of SITE_IDs then has the
            name ``site-ids``, and outlives another name of the original.
        args: The original and the mirrors. Without it, the configuration of the namespace ``mirrors`` declares them.
        opts: Pulumi's options for a component, such as ``parent``.

    Raises:
        FleetRefusedError: Something is wrong. Mirrors has reported all problems together, and registered nothing.
    """

    sites: Mapping[str, FleetSite]
    """{slug: site}. A site has outputs, such as ``url``, that other resources may use."""

    rows: list[dict[str, Any]]
    """A list of ``{application, siteId, environment, url, deployment}``: the original first, then by slug. Single
    values are outputs, so that a preview shows what is known."""

    site_ids: pulumi.Output[dict[str, int]]
    """``{slug: id}``"""

    retired: pulumi.Output[dict[str, str]]
    """``{id: slug}``"""

    original: dict[str, Any]
    """``{application, environment, release, identities}``. The identities say what the shared values point at."""

    @overload
    def __init__(self, name: str | None, opts: pulumi.ResourceOptions, /) -> None: ...

    @overload
    def __init__(
        self,
        name: str | None = None,
        args: FleetArgs | FleetArgsDict | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...

    def __init__(
        self,
        name: str | None = None,
        args: FleetArgs | FleetArgsDict | pulumi.ResourceOptions | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        if isinstance(args, pulumi.ResourceOptions):
            args, opts = None, args
        end_quietly_when_interrupted()
        program_fleet = None if args is None else make_program_fleet(name, args)
        settings, platform = _prepare(name, program_fleet)
        outputs = describe_declaration(program_fleet) if program_fleet else {}
        if program_fleet:
            report_declaration(program_fleet.name, outputs)
        declared = settings.fleet.original
        self.name = name or declared.application
        self.aliases = former_aliases(None if name else declared.formerly)
        # The component itself has no alias: the engine (3.259 and 3.274) panics where a refresh that runs the program
        # meets a renamed one. The URN of a resource below it has the component's type, not its name. Upstream:
        # https://github.com/pulumi/pulumi/issues/21404
        super().__init__("mirrors:index:Fleet", self.name, None, opts)
        with limit_stack_traces():
            hints, options = self._allocation_hints(settings, platform), self._ledger_options(settings, name, opts)
            ids = SiteIds(name or RESOURCE_NAME, hints, options)
            found = platform.declare(self, ids, self._options_below())
        self.sites = FleetSites(found.sites)
        # In the order of the configuration, a reordered list of mirrors would show each moved row as a difference.
        self.rows = found.original + sorted(found.mirrors, key=itemgetter("application"))
        self.site_ids = ids.assignments.apply(_ids_by_name)
        self.retired = ids.retired.apply(_retired_names)
        self.original = found.about
        # The outputs hold nothing that may fail: the SDK would answer a failed deployment with a traceback.
        self.register_outputs(outputs)
        run_event_loop_once()

    @property
    def exported_ids(self) -> dict[str, pulumi.Output[Any]]:
        """``{siteIds, retired}``. Export them under the fleet's name for a stack that follows this one."""
        return {"siteIds": self.site_ids, "retired": self.retired}

    def _options_below(self) -> pulumi.ResourceOptions:
        """Return options with the former names. A renamed original renames these resources."""
        return pulumi.ResourceOptions(parent=self, aliases=self.aliases)

    def _ledger_options(
        self, settings: Settings, name: str | None, opts: pulumi.ResourceOptions | None
    ) -> pulumi.ResourceOptions:
        """Return the options of the ledger. It stays the same ledger under every former name and parent.

        A named Fleet in arguments has no former name: each of several would claim the one ledger ``site-ids``.
        """
        names = [] if name and settings.program_fleet else _former_ledger_names(settings.fleet.original, name)
        at_the_top = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::mirrors:index:Fleet::{self.name}"
        aliases = [pulumi.Alias(name=item) for item in names]
        if opts and opts.parent:
            aliases += [pulumi.Alias(name=item, parent=at_the_top) for item in [name or RESOURCE_NAME, *names]]
        return pulumi.ResourceOptions(parent=self, aliases=aliases)

    def _allocation_hints(self, settings: Settings, platform: Platform) -> dict[str, Any]:
        """Return what the ledger decides from, and what its ``check`` reports or records beside that."""
        return {
            **dump_configured_hints(settings.fleet),
            **dump_observed_hints(platform.ledger_facts),
            **({} if settings.program_fleet is None else {"fleet": settings.program_fleet}),
            "reference": self._read_reference(settings),
            "preview": pulumi.runtime.is_dry_run(),
            "stack": settings.stack,
            "confirmed": sorted(normalize_confirmed_identities(settings)),
            "keeps": settings.keeps_variables,
            "goes_on": load_platform_words(settings).goes_on,
        }

    def _read_reference(self, settings: Settings) -> dict[str, Any] | None:
        """Return the ids of the stack to follow.

        Several fleets of a stack export theirs under their names. A single one may export them at the top.
        """
        if (stack := settings.site_ids_from) is None:
            return None
        reference = pulumi.StackReference(
            stack if settings.program_fleet is None else f"{stack} for {self.name}",
            **({} if settings.program_fleet is None else {"stack_name": stack}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        site_ids, retired = reference.get_output("siteIds"), reference.get_output("retired")
        if settings.program_fleet is not None:
            own = reference.get_output(self.name)
            site_ids, retired = _prefer_own(own, "siteIds", site_ids), _prefer_own(own, "retired", retired)
        return {"stack": stack, "site_ids": site_ids, "retired": retired}


def _prepare(name: str | None, declared: ProgramFleet | None) -> tuple[Settings, Platform]:
    """Return the settings, and the platform, planned.

    Raises:
        FleetRefusedError: Something is wrong. Mirrors has reported every problem, and the error has them all.
    """
    try:
        configured, fleets = load_configuration(declared), DeclaredFleets.of_run()
        slugs = configured.settings.fleet.slugs
        own = name or configured.settings.fleet.original.application
        conflicts = fleets.find_conflicts(own, slugs)
        platform = _load_platform(replace(configured, problems=(*configured.problems, *conflicts)))
        fleets.add(own, slugs)
        return configured.settings, platform
    except FleetRefusedError as error:
        problems = [name_arguments(item, declared.name) if declared else item for item in error.problems]
        raise announce_refusal(problems) from None


def _load_platform(configured: ProgramConfiguration) -> Platform:
    """Return the stack's platform, planned. A stack on Divio loads nothing of Docker's, and needs no package of it."""
    try:
        platform: type[Platform] = load_platform_part(configured.settings.platform.kind, "program")
    except ConfigurationError as error:
        raise FleetRefusedError(error.problems) from None
    return platform(configured)


def _former_ledger_names(original: OriginalSettings, name: str | None) -> list[str]:
    names = (RESOURCE_NAME, original.application, original.formerly)
    return [item for item in names if item and item != (name or RESOURCE_NAME)]


def _prefer_own(own: pulumi.Output[Any], key: str, other: pulumi.Output[Any]) -> pulumi.Output[Any]:
    """Return the value that a fleet exported under its name; the stack's output of that key without one."""
    both = pulumi.Output.all(own, other)
    return both.apply(lambda found: found[0][key] if isinstance(found[0], Mapping) and key in found[0] else found[1])


def _ids_by_name(assignments: Mapping[str, Any]) -> dict[str, int]:
    return {item["name"]: int(item["id"]) for item in assignments.values()}


def _retired_names(retired: Mapping[str, Any] | None) -> dict[str, str]:
    return {site_id: who["name"] for site_id, who in (retired or {}).items()}
