"""``Fleet``: the component of the user's program. It observes, plans, and declares the fleet's resources."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import pulumi

from mirrors.config import OriginalSettings, Settings
from mirrors.config.platforms import load_platform_part
from mirrors.errors import ConfigurationError
from mirrors.planning.platform_words import load_platform_words
from mirrors.planning.site_ids.request import dump_configured_hints, dump_observed_hints
from mirrors.planning.variables.confirmations import normalize_confirmed_identities
from mirrors.program.outputs import former_aliases
from mirrors.program.platform import Platform
from mirrors.program.startup import ProgramConfiguration, load_configuration, stop_with_problems
from mirrors.pulumi_internals import limit_stack_traces, run_event_loop_once
from mirrors.resources.site_ids import RESOURCE_NAME, SiteIds


class Fleet(pulumi.ComponentResource):
    """An original with its mirrors, as the configuration of the namespace ``mirrors`` declares them.

    A Fleet reports all problems together and ends the program before it registers a resource. Single values in the
    lists and maps below are outputs, so that a preview shows what is known.

    Args:
        name: The Fleet's name in the state. By default it is the original's slug. The ledger of SITE_IDs then has the
            name ``site-ids``, and outlives another name of the original.
        opts: Pulumi's options for a component, such as ``parent``.
    """

    sites: list[dict[str, Any]]
    """A list of ``{application, siteId, environment, url, deployment}``: the original first, then by slug."""

    site_ids: pulumi.Output[dict[str, int]]
    """``{slug: id}``"""

    retired: pulumi.Output[dict[str, str]]
    """``{id: slug}``"""

    original: dict[str, Any]
    """``{application, environment, release, identities}``. The identities say what the shared values point at."""

    def __init__(self, name: str | None = None, opts: pulumi.ResourceOptions | None = None) -> None:
        configured = load_configuration()
        settings = configured.settings
        platform = _load_platform(configured)
        declared = settings.fleet.original
        self.name = name or declared.application
        self.aliases = former_aliases(None if name else declared.formerly)
        # The component itself has no alias: the engine (3.259) panics where a refresh meets a renamed one. The URN of
        # a resource below it has the component's type, not its name.
        super().__init__("mirrors:index:Fleet", self.name, None, opts)
        with limit_stack_traces():
            hints, options = self._allocation_hints(settings, platform), self._ledger_options(declared, name, opts)
            ids = SiteIds(name or RESOURCE_NAME, hints, options)
            found = platform.declare(self, ids, self._options_below(self))
        # In the order of the configuration, a reordered list of mirrors would show each moved row as a difference.
        self.sites = found.original + sorted(found.mirrors, key=itemgetter("application"))
        self.site_ids = ids.assignments.apply(_ids_by_name)
        self.retired = ids.retired.apply(_retired_names)
        self.original = found.about
        # The outputs hold nothing that may fail: the SDK would answer a failed deployment with a traceback.
        self.register_outputs({})
        run_event_loop_once()

    def _options_below(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return options with the former names. A renamed original renames these resources."""
        return pulumi.ResourceOptions(parent=parent, aliases=self.aliases)

    def _ledger_options(
        self, original: OriginalSettings, name: str | None, opts: pulumi.ResourceOptions | None
    ) -> pulumi.ResourceOptions:
        """Return the options of the ledger. It stays the same ledger under every former name and parent."""
        names = [
            item
            for item in (RESOURCE_NAME, original.application, original.formerly)
            if item and item != (name or RESOURCE_NAME)
        ]
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
            "reference": self._read_reference(settings.site_ids_from),
            "preview": pulumi.runtime.is_dry_run(),
            "stack": settings.stack,
            "confirmed": sorted(normalize_confirmed_identities(settings)),
            "keeps": settings.keeps_variables,
            "goes_on": load_platform_words(settings).goes_on,
        }

    def _read_reference(self, stack: str | None) -> dict[str, Any] | None:
        if stack is None:
            return None
        reference = pulumi.StackReference(stack, opts=pulumi.ResourceOptions(parent=self))
        outputs = {"site_ids": reference.get_output("siteIds"), "retired": reference.get_output("retired")}
        return {"stack": stack, **outputs}


def _load_platform(configured: ProgramConfiguration) -> Platform:
    """Return the stack's platform, planned. A stack on Divio loads nothing of Docker's, and needs no package of it."""
    try:
        platform: type[Platform] = load_platform_part(configured.settings.platform.kind, "program")
    except ConfigurationError as error:
        stop_with_problems(error.problems)
    return platform(configured)


def _ids_by_name(assignments: Mapping[str, Any]) -> dict[str, int]:
    return {item["name"]: int(item["id"]) for item in assignments.values()}


def _retired_names(retired: Mapping[str, Any] | None) -> dict[str, str]:
    return {site_id: who["name"] for site_id, who in (retired or {}).items()}
