"""Runs the project's own program under Pulumi's Mocks, and prints what it registered as JSON.

The program is a process of its own, which ``registered`` starts. It reads its configuration from the process
environment, and Pulumi's SDK keeps what it does in globals. The mocked engine does what the real one does before a
create. It asks the real provider's ``check``, and takes its answer, with made-up outputs, for what there is.
"""

import asyncio
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import Config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from mirrors.planning.plan import plan_fleet
from mirrors.planning.site_ids.request import LedgerFacts, dump_configured_hints, dump_observed_hints
from mirrors.program.scheduler import RolloutScheduler
from mirrors.program.site_resources import register_mirror, register_original
from mirrors.program.variable_inputs import FleetContext
from mirrors.resources.original import Original, OriginalProvider
from mirrors.resources.provider import Provider
from mirrors.resources.site import SiteProvider
from mirrors.resources.site_ids import SiteIds, SiteIdsProvider
from tests.unit.fleets import fresh, seen, settings
from tests.wire.provider import as_on_the_wire, in_clear

ROOT = Path(__file__).parents[2]
TYPES = "pulumi-python:dynamic/mirrors:"
SITES = (f"{TYPES}Mirror", f"{TYPES}OriginalSite")
PROVIDERS: dict[str, type[Provider]] = {
    f"{TYPES}SiteIds": SiteIdsProvider,
    f"{TYPES}Original": OriginalProvider,
    **dict.fromkeys(SITES, SiteProvider),
}
SECRET_KEYS = ("apiToken", "secrets", "sharedValues")
TIMEOUT = 120.0  # seconds


@dataclass(frozen=True)
class Registered:
    """One registration. ``parent`` and ``after`` are ``Type name``; ``aliases`` names; ``ignored`` properties.

    ``inputs`` are as on the wire; ``property_dependencies`` those properties for which the state keeps a list.
    """

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    protect: bool
    retained: bool
    deleted_first: bool
    aliases: list[str]
    ignored: list[str]
    after: list[str]
    property_dependencies: list[str]

    @property
    def title(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True)
class Ran:
    """``resources`` in the order in which they were registered; ``outputs`` are those of the stack."""

    code: int
    said: str
    resources: list[Registered]
    outputs: dict[str, Any]

    def of(self, kind: str) -> dict[str, Registered]:
        """Return {name: resource} of one type."""
        return {item.name: item for item in self.resources if item.type == kind}


def registered(
    configuration: Mapping[str, str],
    stack: str,
    *,
    preview: bool = False,
    reference: Mapping[str, Any] | None = None,
    secret: Sequence[str] = SECRET_KEYS,
) -> Ran:
    """By the project's program. ``configuration``: raw values of ``mirrors``; ``reference``: a stack's outputs.

    ``secret``: the keys of the configuration that were set as secrets, in whole or in part.
    """
    asked = {"stack": stack, "preview": preview, "reference": reference, "made_up": 0}
    return _run(asked, {f"mirrors:{key}": value for key, value in configuration.items()}, secret)


def registered_for(mirrors: int) -> Ran:
    """For a fleet that no platform has, with so many mirrors."""
    return _run({"stack": "test", "preview": False, "reference": None, "made_up": mirrors}, {})


def _run(asked: Mapping[str, Any], config: Mapping[str, str], secret: Sequence[str] = SECRET_KEYS) -> Ran:
    ran = in_a_process(__name__, asked, config, secret, TIMEOUT)
    return ran_as(ran, ran.stdout if ran.returncode == 0 else "")


def in_a_process(
    module: str, asked: Mapping[str, Any], config: Mapping[str, str], secret: Sequence[str], timeout: float, **more: str
) -> "subprocess.CompletedProcess[str]":
    """Return the module's ``main``, which reads ``asked``.

    ``config``: as the engine hands it out. ``more`` variables.
    """
    inherited = {key: item for key, item in os.environ.items() if not key.startswith(("DIVIO_", "PULUMI_", "DOCKER_"))}
    keys = json.dumps([f"mirrors:{key}" for key in secret])
    # The SDK makes an event loop in each of its threads, and closes none.
    return subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-m", module],
        input=json.dumps(asked),
        env={**inherited, **more, "PULUMI_CONFIG": json.dumps(config), "PULUMI_CONFIG_SECRET_KEYS": keys},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def ran_as(ran: "subprocess.CompletedProcess[str]", answered: str) -> Ran:
    """``answered``: what such a process printed of its registrations, as JSON; empty if nothing."""
    answer = json.loads(answered) if answered else {"resources": [], "outputs": {}}
    return Ran(ran.returncode, ran.stderr, [Registered(**item) for item in answer["resources"]], answer["outputs"])


