"""The template's pipelines as they are written: rights, secrets, time, and what waits for what."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

from tests.engine.pipelines.expressions import filled
from tests.engine.pipelines.github import Definition, read
from tests.engine.project import ROOT, TIMEOUT

FLEET = ROOT / "templates" / "fleet"
PATHS = sorted((FLEET / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {path.stem: read(path) for path in PATHS}
ACTION = FLEET / ".github" / "actions" / "setup" / "action.yml"
JOBS = {f"{stem}/{name}": job for stem, workflow in WORKFLOWS.items() for name, job in workflow["jobs"].items()}
GITLAB: Definition = yaml.safe_load((FLEET / ".gitlab-ci.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "how-to" / "gitops.md").read_text(encoding="utf-8")

READS = {"contents": "read", "id-token": "write"}
RIGHTS = {
    "deploy/test": READS,
    "deploy/live": READS,
    "drift/drift": READS | {"issues": "write"},
    "preview/preview": READS | {"pull-requests": "write"},
}
STACKS = {"test": ["mirrors-test"], "live": ["mirrors-live"], "drift": ["mirrors-test", "mirrors-live"]}
"""By job the groups in which one waits for the other, so that two runs on one stack never meet."""

MINUTES = {"m": 1, "minutes": 1, "hours": 60}
LONGEST_ROLE = 12 * 60 * 60  # seconds; https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
AFTER_SCRIPT = 5  # minutes that GitLab gives an after_script where RUNNER_AFTER_SCRIPT_TIMEOUT says nothing


NEWER = 'unexpected key "queue" for "concurrency" section'
"""GitHub takes it since May 2026, and its schema has it; actionlint 1.7.12 does not know it yet."""


def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    go, built = shutil.which("go"), tmp_path / "actionlint"
    if go is None:
        pytest.skip("no go on PATH: actionlint is built from its Go module")
    build = (go, "build", "-mod=readonly", "-o", str(built), "github.com/rhysd/actionlint/cmd/actionlint")
    subprocess.run(build, cwd=ROOT / "tools" / "actionlint", check=True, timeout=TIMEOUT)
    command = [str(built), "-ignore", NEWER, *map(str, PATHS)]
    done = subprocess.run(command, cwd=FLEET, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", PATHS),
        ("vendor.github-actions", [ACTION]),
        ("vendor.gitlab-ci", [FLEET / ".gitlab-ci.yml"]),
    ],
)
def test_each_file_is_valid_by_the_schema_that_its_forge_publishes(schema: str, files: list[Path]) -> None:
    transform = ("--data-transform", "gitlab-ci") if schema.endswith("gitlab-ci") else ()
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *transform, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_job_has_the_rights_that_it_needs_and_no_others() -> None:
    assert {name: job["permissions"] for name, job in JOBS.items()} == RIGHTS
    assert [stem for stem, workflow in WORKFLOWS.items() if workflow["permissions"] != {}] == []


def test_no_job_shows_its_secrets_to_every_step() -> None:
    assert [name for name, job in JOBS.items() if "secrets." in str(job["env"])] == []


def test_every_action_is_pinned_by_commit() -> None:
    paths = (*(FLEET / ".github" / "workflows").glob("*.yml"), ACTION)
    used = set(re.findall(r"uses: (\S+)", "".join(path.read_text(encoding="utf-8") for path in paths)))

    assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name)] == ["./.github/actions/setup"]


def test_on_github_what_runs_on_one_stack_waits_and_none_is_cancelled_for_another() -> None:
    groups: dict[str, list[str]] = {}
    for job in ("deploy/test", "deploy/live", "drift/drift"):
        concurrency = dict(JOBS[job]["concurrency"])
        stacks = JOBS[job].get("strategy", {}).get("matrix", {}).get("stack", [""])
        group = concurrency.pop("group")
        groups[job.partition("/")[2]] = [filled(group, {"matrix": {"stack": stack}}, {}) for stack in stacks]
        assert concurrency == {"queue": "max"}

    assert groups == STACKS


def test_in_gitlab_what_runs_on_one_stack_waits_and_none_is_cancelled_for_another() -> None:
    groups = {
        name: [Template(GITLAB[name]["resource_group"]).substitute(given) for given in matrix(name)] for name in STACKS
    }

    assert groups == STACKS
    assert [name for name in STACKS if GITLAB[name].get("interruptible")] == []


def matrix(name: str) -> list[dict[str, str]]:
    given = GITLAB[name].get("parallel", {"matrix": [{"STACK": [""]}]})["matrix"][0]["STACK"]
    return [{"STACK": stack} for stack in given]


ENVIRONMENTS = {"deploy/test": "test", "deploy/live": "live", "drift/drift": "preview", "preview/preview": "preview"}


def test_what_may_write_is_in_the_environments_that_a_branch_does_not_reach() -> None:
    """No job is without one: the repository's own secrets are everybody's who may push."""
    assert {name: job.get("environment") for name, job in JOBS.items()} == ENVIRONMENTS
    named = {name: GITLAB[name]["environment"]["name"] for name in ("preview", "test", "live", "drift")}
    assert named == {"preview": "preview", "test": "test", "live": "live", "drift": "preview"}
    assert [GITLAB[name]["environment"].get("action") for name in ("preview", "drift")] == ["access", "access"]


INSTALLS = {
    "github": next(step["run"] for step in read(ACTION)["runs"]["steps"] if step.get("name") == "Install the packages"),
    "gitlab": "\n".join(GITLAB["default"]["before_script"][:2]),
}
LOCKED = "-m pip install --quiet --require-hashes --requirement requirements.lock"
OPEN = "-m pip install --quiet --requirement requirements.txt"


@pytest.mark.parametrize(("files", "installed"), [(["requirements.txt"], OPEN), (["requirements.lock"], LOCKED)])
@pytest.mark.parametrize("where", INSTALLS)
def test_a_lock_file_is_what_is_installed_where_there_is_one(
    tmp_path: Path, where: str, files: list[str], installed: str
) -> None:
    """The step is unchanged, with a python that only says what it is asked for."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nmkdir -p .venv/bin\ncp "$0" .venv/bin/python\necho "$@" >> asked\n', encoding="utf-8")
    python.chmod(0o755)
    for name in files:
        (tmp_path / name).touch()
    environment = {"PATH": f"{python.parent}{os.pathsep}{os.defpath}"}
    subprocess.run(["/bin/sh", "-e", "-c", INSTALLS[where]], cwd=tmp_path, env=environment, check=True)

    assert (tmp_path / "asked").read_text(encoding="utf-8").splitlines() == ["-m venv .venv", installed]


