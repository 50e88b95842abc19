"""A user's own repository: made from the template, with the packages of the wheel and nothing of the checkout."""

import re
import sys
from pathlib import Path

import yaml
from mirrors_sandbox.control import Sandbox

from tests.engine.fleet import MIRRORS, NOBODY_SERVES
from tests.engine.project import ROOT, Project

TEMPLATE = ROOT / "templates" / "fleet"
NAME = "web-shop"


def build_wheel(directory: Path) -> Path:
    """Build the package as it is published, and return the folder that it is in."""
    checkout = Project(ROOT)
    checkout.run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)).succeeded()
    return directory


def write_constraints(path: Path) -> Path:
    """Write what pip has to install in place of the newest releases: the packages of the lock."""
    locked = re.findall(r"^(\S+==[^\\\n]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    path.write_text("\n".join(locked), encoding="utf-8")
    return path


def new_repository(directory: Path, sandbox: Sandbox) -> Project:
    """``pulumi new`` in an empty folder; the state lies beside it. ``Project.run`` runs there from then on."""
    repository = directory / NAME
    repository.mkdir()
    (directory / "state").mkdir()
    environment = {
        "PULUMI_HOME": str(directory / "pulumi-home"),
        "PULUMI_BACKEND_URL": f"file://{directory / 'state'}",
        "DIVIO_API_URL": sandbox.url,
        "DIVIO_API_TOKEN": sandbox.token,
    }
    project = Project(repository, environment)
    options = ("--name", NAME, "--description", "The shops", "--generate-only", "--yes", "--non-interactive")
    project.run("pulumi", "new", str(TEMPLATE), *options).succeeded()
    return project


def declare(project: Project, *mirrors: str) -> None:
    """Write what the user writes: the applications that there are in the sandbox."""
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": slug} for slug in mirrors or MIRRORS]}
    project.configure(lambda config: config.update({"mirrors:fleet": {"value": fleet}, **NOBODY_SERVES}))


def written(project: Project, name: str) -> dict[str, object]:
    return dict(yaml.safe_load((project.directory / name).read_text(encoding="utf-8")))