def configured(provider: Provider) -> Provider:
    """Configure a provider as the engine does, where there is a platform."""
    configuration = json.loads(os.environ["PULUMI_CONFIG"])
    if "mirrors:apiToken" in configuration:
        provider.load_provider_settings(Config(configuration, "acme"))
    return provider


class Engine(Mocks):
    def __init__(self, reference: Mapping[str, Any] | None) -> None:
        self.reference = reference

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(f"the program calls nothing, but did {args.token}")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"name": args.name, "outputs": self.reference, "secretOutputNames": []}
        if args.typ not in PROVIDERS:
            return "", args.inputs
        given = in_clear(args.inputs) if args.typ in SITES else args.inputs
        checked = configured(PROVIDERS[args.typ]()).check({}, given)
        assert checked.failures == [], [item.reason for item in checked.failures]
        outputs = {"deployment": f"d-{args.name}", "url": f"https://{args.name}/"}
        return args.name, checked.inputs | (outputs if args.typ in SITES else {})


class Monitor(MockMonitor):
    """Notes everything about a registration, where Mocks see but name and inputs."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.requests: list[dict[str, Any]] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        self.requests.append(
            {
                "type": request.type.removeprefix(TYPES),
                "name": request.name,
                "parent": _title(request.parent),
                "inputs": as_on_the_wire(request.object),
                "protect": request.protect,
                "retained": request.retainOnDelete,
                "deleted_first": request.deleteBeforeReplace,
                "aliases": [alias.spec.name for alias in request.aliases],
                "ignored": list(request.ignoreChanges),
                "after": [_title(urn) for urn in request.dependencies],
                "property_dependencies": [key for key, item in request.propertyDependencies.items() if item.urns],
            }
        )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.outputs = as_on_the_wire(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def _title(urn: str) -> str:
    *_, kind, name = ["", *urn.split("::")]
    return f"{kind.split('$')[-1].removeprefix(TYPES)} {name}"


def declare(mirrors: int) -> None:
    """Declare what the Fleet does after it has looked at a platform."""
    slugs = [f"acme-{number:04}" for number in range(mirrors)]
    declared = settings(*slugs)
    planned = plan_fleet(declared, seen(*map(fresh, slugs)))
    assert planned.original is not None
    original = planned.original
    fleet = pulumi.ComponentResource("mirrors:index:Fleet", "acme")
    below = pulumi.ResourceOptions(parent=fleet)
    hints = {**dump_configured_hints(declared.fleet), **dump_observed_hints(LedgerFacts(planned.site_facts))}
    ids = SiteIds("acme", {**hints, "reference": None, "preview": False}, below)
    props = {
        "application": original.site.application_id,
        "environment": original.site.environment,
        "image_environment": original.image_environment,
        "release": original.release,
        "variables": {name: pulumi.Output.secret(value) for name, value in original.shared.items()},
        "identities": {},
    }
    scheduler = RolloutScheduler(planned.rollout, declared.rollout.parallel, preview=False)
    declaration = FleetContext(fleet, declared, original, ids, Original("acme", props, below), scheduler)
    _, release = register_original(declaration)
    for site in planned.mirrors:
        register_mirror(declaration, site, release)


def main() -> None:
    asked = json.load(sys.stdin)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    engine = Engine(asked["reference"])
    monitor = Monitor(engine)
    set_mocks(engine, project="any-name", stack=asked["stack"], preview=asked["preview"], monitor=monitor)

    def program() -> None:
        if asked["made_up"]:
            declare(asked["made_up"])
        else:
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
            stack = get_root_resource()
            assert isinstance(stack, Stack)
            stack.register_outputs(stack.outputs)  # the mocked stack was registered before it had any

    loop.run_until_complete(run_pulumi_func(program))
    loop.close()
    json.dump({"resources": monitor.requests, "outputs": monitor.outputs}, sys.stdout)


if __name__ == "__main__":
    main()
