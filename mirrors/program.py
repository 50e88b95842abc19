"""What a program does before it declares anything: read, look, plan, and refuse with everything that is wrong."""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

import pulumi

from mirrors.config import Settings, load
from mirrors.divio import Divio, DivioError
from mirrors.observe import Observer
from mirrors.planning.plan import FleetPlan, OriginalPlan, plan

NAMESPACE = "mirrors"
SAID_ALL = 32
"""The exit code that tells Pulumi's language host that the program has said what is wrong."""


@dataclass(frozen=True)
class Prepared:
    """A configuration and a plan without problems."""

    settings: Settings
    plan: FleetPlan
    original: OriginalPlan


def prepare() -> Prepared:
    """Configuration, observation and plan. Says every problem and leaves the program if there is one."""
    loaded = load(_raw_configuration(), pulumi.get_stack(), os.environ)
    if loaded.settings is None:
        refuse(loaded.problems)
    settings = loaded.settings
    divio = Divio.connect(
        settings.api_url,
        settings.api_token.get_secret_value(),
        max_concurrent_requests=settings.max_concurrent_requests,
    )
    try:
        planned = plan(settings, Observer(divio, settings).fleet())
    except DivioError as error:
        refuse([*loaded.problems, str(error)])
    problems = [*loaded.problems, *planned.problems]
    if problems or planned.original is None:
        refuse(problems)
    return Prepared(settings, planned, planned.original)


def refuse(problems: Iterable[str]) -> NoReturn:
    for problem in problems:
        pulumi.log.error(problem)
    sys.exit(SAID_ALL)


def _raw_configuration() -> dict[str, str]:
    """The values of our namespace, whatever the project is called, as the engine hands them to the program."""
    prefix = f"{NAMESPACE}:"
    everything = json.loads(os.environ.get("PULUMI_CONFIG", "{}"))
    return {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
