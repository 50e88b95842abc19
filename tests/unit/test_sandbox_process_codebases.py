"""The arguments of ``seed``: a codebase with a history of its own, and an interpreter that has what it needs."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from mirrors_sandbox.cli import sandbox as sandbox_command
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.state import SandboxError

from tests.sandboxes import deployment_log, frozen_variables, get, running_sandbox, site_codebase

TIMEOUT = 20.0  # seconds, for one request


def silently(_line: str) -> None:
    """For what reports to the terminal."""


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@acme.example")
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(directory), *identity, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def repository(directory: Path, branch: str = "trunk") -> Path:
    """Return a site with two commits on a branch of its own."""
    codebase = site_codebase(directory)
    git(codebase, "init", "--quiet", "--initial-branch", branch)
    git(codebase, "add", "--all")
    git(codebase, "commit", "--quiet", "-m", "The first page")
    git(codebase, "commit", "--quiet", "--allow-empty", "-m", "The second thought")
    return codebase


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a virtual environment with a Django and a package that nothing else has; no registry is asked."""
    directory = tmp_path_factory.mktemp("environment") / "site's own"
    venv.create(directory, symlinks=True)
    [packages] = directory.glob("lib/python*/site-packages")
    for name in ("django", "acme_fonts"):
        (packages / f"{name}-1.0.dist-info").mkdir()
        (packages / f"{name}-1.0.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
    return directory


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """With real processes, for all tests that do not mind what the others have seeded."""
    with running_sandbox(tmp_path_factory.mktemp("platform"), runner="process") as started:
        yield started


def serving(platform: Sandbox, application: str) -> dict[str, str]:
    """Return the variables of the process that serves Test, as it tells them."""
    [site] = [item for item in platform.status().sites if (item.application, item.environment) == (application, "test")]
    variables: dict[str, str] = requests.get(site.address, timeout=TIMEOUT).json()["variables"]
    return variables


def test_a_repository_keeps_its_history_and_its_branch_and_takes_the_next_release(
    platform: Sandbox, tmp_path: Path
) -> None:
    codebase = repository(tmp_path / "shop")
    said: list[str] = []
    platform.seed("shop", mirrors=[], codebase=codebase, report=said.append)
    kept = platform.state / "codebases" / "shop.git"
    assert git(kept, "log", "--format=%s", "trunk").splitlines() == ["The second thought", "The first page"]
    assert f"shop: the next release is a push to {kept}, and a deployment" in said
    (codebase / "release.py").write_text("print('the second release')\n")
    git(codebase, "commit", "--quiet", "--all", "-m", "Says which release it is")

    git(codebase, "push", "--quiet", str(kept), "trunk")
    platform.deploy("shop", "test", report=silently)

    assert "the second release" in deployment_log(platform, "shop", "test")
    assert "the second release" not in deployment_log(platform, "shop", "live")
    assert frozen_variables(platform, "shop", "test")["GIT_BRANCH"] == "trunk"


def test_the_releases_run_with_the_interpreter_that_was_named(
    platform: Sandbox, environment: Path, tmp_path: Path
) -> None:
    codebase = site_codebase(tmp_path / "fonts")
    (codebase / "requirements.txt").write_text("acme-fonts>=1\n")
    (codebase / "release.py").write_text("import sys\nprint('prefix', sys.prefix)\n")

    platform.seed("fonts", mirrors=["fonts-de"], codebase=codebase, report=silently, python=environment)
    platform.deploy("fonts-de", "test", report=silently)

    for application in ("fonts", "fonts-de"):
        assert f"prefix {environment}" in deployment_log(platform, application, "test")
        assert serving(platform, application)["PATH"].startswith(f"{environment}/bin:")


def problems(platform: Sandbox, codebase: Path, python: Path | None = None) -> list[str]:
    """Return what a seed refuses, before it has made anything."""
    with pytest.raises(SandboxError) as refused:
        platform.seed("refused", mirrors=[], codebase=codebase, report=silently, python=python)
    assert get(platform, "applications/", slug="refused")["results"] == []
    return str(refused.value).split("; ")


def test_what_is_wrong_is_reported_all_at_once(platform: Sandbox, tmp_path: Path) -> None:
    codebase = repository(tmp_path / "site")
    (codebase / "forgotten.py").write_text("")
    (codebase / "Procfile").write_text("web: true\n")
    wrong = problems(platform, codebase, tmp_path / "nowhere")
    assert wrong == [
        f"{codebase} has changes that are not committed (Procfile, forgotten.py): "
        "commit them, a release is made of a commit",
        f"--python {tmp_path}/nowhere is no virtual environment: there is no {tmp_path}/nowhere/bin/python that runs",
    ]


def test_what_is_corrected_after_a_refusal_is_what_is_seeded(sandbox: Sandbox, tmp_path: Path) -> None:
    codebase = site_codebase(tmp_path / "site")
    commands = (codebase / "release_commands.json").read_text()
    (codebase / "release_commands.json").write_text('["migrate"]')
    with pytest.raises(SandboxError, match=r"release_commands\.json must be a list"):
        sandbox.seed(mirrors=[], codebase=codebase, report=silently)
    (codebase / "release_commands.json").write_text(commands)

    sandbox.seed(mirrors=[], codebase=codebase, report=silently)

    kept = sandbox.state / "codebases" / "acme.git"
    assert git(kept, "show", "main:release_commands.json") == commands


def test_what_git_ignores_is_no_change(platform: Sandbox, tmp_path: Path) -> None:
    codebase = repository(tmp_path / "site")
    (codebase / ".gitignore").write_text("*.sqlite3\n")
    git(codebase, "add", "--all")
    git(codebase, "commit", "--quiet", "-m", "No database")
    (codebase / "db.sqlite3").write_text("")
    platform.seed("ignoring", mirrors=[], codebase=codebase, report=silently)


@pytest.mark.parametrize("checked_out", ["nothing committed", "no branch"])
def test_a_repository_without_a_branch_to_deploy_is_refused(
    platform: Sandbox, tmp_path: Path, checked_out: str
) -> None:
    if checked_out == "no branch":
        codebase = repository(tmp_path / "site")
        git(codebase, "checkout", "--quiet", "--detach")
    else:
        codebase = site_codebase(tmp_path / "site")
        git(codebase, "init", "--quiet")
    [wrong] = problems(platform, codebase)
    assert wrong.startswith(f"{codebase} has no branch with a commit checked out (git says fatal: ")


@pytest.mark.parametrize(
    ("kind", "reason"), [("file", "it is no directory"), ("empty", "it is empty"), ("none", "it does not exist")]
)
def test_what_is_no_codebase_is_named(platform: Sandbox, tmp_path: Path, kind: str, reason: str) -> None:
    place = tmp_path / "site"
    if kind == "file":
        place.write_text("")
    elif kind == "empty":
        place.mkdir()
    assert problems(platform, place) == [
        f"there is no codebase in {place}: {reason}",
        "name a directory with --codebase",
    ]


def test_an_environment_without_what_the_codebase_requires_is_refused(
    platform: Sandbox, environment: Path, tmp_path: Path
) -> None:
    codebase = site_codebase(tmp_path / "site")
    listed = "acme-fonts==1.0  # mine\nacme-icons[svg]>=2,<3\n-r other.txt\nacme-wings; sys_platform == 'amiga'\n"
    (codebase / "requirements.txt").write_text(listed)
    install = f"{environment}/bin/python -m pip install -r {codebase}/requirements.txt"
    assert problems(platform, codebase, environment) == [f"--python {environment} lacks acme-icons: {install}"]
    [own] = problems(platform, codebase)
    assert own == (
        "the sandbox's own interpreter lacks acme-fonts, acme-icons: "
        "name a virtual environment that has it with --python"
    )


def test_an_interpreter_that_is_of_no_environment_or_has_no_django_is_refused(
    platform: Sandbox, tmp_path: Path
) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    codebase = site_codebase(tmp_path / "site")
    bare = f"{tmp_path}/bare"
    assert problems(platform, codebase, tmp_path / "bare") == [
        f"--python {bare} has no Django: {bare}/bin/python -m pip install django"
    ]
    system = Path(sys.base_prefix, "bin", "python3")
    assert problems(platform, codebase, system)[0] == (
        f"--python {system} is no virtual environment: make one with python3 -m venv"
    )


def test_on_the_command_line_it_is_one_line(platform: Sandbox, tmp_path: Path) -> None:
    arguments = ["--state-dir", str(platform.state.root), "seed", "--original", "refused", "--python", str(tmp_path)]
    done = CliRunner().invoke(sandbox_command, arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: --python {tmp_path} is no virtual environment")


def test_the_example_site_is_not_set_up_by_hand_where_its_companion_app_would_refuse(platform: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"without MIRRORS_APPLICATION .* start the sandbox with --runner none"):
        platform.seed("refused", mirrors=[], by_hand=["refused-de"], report=silently)
    assert get(platform, "applications/", slug="refused")["results"] == []


def test_mirrors_that_were_set_up_by_hand_run_with_the_shared_values_and_ids_of_their_own(sandbox: Sandbox) -> None:
    sandbox.seed(mirrors=["acme-fr"], by_hand=["acme-de", "acme-at"], report=silently)
    sandbox.seed(mirrors=[], by_hand=["acme-ch"], report=silently)
    ids = {"acme-de": "2", "acme-at": "3", "acme-ch": "4"}
    for environment in ("test", "live"):
        original = frozen_variables(sandbox, "acme", environment)
        for slug, site_id in ids.items():
            runs = frozen_variables(sandbox, slug, environment)
            assert runs["SITE_ID"] == site_id
            shared = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
            assert [runs[name] for name in shared] == [original[name] for name in shared]
    assert get(sandbox, "applications/", slug="acme-fr")["count"] == 1
