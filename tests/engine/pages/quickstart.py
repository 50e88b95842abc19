"""The machine of a user who follows ``docs/tutorials/divio.md``: nothing of Mirrors is on it but the checkout."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mirrors_sandbox.control import Sandbox

from tests.engine.pages.page import Section, page
from tests.engine.pages.reader import Reader, Steps, as_it_is, paste
from tests.engine.project import ROOT, Project
from tests.engine.template import write_constraints

PAGES = [page("tutorials/divio"), page("tutorials/divio-rollout")]
PASSPHRASE = "c4n4ry-passphrase"
MIRRORS = {"acme-de": "2", "acme-fr": "3"}
ACCOUNT = "web-shop-sandbox"
"""The folder in which the page's rehearsal keeps its account."""


@contextmanager
def reader_in(directory: Path) -> Iterator[Reader]:
    """Yield a reader in an empty folder, who takes the section about a rehearsal. At the end the platform is removed.

    pip installs what the lock has. Otherwise this would be a test of other people's newest releases, too.
    """
    machine = {
        "PULUMI_HOME": str(directory / "pulumi-home"),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PIP_CONSTRAINT": str(write_constraints(directory / "constraints.txt")),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "",  # else each process would compile the new environment anew
    }
    project = Project(directory / "work", machine)
    project.directory.mkdir()
    asked = {"pulumi config set --secret mirrors:apiToken": lambda: account(directory).token}
    instead = {"/path/to/mirrors": shlex.quote(str(ROOT))}
    try:
        yield Reader(project, instead, asked)
    finally:
        account(directory).reset()


def account(directory: Path) -> Sandbox:
    """Return the platform of the reader in this folder."""
    return Sandbox(directory / "work" / ACCOUNT)


def listed(project: Project, section: Section) -> Steps:
    yield None
    paste(project, section.yaml[0])
    yield None


SET_UPS: Mapping[str, Callable[[Project, Section], Steps]] = {
    "A repository of your own": as_it_is,
    "A rehearsal": as_it_is,
    "The codebase": as_it_is,
    "The state": as_it_is,
    "The token": as_it_is,
    "The list": listed,
    "Test": as_it_is,
    "Live": as_it_is,
    "Pipelines": as_it_is,
}
