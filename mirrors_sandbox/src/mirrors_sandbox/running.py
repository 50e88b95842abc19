"""The running parts of a sandbox: its server and its sites, with their addresses and logins."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mirrors_sandbox.databases import databases
from mirrors_sandbox.logins import ADMIN, passwords
from mirrors_sandbox.ports import LOOPBACK
from mirrors_sandbox.process import Recorded
from mirrors_sandbox.process_records import ProcessRecords, read_record
from mirrors_sandbox.state import StateDirectory

__all__ = ["Login", "RunningSite", "SandboxStatus", "find_server", "list_logins", "read_status"]


@dataclass(frozen=True)
class RunningSite:
    """A site process that runs."""

    application: str
    environment: str
    address: str
    pid: int


@dataclass(frozen=True)
class SandboxStatus:
    """A running sandbox: its processes and addresses.

    ``admin_password`` and ``token`` name files, never the secrets in them.
    """

    running: bool
    url: str
    pid: int | None
    runner: str
    admin: str
    admin_password: str
    token: str
    database_server: str | None
    sites: list[RunningSite]

    def dump(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Login:
    """The logins of each site. ``address`` is None while nothing serves there."""

    what: str
    address: str | None
    user: str
    password: str = field(repr=False)


def find_server(state: StateDirectory) -> Recorded | None:
    """Return the server's process, if it runs."""
    recorded = read_record(state / "sandbox.pid")
    return recorded if recorded and recorded.alive else None


def read_status(state: StateDirectory) -> SandboxStatus:
    """Return what runs, and where.

    Raises:
        SandboxError: The sandbox was never started.
    """
    settings = state.known_settings()
    server, database = find_server(state), databases(state).running
    return SandboxStatus(
        running=server is not None,
        url=state.url,
        pid=server.pid if server else None,
        runner=settings.runner,
        admin=f"{state.url}/admin/",
        admin_password=str(state / "admin_password"),
        token=str(state / "token"),
        database_server=f"{LOOPBACK}:{database.port}" if database else None,
        sites=_list_sites(state),
    )


def list_logins(state: StateDirectory) -> list[Login]:
    """Return the logins to the control panel and the seeded sites, passwords in clear.

    Raises:
        SandboxError: The sandbox was never started.
    """
    found = read_status(state)
    panel = Login("control panel", found.admin, ADMIN, Path(found.admin_password).read_text(encoding="utf-8"))
    addresses = {f"{site.application}/{site.environment}": f"{site.address}admin/" for site in found.sites}
    kept = passwords(state).items()
    return [panel, *(Login(name, addresses.get(name), ADMIN, password) for name, password in sorted(kept))]


def _list_sites(state: StateDirectory) -> list[RunningSite]:
    running = [item for item in ProcessRecords(state / "processes") if item.kind == "site" and item.alive]
    return sorted(map(_describe_site, running), key=lambda site: (site.application, site.environment))


def _describe_site(recorded: Recorded) -> RunningSite:
    application, _, environment = recorded.label.partition("/")
    return RunningSite(application, environment, f"http://{LOOPBACK}:{recorded.port}/", recorded.pid)
