"""``mirrors sandbox …``: the local platform, started and handled by hand."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from mirrors_sandbox.control import Sandbox, Status
from mirrors_sandbox.state import DEFAULT_DIRECTORY, DIRECTORY_VARIABLE, DatabaseKind, Runner, SandboxError

NOT_RUNNING = 3  # exit code of `status`, as service managers have it
RUNNERS = click.Choice(["process", "none"])
DATABASES = click.Choice(["postgresql", "mariadb"])
output = Console(highlight=False, soft_wrap=True)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """A problem is one line on standard error and exit code 1."""
    try:
        yield
    except SandboxError as error:
        raise click.ClickException(str(error)) from error


def _command(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        with _plain_errors():
            function(*args, **kwargs)

    return guarded


def _say(line: str) -> None:
    output.print(line, markup=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--state-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=DIRECTORY_VARIABLE,
    default=DEFAULT_DIRECTORY,
    show_default=True,
    help=f"Where the sandbox keeps everything; also from {DIRECTORY_VARIABLE}.",
)
@click.pass_context
def sandbox(context: click.Context, state_dir: Path) -> None:
    """A local platform that speaks Divio's API: rehearse on it, test against it."""
    context.obj = Sandbox(state_dir)


@sandbox.command()
@click.option(
    "--port", type=click.IntRange(1024, 65535), help="Port of the API.  [default: as before, else a free one]"
)
@click.option("--runner", type=RUNNERS, help="Whether deployments start processes.  [default: as before, else process]")
@click.option(
    "--deployment-seconds",
    type=click.FloatRange(0),
    help="How long a deployment takes with --runner none.  [default: 0]",
)
@click.option(
    "--database",
    type=DATABASES,
    help="Server of the sites' databases. MariaDB must be installed.  [default: as before, else postgresql]",
)
@click.option("--foreground", is_flag=True, help="Serve here until interrupted; the log goes to the terminal.")
@click.pass_obj
@_command
def start(
    box: Sandbox,
    port: int | None,
    runner: Runner | None,
    deployment_seconds: float | None,
    database: DatabaseKind | None,
    foreground: bool,
) -> None:
    """Start the server, the databases, and the sites that served before."""
    if foreground:
        box.start_in_foreground(runner, port, deployment_seconds, database)
        return
    fresh = box.start(runner, port, deployment_seconds, database)
    status = box.status()
    _say(f"The sandbox {'serves' if fresh else 'serves already'} on {status.url}, runner {status.runner}")
    if status.runner == "none":
        _say("Deployments start no process, so no site has an address (DOMAIN) at which to ask whether it is healthy")
    _say(f"Control panel: {status.admin}, user admin, password in {status.admin_password}")
    _say(f"Token: in {status.token}")


@sandbox.command()
@click.pass_obj
@_command
def stop(box: Sandbox) -> None:
    """Stop sites, server and databases; the state stays."""
    ended = box.stop()
    _say(f"Stopped {', '.join(ended)}." if ended else "Nothing was running.")


@sandbox.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
@_command
def status(box: Sandbox, as_json: bool) -> None:
    """Show what runs and where. Exit code 0 if the sandbox runs, 3 if not."""
    found = box.status() if (box.state / "settings.json").exists() else None
    if as_json:
        click.echo(json.dumps(found.dump() if found else {"running": False}, indent=2))
    elif found is None:
        _say("There is no sandbox: start one with `mirrors sandbox start`.")
    else:
        _show(found)
    if found is None or not found.running:
        sys.exit(NOT_RUNNING)


def _show(found: Status) -> None:
    _say(f"{found.url}, process {found.pid}, runner {found.runner}" if found.running else f"{found.url}: not running")
    _say(f"control panel {found.admin}, user admin, password in {found.admin_password}")
    _say(f"token in {found.token}")
    _say(f"database server {found.database_server or 'not running'}")
    if found.sites:
        table = Table("application", "environment", "address", "process", box=None)
        for site in found.sites:
            table.add_row(site.application, site.environment, site.address, str(site.pid))
        output.print(table)


@sandbox.command()
@click.pass_obj
@_command
def passwords(box: Sandbox) -> None:
    """Print who may log in to the control panel and to the seeded sites. Nothing else ever prints a password."""
    for login in box.logins():
        _say(f"{login.what}: {login.address or 'not running'}, user {login.user}, password {login.password}")


@sandbox.command()
@click.option("--original", default="acme", show_default=True, help="The original's slug.")
@click.option(
    "--mirror", "mirrors", multiple=True, help="A mirror's slug; repeat it.  [default: acme-de acme-fr acme-ch]"
)
@click.option("--mirrors", "numbered", type=click.IntRange(0), help="Make so many numbered mirrors.")
@click.option(
    "--by-hand", multiple=True, metavar="SLUG", help="A mirror that somebody has set up without Mirrors; repeat it."
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
@_command
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
    box.seed(original, named, numbered or 0, codebase, report=_say, python=python, by_hand=by_hand)


@sandbox.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
@_command
def reset(box: Sandbox, yes: bool) -> None:
    """Stop everything and remove the whole state: applications, databases, uploaded files."""
    if not box.state.exists:
        _say(f"There is nothing in {box.state.root}.")
        return
    if not yes:
        click.confirm(f"Remove the sandbox in {box.state.root} with all its databases?", abort=True)
    box.reset()
    _say(f"{box.state.root} is removed.")


@sandbox.command(context_settings={"ignore_unknown_options": True})  # -x- is a wrong name, and is reported as one
@click.argument("original")
@click.argument("name")
@click.pass_obj
@_command
def mirror(box: Sandbox, original: str, name: str) -> None:
    """Make a mirror of an original, fresh as the Control Panel leaves it."""
    box.mirror(original, name, report=_say)


@sandbox.command()
@click.argument("application")
@click.argument("environment")
@click.option("--no-wait", is_flag=True, help="Return as soon as it is posted.")
@click.pass_obj
@_command
def deploy(box: Sandbox, application: str, environment: str, no_wait: bool) -> None:
    """Deploy an environment by hand, and show its log."""
    box.deploy(application, environment, wait=not no_wait, report=_say)


@sandbox.command()
@click.argument("original")
@click.argument("environment")
@click.pass_obj
@_command
def rotate(box: Sandbox, original: str, environment: str) -> None:
    """Give the database of an environment a new password; deploy the original there to let it take effect."""
    box.rotate(original, environment, report=_say)


@sandbox.group()
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
@_command
def add(box: Sandbox, kind: str, times: int | None, settings: tuple[str, ...], **options: Any) -> None:
    """Inject a fault of this KIND, e.g. latency, throttle, error, deployment-fails."""
    box.add_fault(kind, report=_say, remaining=times, settings=dict(map(_setting, settings)), **options)


@fault.command("list")
@click.pass_obj
@_command
def list_(box: Sandbox) -> None:
    """Show the faults that are injected."""
    box.list_faults(report=_say)


@fault.command()
@click.pass_obj
@_command
def clear(box: Sandbox) -> None:
    """Remove all faults."""
    box.clear_faults(report=_say)


def _setting(text: str) -> tuple[str, Any]:
    """``seconds=3`` and ``set={"STAGE": "live"}`` are read as JSON, what is no JSON as text."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SandboxError(f"--set takes KEY=VALUE, not {text!r}")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
