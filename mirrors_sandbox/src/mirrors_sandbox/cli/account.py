"""The account: applications, mirrors and deployments, as people make them by hand."""

from pathlib import Path

import click

from mirrors_sandbox.cli.output import plain_errors, say
from mirrors_sandbox.control import Sandbox


@click.command()
@click.option("--original", default="acme", show_default=True, help="The original's slug.")
@click.option(
    "--mirror", "mirrors", multiple=True, help="A mirror's slug; repeat it.  [default: acme-de acme-fr acme-ch]"
)
@click.option("--mirrors", "numbered", type=click.IntRange(0), help="Make so many numbered mirrors.")
@click.option(
    "--by-hand", multiple=True, metavar="SLUG", help="A mirror that someone has set up without Mirrors; repeat it."
)
@click.option(
    "--codebase",
    type=click.Path(path_type=Path),
    help="Directory of the site's code; a git repository keeps its history.  [default: examples/acme]",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    metavar="VENV",
    help="The virtual environment that its releases run with.  [default: the sandbox's own]",
)
@click.pass_obj
@plain_errors
def seed(
    box: Sandbox,
    original: str,
    mirrors: tuple[str, ...],
    numbered: int | None,
    by_hand: tuple[str, ...],
    codebase: Path | None,
    python: Path | None,
) -> None:
    """Make an account: an original, deployed to Test and Live, and fresh mirrors. A second time changes nothing.

    The next release of the original is a push to its repository, which is named at the end, and a deployment.
    """
    said = mirrors or by_hand or numbered is not None
    named = mirrors if said else tuple(f"{original}-{country}" for country in ("de", "fr", "ch"))
    box.seed(original, named, numbered or 0, codebase, report=say, python=python, by_hand=by_hand)


@click.command(context_settings={"ignore_unknown_options": True})  # -x- is a wrong name, and is reported as one
@click.argument("original")
@click.argument("name")
@click.pass_obj
@plain_errors
def mirror(box: Sandbox, original: str, name: str) -> None:
    """Make a mirror of an original, fresh as the Control Panel leaves it."""
    box.mirror(original, name, report=say)


@click.command()
@click.argument("application")
@click.argument("environment")
@click.option("--no-wait", is_flag=True, help="Return as soon as it is posted.")
@click.pass_obj
@plain_errors
def deploy(box: Sandbox, application: str, environment: str, no_wait: bool) -> None:
    """Deploy an environment by hand, and show its log."""
    box.deploy(application, environment, wait=not no_wait, report=say)


@click.command()
@click.argument("original")
@click.argument("environment")
@click.pass_obj
@plain_errors
def rotate(box: Sandbox, original: str, environment: str) -> None:
    """Give the database of an environment a new password; deploy the original there to let it take effect."""
    box.rotate(original, environment, report=say)
