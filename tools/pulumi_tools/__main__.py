"""``python -m tools.pulumi_tools``: tries the routes in turn."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from tools.pulumi_tools.inspection import verify
from tools.pulumi_tools.layout import Layout, UnavailableError
from tools.pulumi_tools.modules import build_modules
from tools.pulumi_tools.on_path import link_from_path
from tools.pulumi_tools.release import PUBLISHER, install_release

Route = Callable[[Layout], None]
ROUTES: Mapping[str, Route] = {
    "a Pulumi on PATH": link_from_path,
    "the official release": install_release,
    "built from Go modules": build_modules,
}
REMEDY = """Do one of these, then run `make tools` again:
  - install Pulumi {wanted}, so that `pulumi` and `pulumi-language-python` are on PATH;
  - let this machine reach {archives} and {checksums}, and install curl;
  - install Go, at least the version in tools/{module}/go.mod, with a way to Go modules."""
INTERRUPTED = 130


def ensure(layout: Layout, routes: Mapping[str, Route] = ROUTES) -> bool:
    """Return whether the tools are in place at the end. Leave tools alone that work already."""
    try:
        verify(layout, layout.bin)
    except UnavailableError:
        return any(attempt(layout, name, route) for name, route in routes.items())
    return True


def attempt(layout: Layout, name: str, route: Route) -> bool:
    """Take one route; report why where that is not possible."""
    try:
        route(layout)
    except UnavailableError as error:
        layout.say(f"not {name}: {error}")
        return False
    return True


def remedy(layout: Layout) -> str:
    """Return what to do where no route works."""
    return REMEDY.format(
        wanted=layout.wanted, module=layout.module.name, archives=PUBLISHER.archives, checksums=PUBLISHER.checksums
    )


@click.command()
@click.option("--oldest", is_flag=True, help="Make the oldest Pulumi that Mirrors supports, in .tools/oldest/bin.")
def main(*, oldest: bool) -> None:
    """Put Pulumi into .tools/bin. The exit code is 1 if no route works, and 130 after an interrupt."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    checkout = Path(__file__).resolve().parents[2]
    layout = Layout(checkout, os.environ, lambda line: click.echo(f"tools: {line}"), oldest)
    try:
        done = ensure(layout)
    except KeyboardInterrupt:
        layout.say("interrupted; nothing half-made is left in .tools")
        sys.exit(INTERRUPTED)
    if not done:
        click.echo(remedy(layout), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
