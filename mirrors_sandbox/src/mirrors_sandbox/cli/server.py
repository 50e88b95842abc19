"""The server: start it, look at it, stop it, remove it."""

import json
import sys

import click
from rich.table import Table

from mirrors_sandbox.cli.output import output, plain_errors, say
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.running import SandboxStatus
from mirrors_sandbox.state import DatabaseKind, Runner

NOT_RUNNING_EXIT_CODE = 3
"""The exit code of ``status`` where nothing runs, as service managers have it."""
RUNNERS = click.Choice(["process", "none"])
DATABASES = click.Choice(["postgresql", "mariadb"])


@click.command()
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
@plain_errors
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
    say(f"The sandbox {'serves' if fresh else 'serves already'} on {status.url}, runner {status.runner}")
    if status.runner == "none":
        say("Deployments start no process, so no site has an address (DOMAIN) at which to ask whether it is healthy")
    say(f"Control panel: {status.admin}, user admin, password in {status.admin_password}")
    say(f"Token: in {status.token}")


@click.command()
@click.pass_obj
@plain_errors
def stop(box: Sandbox) -> None:
    """Stop sites, server and databases; the state stays."""
    ended = box.stop()
    say(f"Stopped {', '.join(ended)}." if ended else "Nothing was running.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
@plain_errors
def status(box: Sandbox, as_json: bool) -> None:
    """Show what runs and where. Exit code 0 if the sandbox runs, 3 if not."""
    found = box.status() if (box.state / "settings.json").exists() else None
    if as_json:
        click.echo(json.dumps(found.dump() if found else {"running": False}, indent=2))
    elif found is None:
        say("There is no sandbox: start one with `mirrors sandbox start`.")
    else:
        _show(found)
    if found is None or not found.running:
        sys.exit(NOT_RUNNING_EXIT_CODE)


def _show(found: SandboxStatus) -> None:
    say(f"{found.url}, process {found.pid}, runner {found.runner}" if found.running else f"{found.url}: not running")
    say(f"control panel {found.admin}, user admin, password in {found.admin_password}")
    say(f"token in {found.token}")
    say(f"database server {found.database_server or 'not running'}")
    if found.sites:
        table = Table("application", "environment", "address", "process", box=None)
        for site in found.sites:
            table.add_row(site.application, site.environment, site.address, str(site.pid))
        output.print(table)


@click.command()
@click.pass_obj
@plain_errors
def passwords(box: Sandbox) -> None:
    """Print who may log in to the control panel and to the seeded sites. Nothing else ever prints a password."""
    for login in box.logins():
        say(f"{login.what}: {login.address or 'not running'}, user {login.user}, password {login.password}")


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
@plain_errors
def reset(box: Sandbox, yes: bool) -> None:
    """Stop everything and remove the whole state: applications, databases, uploaded files."""
    if not box.state.exists:
        say(f"There is nothing in {box.state.root}.")
        return
    if not yes:
        click.confirm(f"Remove the sandbox in {box.state.root} with all its databases?", abort=True)
    box.reset()
    say(f"{box.state.root} is removed.")
