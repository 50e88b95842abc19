"""Stand-ins for the engine in front of a program that declares containers: one writes them down, one starts them."""

import re
from collections.abc import Mapping
from typing import Any

import docker
from docker.types import EndpointConfig, Healthcheck, Mount
from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pulumi.dynamic.config import Config
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from mirrors.docker.password import DatabasePasswordProvider
from mirrors.docker.release import ReleaseProvider
from mirrors.docker.role import DatabaseRoleProvider
from mirrors.docker.serving import ServingProvider
from mirrors.resources.site_ids import SiteIdsProvider
from tests.wire.provider import SECRET, SIGNATURE, in_clear, marked

OWN = "pulumi-python:dynamic/mirrors:"
PROVIDERS: dict[str, type[ResourceProvider]] = {
    f"{OWN}{provider.__name__.removesuffix('Provider')}": provider
    for provider in (SiteIdsProvider, DatabasePasswordProvider, DatabaseRoleProvider, ReleaseProvider, ServingProvider)
}
PASSWORD = "canary-3c1e55"
UNITS = {"h": 3600, "m": 60, "s": 1}

Properties = dict[str, Any]


class Declaring(Mocks):
    """Takes everything for made. ``configuration``: the raw values of ``mirrors``, with their namespace."""

    def __init__(self, configuration: Mapping[str, str], reference: Mapping[str, Any] | None = None) -> None:
        self.configuration = configuration
        self.reference = reference

    def call(self, args: MockCallArgs) -> tuple[Properties, None]:
        raise AssertionError(f"the program calls nothing, but did {args.token}")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, Properties]:
        inputs = in_clear(args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"name": args.name, "outputs": self.reference, "secretOutputNames": []}
        if args.typ in PROVIDERS:
            id_, outputs = self.own(args.typ, inputs)
            return id_, {name: _as_given(args.inputs.get(name), value) for name, value in outputs.items()}
        if args.typ.startswith("docker:index/"):
            return self.theirs(args.typ.rpartition(":")[2], inputs)
        return "", inputs

    def own(self, kind: str, inputs: Properties) -> tuple[str, Properties]:
        checked = PROVIDERS[kind]().check({}, inputs)
        assert checked.failures == [], [item.reason for item in checked.failures]
        made = {"value": marked(PASSWORD)} if kind.endswith("DatabasePassword") else {}
        return kind, in_clear(checked.inputs) | made

    def theirs(self, kind: str, inputs: Properties) -> tuple[str, Properties]:
        outputs = {"RemoteImage": {"imageId": f"sha256:{inputs.get('name')}"}, "Image": {"repoDigest": "sha256:built"}}
        return f"id-{inputs.get('name')}", inputs | outputs.get(kind, {})


class Starting(Declaring):
    """Does on a Docker engine what the plugin would do, from the very arguments that it would be given."""

    def __init__(self, configuration: Mapping[str, str], host: str) -> None:
        super().__init__(configuration)
        self.client = docker.DockerClient(base_url=host)

    def own(self, kind: str, inputs: Properties) -> tuple[str, Properties]:
        provider = PROVIDERS[kind]()
        provider.configure(ConfigureRequest(Config(dict(self.configuration), "any")))
        checked = provider.check({}, inputs)
        assert checked.failures == [], [item.reason for item in checked.failures]
        made = provider.create(in_clear(checked.inputs))
        return made.id, made.outs or {}

    def theirs(self, kind: str, inputs: Properties) -> tuple[str, Properties]:
        name = inputs["name"]
        if kind == "RemoteImage":
            return name, inputs | {"imageId": self.client.images.get(name).id}
        labels = {item["label"]: item["value"] for item in inputs.get("labels") or ()}
        if kind == "Network":
            return str(self.client.networks.create(name, labels=labels).id), inputs
        if kind == "Volume":
            return str(self.client.volumes.create(name, labels=labels).id), inputs
        return self._container(inputs, labels), inputs

    def _container(self, inputs: Properties, labels: dict[str, str]) -> str:
        first, *others = inputs["networksAdvanced"]
        made = self.client.api.create_container(
            inputs["image"],
            inputs.get("command"),
            name=inputs["name"],
            environment=inputs["envs"],
            labels=labels,
            ports=[int(item["internal"]) for item in inputs.get("ports") or ()],
            healthcheck=_healthcheck(inputs.get("healthcheck")),
            host_config=self._host_config(inputs),
            networking_config={
                "EndpointsConfig": {first["name"]: EndpointConfig("1.41", aliases=first.get("aliases"))}
            },
        )
        for network in others:
            self.client.networks.get(network["name"]).connect(made["Id"], aliases=network.get("aliases"))
        self.client.api.start(made["Id"])
        return str(made["Id"])

    def _host_config(self, inputs: Properties) -> Any:
        memory = inputs.get("memory")
        return self.client.api.create_host_config(
            restart_policy={"Name": inputs["restart"]},
            port_bindings={
                int(item["internal"]): (item["ip"], int(item["external"])) for item in inputs.get("ports") or ()
            },
            mounts=[Mount(item["containerPath"], item["volumeName"]) for item in inputs.get("volumes") or ()],
            mem_limit=f"{int(memory)}m" if memory else None,
            memswap_limit=f"{int(inputs['memorySwap'])}m" if memory else None,
            init=inputs.get("init"),
            nano_cpus=int(float(inputs["cpus"]) * 10**9) if inputs.get("cpus") else None,
        )


def _as_given(given: Any, value: Any) -> Any:
    """Return the outputs; one whose input was a secret is one: so does the engine."""
    secret = isinstance(given, dict) and given.get(SIGNATURE) == SECRET
    return marked(value) if secret else value


def _healthcheck(check: Mapping[str, Any] | None) -> Healthcheck | None:
    if check is None:
        return None
    return Healthcheck(
        test=check["tests"],
        interval=nanoseconds(check["interval"]),
        timeout=nanoseconds(check["timeout"]),
        retries=int(check["retries"]),
        start_period=nanoseconds(check["startPeriod"]),
    )


def nanoseconds(duration: str) -> int:
    """Return the nanoseconds of a duration as Go writes it."""
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", duration)) * 10**9
