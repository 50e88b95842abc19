"""What is imported when: the command and the sandbox start without Pulumi, the program without Django."""

import subprocess
import sys

import pytest

HEAVY = ("pulumi", "django", "rest_framework", "grpc", "requests", "pydantic")
LOADED = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def loaded(statement: str) -> set[str]:
    """The packages that a fresh interpreter has after a statement, of those that take long to import."""
    command = [sys.executable, "-W", "error", "-c", f"{statement}\n{LOADED}"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(ran.stdout.splitlines()[-1].split()) & set(HEAVY)


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert loaded("import mirrors") == set()


def test_the_command_explains_itself_without_the_engine_and_the_sandbox() -> None:
    statement = "from mirrors.cli import main\nmain(['--help'], standalone_mode=False)"
    assert loaded(statement) & {"pulumi", "django", "rest_framework", "grpc"} == set()


def test_asking_for_the_fleet_imports_the_engines_sdk_and_no_sandbox() -> None:
    assert loaded("from mirrors import Fleet") == set(HEAVY) - {"django", "rest_framework"}


def test_the_state_is_read_without_the_engines_sdk() -> None:
    resource = {"type": "pulumi-python:dynamic/mirrors:EnvironmentVariables", "outputs": {"environment": "e", "A": 1}}
    statement = (
        f"from mirrors.cli.state import StackState\nassert StackState([{resource}], []).created == {{'e': {{'A'}}}}"
    )
    assert loaded(statement) & {"pulumi", "grpc", "django"} == set()


@pytest.mark.parametrize("module", ["mirrors.planning.plan", "mirrors.divio", "mirrors.config", "mirrors.observe"])
def test_what_decides_and_what_reads_needs_no_engine(module: str) -> None:
    assert loaded(f"import {module}") & {"pulumi", "grpc", "django"} == set()


def test_the_sandbox_is_started_without_the_engine() -> None:
    assert loaded("import mirrors.sandbox.control") & {"pulumi", "grpc"} == set()
