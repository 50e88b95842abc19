"""GitLab's pipeline, run line by line: before_script and script in one shell, after_script in another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.engine.pipelines.expressions import evaluate
from tests.engine.pipelines.runner import Runner

Definition = dict[str, Any]
NOT_JOBS = ("stages", "workflow", "variables", "default")


@dataclass
class GitLab:
    """``variables`` are those of the project's settings and those that GitLab sets for every job."""

    runner: Runner
    variables: Mapping[str, str]

    def run(self, source: str, branch: str, **variables: str) -> "Pipeline":
        """Start a pipeline as GitLab does for this source; jobs that are started by hand wait."""
        definition = yaml.safe_load((self.runner.repository / ".gitlab-ci.yml").read_text(encoding="utf-8"))
        about = {"CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main", **self.variables, **variables}
        pipeline = Pipeline(self.runner, definition, branch, about)
        assert pipeline.rule(definition["workflow"]), "no pipeline runs then"
        pipeline.go_on()
        return pipeline


@dataclass
class Pipeline:
    """``results``: {job: success or failed} of those that have ended; ``waiting``: jobs that a person has to start."""

    runner: Runner
    definition: Definition
    branch: str
    variables: Mapping[str, str]
    results: dict[str, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)

    def rule(self, definition: Definition) -> Definition | None:
        """Return the first rule that applies."""
        known = self.variables
        return next((rule for rule in definition["rules"] if evaluate(rule.get("if", "'yes'"), known, {})), None)

    def jobs(self) -> dict[str, Definition]:
        everything = {key: value for key, value in self.definition.items() if key not in NOT_JOBS}
        jobs = {
            name: everything.get(job.get("extends", ""), {}) | job
            for name, job in everything.items()
            if not name.startswith(".")
        }
        stages = self.definition["stages"]
        return dict(sorted(jobs.items(), key=lambda item: stages.index(item[1]["stage"])))

    def go_on(self, *started: str) -> None:
        """Stage by stage, as far as it goes: nothing behind a failed job, nothing by hand but what is ``started``."""
        for name, job in self.jobs().items():
            rule = self.rule(job)
            if rule is None or name in self.results:
                continue
            if "failed" in self.results.values():
                return
            if rule.get("when") == "manual" and name not in started:
                self.waiting.append(name)
                return
            matrix = job.get("parallel", {}).get("matrix", [{"": [""]}])[0]
            [(axis, values)] = matrix.items()
            ended = [self.job(name, job, {axis: value} if axis else {}) for value in values]
            self.results[name] = "success" if all(ended) else "failed"

    def job(self, name: str, job: Definition, matrix: Mapping[str, str]) -> bool:
        default = self.definition["default"]
        label = "/".join([name, *matrix.values()])
        tokens = dict.fromkeys(default["id_tokens"], "c4n4ry-id-token")
        declared = {**self.definition["variables"], **job.get("variables", {})}
        own = {key: str(value) for key, value in declared.items()}
        environment = {**own, **self.variables, **tokens, **matrix, "CI_JOB_NAME": label, "GITLAB_CI": "true"}
        self.runner.check_out(self.branch)
        self.runner.restore()
        status = "canceled"
        if label not in self.runner.cancels:
            code = self.runner.shell(label, lines([*default["before_script"], *job["script"]]), environment)
            status = "failed" if code else "success"
        for name in job.get("artifacts", {}).get("paths", ()):
            if (self.runner.workspace / name).exists():
                self.runner.artifacts[name] = (self.runner.workspace / name).read_text(encoding="utf-8")
        if "after_script" in job:
            environment["CI_JOB_STATUS"] = status
            self.runner.shell(f"{label}: after_script", lines(job["after_script"]), environment)
        self.runner.save()
        return status == "success"


def lines(script: list[str]) -> str:
    return "\n".join(script)
