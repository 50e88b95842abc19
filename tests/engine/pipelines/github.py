"""GitHub's workflows, run step by step. The actions of others do here what the test needs of them, and no more."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.engine.pipelines.expressions import Functions, evaluate, filled
from tests.engine.pipelines.runner import Runner

Definition = dict[str, Any]


def read(path: Path) -> Definition:
    """YAML 1.1 takes the key ``on`` for true."""
    document: dict[str | bool, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else str(key)): value for key, value in document.items()}


@dataclass
class GitHub:
    """``secrets`` and ``vars`` as they are in the repository's settings; every run gets ``github``."""

    runner: Runner
    secrets: Mapping[str, str]
    vars: Mapping[str, str]
    github: Mapping[str, Any]
    token: str

    def run(
        self, workflow: str, event: Mapping[str, Any], branch: str, approved: Collection[str] = ("preview", "test")
    ) -> "Run":
        """Start a workflow; jobs of an environment without approval wait."""
        definition = read(self.runner.repository / ".github" / "workflows" / workflow)
        assert event["event_name"] in definition["on"], f"{workflow} does not run then"
        run = Run(self, definition, event, branch)
        run.go_on(approved)
        return run


@dataclass
class Run:
    """``results``: {job: success, failure or skipped} of those that have ended; a matrix makes several jobs."""

    forge: GitHub
    definition: Definition
    event: Mapping[str, Any]
    branch: str
    results: dict[str, str] = field(default_factory=dict)

    def go_on(self, approved: Collection[str]) -> None:
        """Run all jobs that can run, in the order of the file, where a job comes after those that it needs."""
        for name, job in self.definition["jobs"].items():
            if name in self.results or ("environment" in job and job["environment"] not in approved):
                continue
            needs = [job["needs"]] if "needs" in job else []
            if any(self.results[need] != "success" for need in needs):
                self.results[name] = "skipped"
                continue
            matrix = job.get("strategy", {}).get("matrix", {"": [""]})
            [(axis, values)] = matrix.items()
            ended = [Job(self, name, job, {axis: value}).run() for value in values]
            self.results[name] = "success" if all(ended) else "failure"


@dataclass
class Job:
    """``steps``: {id: {outputs}} so far."""

    run_: Run
    name: str
    definition: Definition
    matrix: Mapping[str, str]
    failed: bool = False
    cancelled: bool = False
    steps: dict[str, Any] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)

    @property
    def runner(self) -> Runner:
        return self.run_.forge.runner

    @property
    def functions(self) -> Functions:
        return {
            "success": lambda: self.succeeded,
            "failure": lambda: self.failed and not self.cancelled,
            "cancelled": lambda: self.cancelled,
            "hashFiles": self.hashed,
        }

    @property
    def succeeded(self) -> bool:
        return not self.failed and not self.cancelled

    def hashed(self, name: str) -> str:
        path = self.runner.workspace / name
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""

    def known(self, inputs: Mapping[str, str]) -> dict[str, Any]:
        forge = self.run_.forge
        github = {**forge.github, **self.run_.event, "job": self.name, "token": forge.token}
        given = {"secrets": forge.secrets, "vars": forge.vars, "matrix": self.matrix, "inputs": inputs}
        return {"github": github, "steps": self.steps, "runner": {"os": "Linux"}, **given}

    def run(self) -> bool:
        if not evaluate(self.definition.get("if", "'yes'"), self.known({}), self.functions):
            return True
        for step in self.definition["steps"]:
            self.step(step, {})
        self.runner.save()
        return self.succeeded

    def step(self, step: Definition, inputs: Mapping[str, str]) -> None:
        condition = step.get("if", "success()")
        if not any(f"{function}()" in condition for function in ("success", "failure", "cancelled")):
            condition = f"success() && ({condition})"
        if not evaluate(condition, self.known(inputs), self.functions):
            return
        given = {key: self.filled(value, inputs) for key, value in step.get("with", {}).items()}
        if step.get("uses", "").startswith("./"):
            self.composite(step["uses"], given)
        elif "uses" in step:
            self.action(step["uses"].partition("@")[0], step.get("id", ""), given)
        else:
            self.command(step, inputs)

    def composite(self, folder: str, given: Mapping[str, str]) -> None:
        action = read(self.runner.workspace / folder / "action.yml")
        inputs = {name: str(about.get("default", "")) for name, about in action["inputs"].items()}
        for step in action["runs"]["steps"]:
            self.step(step, {**inputs, **given})

    def action(self, name: str, step: str, given: Mapping[str, str]) -> None:
        self.runner.say(f"{self.label} uses {name}")
        outputs: dict[str, str] = {}
        if name == "actions/checkout":
            self.runner.check_out(self.run_.branch)
        elif name == "actions/cache":
            outputs["cache-hit"] = "true" if self.runner.restore() else "false"
        elif name == "actions/upload-artifact":
            self.runner.artifacts[given["name"]] = (self.runner.workspace / given["path"]).read_text(encoding="utf-8")
        else:
            assert name in ("actions/setup-python", "pulumi/actions"), f"this runner has no {name}"
        self.steps[step] = {"outputs": outputs}

    def command(self, step: Definition, inputs: Mapping[str, str]) -> None:
        assert "${{" not in step["run"], "an expression in a script is code of the user who fills it"
        if step["name"] in self.runner.cancels:
            self.cancelled = True
            return
        files = {name: self.runner.directory / name for name in COMMAND_FILES}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        environment = self.environment(step, inputs) | {name: str(path) for name, path in files.items()}
        code = self.runner.shell(f"{self.label}: {step['name']}", step["run"], environment)
        self.failed = self.failed or code != 0
        self.path += files["GITHUB_PATH"].read_text(encoding="utf-8").split()
        said = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        self.steps[step.get("id", "")] = {"outputs": dict(line.split("=", 1) for line in said)}

    def environment(self, step: Definition, inputs: Mapping[str, str]) -> dict[str, str]:
        declared = self.definition.get("env", {}) | step.get("env", {})
        own = {key: self.filled(value, inputs) for key, value in declared.items()}
        path = ":".join([*self.path[::-1], self.runner.machine()["PATH"]])
        about = self.run_.forge.github
        places = {key: about[key.lower().removeprefix("github_")] for key in PLACES}
        return {"PATH": path, **places, **own}

    def filled(self, value: Any, inputs: Mapping[str, str]) -> str:
        return filled(str(value), self.known(inputs), self.functions)

    @property
    def label(self) -> str:
        return "/".join([self.name, *filter(None, self.matrix.values())])


COMMAND_FILES = ("GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
PLACES = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_RUN_ID")
