"""The imports: the command and the sandbox start without Pulumi, the program without Django."""

import json
import pkgutil
import subprocess
import sys

import pytest

import mirrors.resources

PROGRAM = "from mirrors import Fleet"
PROVIDER = "\n".join(
    f"import mirrors.resources.{item.name}" for item in pkgutil.iter_modules(mirrors.resources.__path__)
)
HEAVY = ("pulumi", "django", "rest_framework", "grpc", "requests", "pydantic")
LOADED = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def after(statement: str, printing: str) -> set[str]:
    """Return the words that a fresh interpreter prints after a statement."""
    command = [sys.executable, "-W", "error", "-c", f"{statement}\n{printing}"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(ran.stdout.splitlines()[-1].split())


def loaded(statement: str) -> set[str]:
    """Return the packages that are there after a statement, of those that take long to import."""
    return after(statement, LOADED) & set(HEAVY)


def modules(statement: str) -> set[str]:
    """Return the modules of Mirrors and all packages that are there after a statement."""
    names = "sorted({name if name.startswith('mirrors.') else name.partition('.')[0] for name in sys.modules})"
    return after(statement, f"import sys; print(*{names})")


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert loaded("import mirrors") == set()


def test_the_list_of_commands_imports_none_of_them() -> None:
    statement = "from mirrors.cli import main\nmain(['--help'], standalone_mode=False)"
    assert loaded(statement) == set()
    assert {name for name in modules(statement) if name.startswith(("mirrors.", "rich"))} == {"mirrors.cli"}


def test_asking_for_the_fleet_imports_the_engines_sdk_and_no_sandbox() -> None:
    assert loaded("from mirrors import Fleet") == set(HEAVY) - {"django", "rest_framework"}


def test_a_provider_process_makes_no_model_of_the_whole_configuration() -> None:
    """It reads four keys. Making the models of all others took it a quarter of its own start."""
    whole = {
        "draft",
        "files.fleet_file",
        "loading",
        "messages.schema_errors",
        "models.all_keys",
        "models.divio",
        "models.fleet",
        "models.overrides",
        "models.settings",
        "rules.all_rules",
    }
    found = modules(PROVIDER)
    assert "mirrors.resources.site" in found
    assert found & {f"mirrors.config.{name}" for name in whole} == set()


@pytest.mark.parametrize("statement", [PROGRAM, PROVIDER], ids=["program", "provider"])
def test_what_pulumi_starts_on_divio_loads_neither_docker_nor_sandbox_nor_command(statement: str) -> None:
    found = modules(statement)
    assert "mirrors.divio.client" in found
    unused = {"pulumi_docker", "docker", "django", "rest_framework", "sqlite3", "click", "jinja2"}
    assert found & unused == set()
    assert {name for name in found if name.startswith(("mirrors.docker", "mirrors_sandbox", "mirrors.cli"))} == set()


def test_a_stack_on_divio_loads_its_own_platform_and_no_other() -> None:
    fleet = json.dumps({"original": {"application": "acme"}})
    lines = (
        "from mirrors.config import parse_configuration",
        "from mirrors.config.platforms import PLATFORMS, load_platform_part",
        f"assert parse_configuration({{'fleet': {fleet!r}, 'apiToken': 'x'}}, 'test', {{}}).settings",
        "for part in ('words', 'program', 'commands'): load_platform_part('divio', part)",
    )
    found = modules("\n".join(lines))
    assert {"mirrors.config.models.divio", "mirrors.program.divio", "mirrors.cli.divio"} <= found
    assert {name for name in found if name.startswith(("mirrors.docker", "docker", "pulumi_docker"))} == set()


def test_the_state_is_read_without_the_engines_sdk() -> None:
    resource = {"type": "pulumi-python:dynamic/mirrors:Mirror", "outputs": {"environment": "e", "A": "1"}}
    statement = (
        f"from mirrors.cli.state import StackState\nassert StackState([{resource}], []).created == {{'e': {{'A'}}}}"
    )
    assert loaded(statement) & {"pulumi", "grpc", "django"} == set()


@pytest.mark.parametrize(
    "module", ["mirrors.planning.plan", "mirrors.divio", "mirrors.config", "mirrors.observation.fleet"]
)
def test_what_decides_and_what_reads_needs_no_engine(module: str) -> None:
    assert loaded(f"import {module}") & {"pulumi", "grpc", "django"} == set()


def test_the_sandbox_is_started_without_the_engine() -> None:
    assert loaded("import mirrors_sandbox.control") & {"pulumi", "grpc"} == set()
