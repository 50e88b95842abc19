"""Bring a new customer online: name the mirror, update Test, pin its SITE_ID, look at the site, update Live.

``python onboard.py acme-it`` does all of it, and ends with 0. If Mirrors finds a problem, the script prints the
problem's code, and Live is as it was.
"""

import argparse
import json
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pulumi import automation

from mirrors.problems import Problem
from mirrors.problems.events import EVENTS_VARIABLE, read_events

HERE = Path(__file__).parent
TIMEOUT = 30.0
"""Seconds that a site has for its answer."""


class OnboardingError(Exception):
    """A step failed. ``problems`` has what Mirrors says about it; it is empty if Pulumi itself failed."""

    def __init__(self, step: str, problems: tuple[Problem, ...], reason: str) -> None:
        self.problems = problems
        super().__init__("\n".join([f"{step} failed.", *(item.line for item in problems)] if problems else [reason]))


def onboard(slug: str, directory: Path = HERE, *, has_address: bool = True) -> int:
    """Bring a mirror online in Test and then in Live, and return its SITE_ID.

    Args:
        slug: The slug of an application that is a mirror already, as the Control Panel made it.
        directory: The directory of the project.
        has_address: Whether a site answers at its address. A sandbox may run none.

    Raises:
        OnboardingError: A step failed.
    """
    customers = directory / "customers.json"
    before = customers.read_text(encoding="utf-8")
    _write_customers(customers, {**json.loads(before), slug: None})
    try:
        outputs = update("test", directory)
    except OnboardingError:
        customers.write_text(before, encoding="utf-8")
        raise
    site_id = int(outputs["siteIds"][slug])
    _write_customers(customers, {**json.loads(before), slug: site_id})
    if has_address:
        look_at(outputs["urls"][slug])
    update("live", directory)
    return site_id


def update(stack: str, directory: Path) -> Mapping[str, Any]:
    """Run ``pulumi up`` on a stack, and return the stack's outputs. It ends only when each site is healthy.

    Raises:
        OnboardingError: The update failed.
    """
    with TemporaryDirectory() as folder:
        events = Path(folder) / "events"
        events.touch()
        options = automation.LocalWorkspaceOptions(env_vars={EVENTS_VARIABLE: str(events)})
        try:
            chosen = automation.select_stack(stack, work_dir=str(directory), opts=options)
            done = chosen.up()
        except automation.StackNotFoundError:
            missing = f"There is no stack {stack} in {directory}. Make it with: pulumi stack init {stack}"
            raise OnboardingError(f"The update of {stack}", (), missing) from None
        except automation.CommandError as error:
            raise OnboardingError(f"The update of {stack}", read_events(events).problems, str(error)) from None
    return {name: output.value for name, output in done.outputs.items()}


def look_at(url: str) -> None:
    """Ask a site once, as a visitor does. Raises OnboardingError."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - the address that Mirrors gave
            answer.read(1)
    except OSError as error:
        raise OnboardingError(f"The look at {url}", (), f"{url} does not answer: {error}") from None


def _write_customers(file: Path, customers: Mapping[str, int | None]) -> None:
    file.write_text(json.dumps(customers, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Bring a new customer online.")
    parser.add_argument("slug", help="The slug of the mirror's application.")
    parser.add_argument(
        "--without-address", action="store_true", help="Do not ask the site, for a sandbox without any."
    )
    asked = parser.parse_args()
    try:
        site_id = onboard(asked.slug, has_address=not asked.without_address)
    except OnboardingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{asked.slug}: online with SITE_ID {site_id}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
