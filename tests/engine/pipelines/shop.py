"""A user's repository on a forge, with a fleet that is up, and the pipelines that people there set off."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tests.engine.fleet import Fleet, silently
from tests.engine.pipelines.forge import HOOK, Record, Server, forge
from tests.engine.pipelines.github import GitHub
from tests.engine.pipelines.gitlab import GitLab
from tests.engine.pipelines.runner import Runner
from tests.engine.project import Done, Project
from tests.engine.template import build_wheel, declare, new_repository, write_constraints
from tests.sandboxes import frozen_variables, running_sandbox

PASSPHRASE = "c4n4ry-passphrase"
TOKEN = "c4n4ry-forge-token"
DECLARED = "c4n4ry-of-a-variable"
AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.com")


@dataclass
class Merge:
    """``results``: {job: success or failure}, growing when a reviewer approves of Live."""

    results: dict[str, str]
    approve: Callable[[], object]

    def retry(self, job: str) -> None:
        """Run a job again that failed, and no other; of Live it is approved already."""
        assert self.results.pop(job) != "success"
        self.approve()


class Forge(Protocol):
    """The events that people and the clock cause. True if the pipeline succeeded."""

    def pull_request(self, branch: str) -> bool: ...
    def merge(self) -> Merge: ...
    def night(self, **secrets: str) -> bool: ...


@dataclass
class OnGitHub:
    runner: Runner
    secrets: Mapping[str, str]
    backend: str
    server: Server

    def forge(self, **secrets: str) -> GitHub:
        about = {
            "api_url": self.server.url,
            "repository": "acme/shops",
            "run_id": 99,
            "server_url": "https://github.com",
        }
        github = {key: str(value) for key, value in about.items()}
        settings = {"PULUMI_BACKEND_URL": self.backend}
        return GitHub(self.runner, {**self.secrets, **secrets}, settings, github, TOKEN)

    def pull_request(self, branch: str) -> bool:
        pull = {"number": 7, "head": {"repo": {"full_name": "acme/shops"}}}
        event = {"event_name": "pull_request", "event": {"pull_request": pull}}
        return self.forge().run("preview.yml", event, branch).results == {"preview": "success"}

    def merge(self) -> Merge:
        run = self.forge().run("deploy.yml", {"event_name": "push"}, "main")
        return Merge(run.results, lambda: run.go_on(("test", "live")))

    def night(self, **secrets: str) -> bool:
        run = self.forge(**secrets).run("drift.yml", {"event_name": "schedule"}, "main")
        return run.results == {"drift": "success"}


@dataclass
class OnGitLab:
    runner: Runner
    secrets: Mapping[str, str]
    backend: str
    server: Server

    def forge(self, **secrets: str) -> GitLab:
        about = {"CI_API_V4_URL": self.server.url, "CI_PROJECT_ID": "5", "CI_JOB_URL": "https://gitlab.com/a/-/jobs/99"}
        settings = {"PULUMI_BACKEND_URL": self.backend, "GITLAB_TOKEN": TOKEN}
        return GitLab(self.runner, {**about, **settings, **self.secrets, **secrets})

    def pull_request(self, branch: str) -> bool:
        pipeline = self.forge().run("merge_request_event", branch, CI_MERGE_REQUEST_IID="7")
        return pipeline.results == {"preview": "success"}

    def merge(self) -> Merge:
        pipeline = self.forge().run("push", "main", CI_COMMIT_BRANCH="main")
        assert pipeline.waiting == (["live"] if pipeline.results == {"test": "success"} else [])
        return Merge(pipeline.results, lambda: pipeline.go_on("live"))

    def night(self, **secrets: str) -> bool:
        pipeline = self.forge(**secrets).run("schedule", "main", CI_COMMIT_BRANCH="main")
        return pipeline.results == {"drift": "success"}


@dataclass
class Shop:
    """``secrets`` are the values that must never be in a log or in a request to the forge."""

    fleet: Fleet
    runner: Runner
    record: Record
    forges: Mapping[str, Forge]
    secrets: set[str]
    mirrors: list[str] = field(default_factory=lambda: ["acme-de", "acme-fr", "acme-ch"])

    def git(self, *arguments: str) -> Done:
        return self.fleet.project.run("git", *AUTHOR, *arguments).succeeded()

    def commit(self, message: str, branch: str = "main") -> None:
        self.git("checkout", "--quiet", "-B", branch)
        self.git("commit", "--quiet", "--all", "-m", message)

    def propose(self, mirror: str, **variables: str) -> str:
        """Return a branch with one more mirror on the list. Its application is not there yet."""
        self.mirrors.append(mirror)
        declare(self.fleet.project, *self.mirrors)
        self.fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(variables=variables))
        self.commit(f"Add {mirror}", f"add-{mirror}")
        self.git("checkout", "--quiet", "main")
        return f"add-{mirror}"


@contextmanager
def running_shop(directory: Path) -> Iterator[Shop]:
    with running_sandbox(directory) as sandbox, forge() as server:
        sandbox.seed(report=silently)
        project = new_repository(directory, sandbox)
        fleet = Fleet(project, sandbox)
        backend = project.environment["PULUMI_BACKEND_URL"]
        runner = Runner(directory / "runner", project.directory, machine(directory, project, sandbox.url))
        password = urlsplit(frozen_variables(sandbox, "acme", "live")["DATABASE_URL"]).password or ""
        secrets = {
            "DIVIO_API_TOKEN": sandbox.token,
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "WEBHOOK_URL": f"{server.url}{HOOK}",
        }
        forges: dict[str, Forge] = {
            "github": OnGitHub(runner, secrets, backend, server),
            "gitlab": OnGitLab(runner, secrets, backend, server),
        }
        hidden = {sandbox.token, PASSPHRASE, HOOK, TOKEN, DECLARED, password, "c4n4ry"}
        shop = Shop(fleet, runner, server.record, forges, hidden)
        set_up(shop)
        yield shop


def set_up(shop: Shop) -> None:
    """Do what a user does by hand, once."""
    fleet, project = shop.fleet, shop.fleet.project
    (project.directory / ".venv").symlink_to(sys.prefix)
    project.environment["PULUMI_CONFIG_PASSPHRASE"] = PASSPHRASE
    declare(project)
    for stack in fleet.stacks:
        project.run("pulumi", "stack", "init", stack.name).succeeded()
    secret = ("--secret", "--path", "mirrors:secrets.all.TOKEN", DECLARED)
    fleet.live.pulumi("config set", *secret).succeeded()
    fleet.converge()
    shop.git("init", "--quiet", "--initial-branch", "main")
    shop.git("add", "--all")
    shop.commit("A repository of our own")


def machine(directory: Path, project: Project, url: str) -> dict[str, str]:
    """Return where this runner finds Pulumi's home, the platform and the wheel; other packages as the lock has them."""
    (directory / "runner").mkdir()
    wheel, constraints = build_wheel(directory / "wheel"), write_constraints(directory / "constraints.txt")
    where = f"{wheel} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    home = project.environment["PULUMI_HOME"]
    tools = {"PIP_CONSTRAINT": str(constraints), "PIP_FIND_LINKS": where, "PULUMI_HOME": home}
    return {**tools, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true", "DIVIO_API_URL": url}
