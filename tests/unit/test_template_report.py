"""The template's ``ci/report.py``: what it tells GitHub, GitLab and a webhook, and what it does where it cannot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engine.pipelines.forge import HOOK, Server, forge

SCRIPT = Path(__file__).parents[2] / "templates" / "fleet" / "ci" / "report.py"
SECRET = "c4n4ry-of-a-token"
MARK = "<!-- mirrors: both stacks -->"


@dataclass(frozen=True)
class Pipeline:
    """A job on one of the two; ``text`` is what its API calls the text of an issue."""

    directory: Path
    server: Server
    environment: dict[str, str]
    text: str

    def report(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-S", str(SCRIPT), *arguments],  # -S: without the packages that are installed
            cwd=self.directory,
            env={"PATH": os.defpath, **self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert SECRET not in done.stdout + done.stderr
        assert HOOK not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def write(self, name: str, text: str) -> str:
        (self.directory / name).write_text(text, encoding="utf-8")
        return name


def on_github(url: str) -> dict[str, str]:
    about = {"GITHUB_API_URL": url, "GITHUB_REPOSITORY": "acme/shops", "GITHUB_TOKEN": SECRET, "PULL_REQUEST": "7"}
    return about | {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "99"}


def on_gitlab(url: str) -> dict[str, str]:
    about = {"GITLAB_CI": "true", "CI_API_V4_URL": url, "CI_PROJECT_ID": "5", "GITLAB_TOKEN": SECRET}
    return about | {"CI_MERGE_REQUEST_IID": "7", "CI_JOB_URL": "https://gitlab.com/acme/shops/-/jobs/99"}


@pytest.fixture(params=["github", "gitlab"])
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    with forge() as server:
        if request.param == "github":
            yield Pipeline(tmp_path, server, on_github(server.url), "body")
        else:
            yield Pipeline(tmp_path, server, on_gitlab(server.url), "description")


def test_both_previews_are_one_comment_and_the_next_push_updates_it_among_those_of_others(pipeline: Pipeline) -> None:
    record = pipeline.server.record
    record.comments += [{"id": 1, "number": 1, "body": f"see {MARK}"}, {"id": 2, "number": 2, "body": None}]
    for word in ("first", "second"):
        files = [pipeline.write(f"preview-{stack}.md", f"{word} {stack}\n") for stack in ("test", "live")]
        assert pipeline.report("comment", *files).returncode == 0

    assert [item["body"] for item in record.comments[2:]] == [f"{MARK}\nsecond test\n\nsecond live\n"]
    assert [token.endswith(SECRET) for token in record.tokens] == [True]


STRANGERS: list[dict[str, Any]] = [
    {"user": {"login": "mallory"}, "author": {"id": 66}},
    {"user": None, "author": None},
    {},
]


@pytest.mark.parametrize("bot", [True, False])
def test_a_comment_of_another_that_begins_like_the_own_one_is_left_alone(pipeline: Pipeline, bot: bool) -> None:
    """Its author may change it after it was read. ``bot``: a job's own token, which may not ask whose it is."""
    record = pipeline.server.record
    record.bot = bot
    theirs = [{"id": n, "number": n, "body": f"{MARK}\nfine", **who} for n, who in enumerate(STRANGERS, 1)]
    record.comments += [dict(item) for item in theirs]
    for word in ("first", "second"):
        assert pipeline.report("comment", pipeline.write("preview-test.md", word)).returncode == 0

    assert record.comments[:3] == theirs
    assert [item["body"] for item in record.comments[3:]] == [f"{MARK}\nsecond"]


def test_a_preview_that_said_nothing_is_reported_and_one_that_said_too_much_is_cut(pipeline: Pipeline) -> None:
    pipeline.report("comment", pipeline.write("preview-test.md", ""), pipeline.write("preview-live.md", "x" * 70_000))

    [comment] = pipeline.server.record.comments
    assert "### preview-test failed" in comment["body"]
    assert "/99" in comment["body"]
    assert "The rest is in the pipeline's log." in comment["body"]
    assert len(comment["body"]) < 65_000


