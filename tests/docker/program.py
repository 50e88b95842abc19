"""Runs the project's own program under Pulumi's Mocks, with ``platform: docker``.

A program either starts nothing, or starts all of it. Then the containers that it declares are made on a real Docker
engine, one by one as the registrations come. The dynamic resources do their real work there. Only the plugin is
missing. A process of its own, as in ``tests.unit.program_under_mocks``.
"""

import asyncio
import json
import logging
import runpy
import sys
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.mocks import set_mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from tests.docker.starting import Declaring, Starting
from tests.unit.program_under_mocks import ROOT, Monitor, Ran, in_a_process, ran_as

FLEET = {
    "original": {"application": "acme"},
    "mirrors": [{"application": "acme-de"}, {"application": "acme-fr"}, {"application": "acme-ch"}],
}
REFERENCE = {"siteIds": {"acme": 1, "acme-de": 2}, "retired": {}}
"""The outputs of the stack that one may follow."""

SECRET_KEYS = ("dockerTls", "secrets", "sharedValues")
TIMEOUT = 240.0  # seconds


def declared(host: str, *, stack: str = "test", preview: bool = False, **configuration: Any) -> Ran:
    """Return what the program registers. ``configuration``: values of ``mirrors``, objects as they are."""
    return _run({"stack": stack, "preview": preview, "host": host, "starts": False}, configuration)


def started(host: str, **configuration: Any) -> Ran:
    """Return the same, and all of it is there afterwards, up to what failed."""
    return _run({"stack": "test", "preview": False, "host": host, "starts": True}, configuration)


def _run(asked: Mapping[str, Any], configuration: Mapping[str, Any]) -> Ran:
    values = {"platform": "docker", "fleet": FLEET, "docker": {"image": "acme:1"}, **configuration}
    raw = {f"mirrors:{key}": item if isinstance(item, str) else json.dumps(item) for key, item in values.items()}
    ran = in_a_process(
        __name__, {**asked, "configuration": raw}, raw, SECRET_KEYS, TIMEOUT, DOCKER_HOST=str(asked["host"])
    )
    return ran_as(ran, "".join(ran.stdout.splitlines()[-1:]))


def main() -> None:
    asked = json.load(sys.stdin)
    logging.basicConfig(
        format="%(levelname)s: %(message)s", level=logging.INFO
    )  # the calls that the mocked engine gets
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    configuration = asked["configuration"]
    engine = Starting(configuration, asked["host"]) if asked["starts"] else Declaring(configuration, REFERENCE)
    monitor = Monitor(engine)
    set_mocks(engine, project="any-name", stack=asked["stack"], preview=asked["preview"], monitor=monitor)

    def program() -> None:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        stack = get_root_resource()
        assert isinstance(stack, Stack)
        stack.register_outputs(stack.outputs)  # the mocked stack was registered before it had any

    try:
        loop.run_until_complete(run_pulumi_func(program))
    finally:
        loop.close()
        sys.stdout.write(json.dumps({"resources": monitor.requests, "outputs": monitor.outputs}) + "\n")


if __name__ == "__main__":
    main()