def test_a_change_of_the_lock_file_installs_anew() -> None:
    [cache] = [step for step in read(ACTION)["runs"]["steps"] if "key" in step.get("with", {})]
    assert "${{ hashFiles('requirements.txt') }}-${{ hashFiles('requirements.lock') }}" in cache["with"]["key"]
    assert GITLAB["default"]["cache"]["key"]["files"] == ["requirements.txt", "requirements.lock"]


@pytest.mark.parametrize("job", JOBS)
def test_on_github_the_credentials_of_the_state_last_as_long_as_the_job_may_run(job: str) -> None:
    inputs = {name: str(about["default"]) for name, about in read(ACTION)["inputs"].items()}
    [setup] = [step for step in JOBS[job]["steps"] if step.get("uses") == "./.github/actions/setup"]
    given = inputs | {name: str(value) for name, value in setup["with"].items()}
    [role] = [step for step in read(ACTION)["runs"]["steps"] if "role-to-assume" in step.get("with", {})]
    seconds = int(filled(role["with"]["role-duration-seconds"], {"inputs": given}, {}))

    assert JOBS[job]["timeout-minutes"] * 60 <= seconds <= LONGEST_ROLE
    assert seconds <= int(re.findall(r"--max-session-duration (\d+)", PAGE)[0]), "the page makes such a role"


@pytest.mark.parametrize("name", STACKS)
def test_in_gitlab_a_job_whose_time_is_over_has_some_left_to_tell_it(name: str) -> None:
    job: dict[str, Any] = GITLAB[name]

    assert job["extends"] == ".report_failure"
    assert minutes(job["variables"]["RUNNER_SCRIPT_TIMEOUT"]) + AFTER_SCRIPT <= minutes(job["timeout"])


def minutes(text: str) -> int:
    found = re.fullmatch(r"(\d+) ?(\w+)", text)
    assert found, text
    return int(found[1]) * MINUTES[found[2]]