def test_an_issue_is_opened_once_and_updated_while_it_is_open(pipeline: Pipeline) -> None:
    record = pipeline.server.record
    for word in ("first", "second"):
        pipeline.report("issue", "Drift in test", pipeline.write("drift.txt", f"{word} ```fence```\n"))
        pipeline.report("issue", "Drift in testing", pipeline.write("drift.txt", word))
        pipeline.report("issue", "Drift in live", pipeline.write("drift.txt", word))

    assert [issue["title"] for issue in record.issues] == ["Drift in test", "Drift in testing", "Drift in live"]
    assert {str(issue["labels"]) for issue in record.issues} <= {"drift", "['drift']"}
    mark = "<!-- mirrors: project: Drift in test -->\n"
    assert record.issues[0][pipeline.text].startswith(f"{mark}````text\nsecond ```fence```\n````\n")


@pytest.mark.parametrize("bot", [True, False])
def test_an_issue_of_another_that_is_called_like_the_own_one_is_left_alone(pipeline: Pipeline, bot: bool) -> None:
    """Also where it begins with the same mark. One that people have called otherwise is still the pipeline's own."""
    record, title = pipeline.server.record, "Drift in test"
    record.bot = bot
    (pipeline.directory / "Pulumi.yaml").write_text("name: shops\n", encoding="utf-8")
    mine = {"user": {"login": "github-actions[bot]" if bot else "acme-releases"}, "author": {"id": 41}}
    texts = ["rain", None, "<!-- mirrors: other-shops: Drift in test -->\nrain"]
    theirs: list[dict[str, Any]] = [
        *({"title": title, pipeline.text: text, "labels": ["drift"], **mine} for text in texts),
        *({"title": title, pipeline.text: f"<!-- mirrors: shops: {title} -->\nrain", **who} for who in STRANGERS),
    ]
    record.issues += [{"id": n + 100, "number": n, "iid": n, **item} for n, item in enumerate(theirs, 1)]
    before = [dict(item) for item in record.issues]
    for word in ("first", "second"):
        assert pipeline.report("issue", title, pipeline.write("drift.txt", word)).returncode == 0
        record.issues[-1]["title"] = "Drift in test (Ann looks at it)"

    assert record.issues[:-1] == before
    assert record.issues[-1][pipeline.text].startswith(f"<!-- mirrors: shops: {title} -->\n```text\nsecond\n")


def test_the_webhook_gets_a_message_that_leads_to_the_log(pipeline: Pipeline) -> None:
    done = pipeline.report("webhook", "Test failed.", WEBHOOK_URL=f"{pipeline.server.url}{HOOK}")

    assert done.returncode == 0
    [message] = pipeline.server.record.messages
    assert message.startswith("Test failed. https://")
    assert message.endswith("/99")


def test_without_a_webhook_no_message_is_sent_and_nothing_fails(pipeline: Pipeline) -> None:
    done = pipeline.report("webhook", "Test failed.")

    assert (done.returncode, done.stdout) == (0, "No message was sent: WEBHOOK_URL is not set.\n")


@pytest.mark.parametrize("status", [403, 302])
def test_a_refusal_is_one_line_and_the_token_is_carried_nowhere_else(pipeline: Pipeline, status: int) -> None:
    pipeline.server.record.refuses = status
    refused = pipeline.report("comment", pipeline.write("preview-test.md", "text"))

    assert (refused.returncode, refused.stderr) == (1, f"Error: GET: refused with {status}: may the token do that?\n")


def test_a_missing_server_and_a_missing_file_are_one_line_without_the_address(pipeline: Pipeline) -> None:
    missing = pipeline.report("webhook", "Test failed.", WEBHOOK_URL=f"http://127.0.0.1:9{HOOK}")
    no_file = pipeline.report("issue", "Drift in test", "drift.txt")

    assert (missing.returncode, missing.stderr) == (1, "Error: POST: no answer (URLError)\n")
    assert (no_file.returncode, no_file.stderr) == (1, "Error: drift.txt: there is no such file\n")


def test_outside_a_pipeline_it_says_what_is_missing(pipeline: Pipeline) -> None:
    done = pipeline.report("issue", "Drift", pipeline.write("drift.txt", "x"), GITLAB_CI="", GITHUB_API_URL="")

    assert done.stderr.startswith("Error: GITHUB_")
    assert "is not set: this runs in a pipeline" in done.stderr
