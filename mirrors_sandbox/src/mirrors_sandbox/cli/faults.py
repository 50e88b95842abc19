"""Faults: let requests and deployments go wrong."""

import json
from typing import Any

import click

from mirrors_sandbox.cli.output import plain_errors, say
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.state import SandboxError


@click.group()
def fault() -> None:
    """Let requests and deployments go wrong, on purpose and repeatably."""


@fault.command("add")
@click.argument("kind")
@click.option("--method", default="", help="Only requests with this method.")
@click.option("--path", default="", help="Only where this regular expression is found in the path.")
@click.option("--probability", type=click.FloatRange(0, 1), default=1.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Where its chances come from.")
@click.option("--times", type=click.IntRange(1), help="How often it strikes.  [default: for ever]")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the kind; repeat it.")
@click.pass_obj
@plain_errors
def add(box: Sandbox, kind: str, times: int | None, settings: tuple[str, ...], **options: Any) -> None:
    """Inject a fault of this KIND, e.g. latency, throttle, error, deployment-fails."""
    box.add_fault(kind, report=say, remaining=times, settings=dict(map(_setting, settings)), **options)


@fault.command("list")
@click.pass_obj
@plain_errors
def list_(box: Sandbox) -> None:
    """Show the faults that are injected."""
    box.list_faults(report=say)


@fault.command()
@click.pass_obj
@plain_errors
def clear(box: Sandbox) -> None:
    """Remove all faults."""
    box.clear_faults(report=say)


def _setting(text: str) -> tuple[str, Any]:
    """``seconds=3`` and ``set={"STAGE": "live"}`` are read as JSON, what is no JSON as text."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SandboxError(f"--set takes KEY=VALUE, not {text!r}")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
