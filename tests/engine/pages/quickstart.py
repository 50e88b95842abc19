"""The account that ``docs/quickstart-divio.md`` begins with, and a machine that has nothing of ours but the wheel."""

import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from mirrors.sandbox.control import Sandbox
from tests.engine.fleet import NOBODY_SERVES, silently
from tests.engine.pages.page import Section
from tests.engine.pages.reader import Reader, Steps, as_it_is, paste
from tests.engine.project import ROOT, Project
from tests.sandboxes import frozen_variables, set_variable

PASSPHRASE = "c4n4ry-passphrase"
MIRRORS = {"acme-de": "2", "acme-fr": "3"}


def make_account(sandbox: Sandbox) -> None:
    """A mirror that somebody has set up by hand, and one that was only just made."""
    sandbox.seed(mirrors=tuple(MIRRORS), report=silently)
    for environment in ("test", "live"):
        original = frozen_variables(sandbox, "acme", environment)
        shared = {name: original[name] for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN")}
        for name, value in {"SITE_ID": MIRRORS["acme-de"], **shared}.items():
            set_variable(sandbox, "acme-de", environment, name, value)
        sandbox.deploy("acme-de", environment, report=silently)


def reader_in(directory: Path, sandbox: Sandbox, wheel: Path) -> Reader:
    """In an empty folder. The address is the sandbox's, and there is no token but the one that is typed.

    ``uv`` stands in for pip: it finds other people's packages where it has them already.
    """
    machine = {
        "PULUMI_HOME": str(directory / "pulumi-home"),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "DIVIO_API_URL": sandbox.url,
        "UV_FIND_LINKS": str(wheel),
        "UV_CONSTRAINT": str(ROOT / "requirements.lock"),
        "PYTHONDONTWRITEBYTECODE": "",  # else each process would compile the new environment anew
    }
    project = Project(directory, machine)
    instead = {
        "/path/to/mirrors": shlex.quote(str(ROOT)),
        "python3 -m venv": f"uv venv --quiet --seed --python {shlex.quote(sys.executable)}",
        ".venv/bin/python -m pip install": "uv pip install --quiet --python .venv/bin/python",
    }
    asked = {"pulumi config set --secret mirrors:apiToken": sandbox.token}
    return Reader(project, lambda section: SET_UPS[section.title](project, section), instead, asked)


def without_processes(project: Project, _section: Section) -> Steps:
    """Nobody can be asked whether a site is healthy."""
    project.configure(lambda config: config.update(NOBODY_SERVES))
    yield None


def listed(project: Project, section: Section) -> Steps:
    yield None
    paste(project, section.yaml[0])
    yield None


SET_UPS: Mapping[str, Callable[[Project, Section], Steps]] = {
    "A repository of your own": as_it_is,
    "The state": without_processes,
    "The token": as_it_is,
    "The list": listed,
    "Test": as_it_is,
    "Live": as_it_is,
    "Pipelines": as_it_is,
}
