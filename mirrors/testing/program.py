"""Run a program that declares fleets, under Pulumi's Mocks, on a described platform."""

import logging
import runpy
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import Mocks

from mirrors.config.platforms import DEFAULT_PLATFORM, platform_kind_of
from mirrors.problems import Problem
from mirrors.program.observing import OBSERVER
from mirrors.program.refusal import FleetRefusedError
from mirrors.pulumi_internals import own_event_loop
from mirrors.testing.mocks import FleetMocks, SentSite
from mirrors.testing.platform import DescribedPlatform

__all__ = ["ProgramRun", "run_program"]

_TOKEN = {"mirrors:apiToken": "described"}


@dataclass(frozen=True)
class ProgramRun:
    """The result of a program.

    Args:
        outputs: {name: value} that the program exported.
        sites: {slug: the site} that the program declared.
        messages: The lines that Pulumi would show.
    """

    outputs: Mapping[str, Any] = field(repr=False)
    sites: Mapping[str, SentSite]
    messages: Sequence[str]


@dataclass
class _Messages(logging.Handler):
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = logging.Handler.__hash__

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def run_program(
    program: Callable[[], object] | Path,
    platform: DescribedPlatform,
    *,
    stack: str = "test",
    project: str = "project",
    preview: bool = False,
    config: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    mocks: Mocks | None = None,
) -> ProgramRun:
    """Run a program on Divio. It asks no platform, starts no process, and leaves Pulumi's settings as they are.

    Args:
        program: The program: a function, or the path of a ``__main__.py``.
        platform: The platform that the fleets are on.
        stack: The stack's name. It is the environment too, unless ``config`` has ``mirrors:environment``.
        project: The project's name.
        preview: Whether it is a preview.
        config: {key with its namespace: value} of the configuration. A value that is an object is JSON.
        secrets: The same, of secret keys.
        mocks: The mocks of resources that are not a fleet's.

    Returns:
        The outputs, and what the program declared.

    Raises:
        FleetRefusedError: A fleet has problems, or ``config`` names another platform. ``problems`` has them.
        RunError: The program fails otherwise: for example, an ``Output`` is no value that a variable takes.
    """
    values = {**_TOKEN, **(config or {}), **(secrets or {})}
    _refuse_other_platforms(values.get("mirrors:platform"))
    settings = _Settings(stack, project, preview, values, ["mirrors:apiToken", *(secrets or ())])
    return copy_context().run(_run, program, FleetMocks(platform, mocks), settings)


def _refuse_other_platforms(platform: str | None) -> None:
    """Refuse a platform that no test can describe. Its part of the program would ask a real host."""
    kind = platform_kind_of({"platform": platform})
    if kind != DEFAULT_PLATFORM:
        said = f"run_program describes Divio, and the configuration names {kind}. The program would ask a real host."
        remedy = "Leave the key out, or test the program on that platform with Pulumi"
        raise FleetRefusedError([Problem("platform-not-described", said, remedy, path="mirrors:platform")])


@dataclass(frozen=True)
class _Settings:
    stack: str
    project: str
    preview: bool
    values: Mapping[str, str] = field(repr=False)
    secret_keys: list[str] = field(default_factory=list)


def _run(program: Callable[[], object] | Path, mocks: FleetMocks, settings: _Settings) -> ProgramRun:
    """Run the program in a context of its own: Pulumi keeps its settings in context variables."""
    messages, logger = _Messages(), logging.Logger("mirrors.testing", logging.INFO)
    logger.addHandler(messages)
    OBSERVER.set(mocks.platform.observe)
    pulumi.runtime.set_all_config(dict(settings.values), settings.secret_keys)
    with own_event_loop():
        pulumi.runtime.set_mocks(mocks, settings.project, settings.stack, settings.preview, logger)
        try:
            outputs = _run_to_end(program)
        except Exception:
            if mocks.problems:
                raise FleetRefusedError(mocks.problems) from None
            raise
    return ProgramRun(outputs, mocks.sites, messages.lines)


def _run_to_end(program: Callable[[], object] | Path) -> dict[str, Any]:
    """Run a program, and return what it exported."""
    exported: dict[str, Any] = {}

    def run() -> pulumi.Output[None]:
        if isinstance(program, Path):
            runpy.run_path(str(program), run_name="__main__")
        else:
            program()
        stack = pulumi.runtime.get_root_resource()
        found = pulumi.Output.from_input(dict(getattr(stack, "outputs", {})))
        return found.apply(exported.update, run_with_unknowns=True)

    runs_to_its_end: Any = pulumi.runtime.test
    runs_to_its_end(run)()
    return exported
