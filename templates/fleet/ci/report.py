"""Report what a pipeline found, as a comment, an issue or a message. Runs under GitHub Actions and GitLab CI.

It reads its surroundings from the environment variables that the two set, and from its own: ``GITHUB_TOKEN`` and
``PULL_REQUEST``, or ``GITLAB_TOKEN``; and ``WEBHOOK_URL``. It prints the value of none of them.

It needs Python alone, so that it can also report that the packages could not be installed.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

MARK = "<!-- mirrors: both stacks -->"
"""The first line of the comment, by which the next run finds it."""

BOT = "github-actions[bot]"
"""Writes for ``GITHUB_TOKEN``; no other account can have this name."""

LABEL = "drift"
LONGEST = 60_000
"""Characters of a comment or an issue: GitHub takes 65,536."""

TIMEOUT = 30.0  # seconds, for one request
Item = dict[str, Any]


class ReportError(Exception):
    """A report that failed; the text says why, for the pipeline's log."""


class RefusedError(ReportError):
    """A request that the forge or the webhook refused."""

    def __init__(self, method: str, status: int) -> None:
        super().__init__(f"{method}: refused with {status}: may the token do that?")
        self.status = status


class Forge(Protocol):
    """The place that has the repository: GitHub or GitLab."""

    def comment(self, body: str) -> None:
        """Write one comment under the pull request: that of the run before, or a new one."""

    def issue(self, title: str, mark: str, body: str) -> None:
        """Write one open issue with this mark: what lasts has one issue, with what is known of it now."""

    @property
    def run(self) -> str:
        """Return the address of the pipeline's log."""


@dataclass(frozen=True)
class Api:
    """The repository's address in a forge's API, and who asks."""

    base: str
    headers: Mapping[str, str] = field(repr=False)

    def send(self, method: str, path: str, **body: Any) -> None:
        request(method, f"{self.base}/{path}", self.headers, body)

    def every(self, path: str) -> Iterator[Item]:
        """Yield the items of a list, page by page."""
        url: str | None = f"{self.base}/{path}"
        while url:
            items, links = request("GET", url, self.headers)
            yield from items
            following = re.search(r'<([^>]+)>; *rel="next"', links)
            url = following[1] if following else None

    def find_own(self, path: str, mark: str, wrote: Callable[[Item], bool], text: str = "body") -> Item | None:
        """Return the comment or issue that an earlier run wrote, or None.

        The mark alone says nothing: anyone may begin a comment with it, and may change it after it was read.

        Args:
            path: the list of comments or issues.
            mark: the first line of the text.
            wrote: says whether the token's account has written an item.
            text: the key of an item's text.
        """
        marked = (item for item in self.every(path) if (item[text] or "").startswith(mark))
        return next(filter(wrote, marked), None)


@dataclass(frozen=True)
class GitHub:
    """GitHub: https://docs.github.com/en/rest/issues."""

    environ: Mapping[str, str] = field(repr=False)

    @property
    def api(self) -> Api:
        base = f"{needed(self.environ, 'GITHUB_API_URL')}/repos/{needed(self.environ, 'GITHUB_REPOSITORY')}"
        return Api(base, {"Authorization": f"Bearer {needed(self.environ, 'GITHUB_TOKEN')}"})

    @property
    def run(self) -> str:
        server, repository, number = (
            needed(self.environ, f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
        )
        return f"{server}/{repository}/actions/runs/{number}"

    @property
    def login(self) -> str:
        """Return the account of the token. A job's is an installation's, which may not ask, and writes as ``BOT``."""
        try:
            me, _ = request("GET", f"{needed(self.environ, 'GITHUB_API_URL')}/user", self.api.headers)
        except RefusedError as refused:
            if refused.status != HTTPStatus.FORBIDDEN:
                raise
            return BOT
        return str(me["login"]) if isinstance(me, dict) else BOT

    def _find_own(self, path: str, mark: str) -> Item | None:
        login = self.login

        def wrote(item: Item) -> bool:
            return (item.get("user") or {}).get("login") == login

        return self.api.find_own(path, mark, wrote)

    def comment(self, body: str) -> None:
        comments = f"issues/{needed(self.environ, 'PULL_REQUEST')}/comments"
        if found := self._find_own(f"{comments}?per_page=100", MARK):
            self.api.send("PATCH", f"issues/comments/{found['id']}", body=body)
        else:
            self.api.send("POST", comments, body=body)

    def issue(self, title: str, mark: str, body: str) -> None:
        if found := self._find_own(f"issues?state=open&labels={LABEL}&per_page=100", mark):
            self.api.send("PATCH", f"issues/{found['number']}", body=body)
        else:
            self.api.send("POST", "issues", title=title, body=body, labels=[LABEL])


@dataclass(frozen=True)
class GitLab:
    """GitLab: https://docs.gitlab.com/api/notes/, https://docs.gitlab.com/api/issues/."""

    environ: Mapping[str, str] = field(repr=False)

    @property
    def api(self) -> Api:
        base = f"{needed(self.environ, 'CI_API_V4_URL')}/projects/{needed(self.environ, 'CI_PROJECT_ID')}"
        return Api(base, {"PRIVATE-TOKEN": needed(self.environ, "GITLAB_TOKEN")})

    @property
    def run(self) -> str:
        return needed(self.environ, "CI_JOB_URL")

    def _find_own(self, path: str, mark: str, text: str) -> Item | None:
        me, _ = request("GET", f"{needed(self.environ, 'CI_API_V4_URL')}/user", self.api.headers)

        def wrote(item: Item) -> bool:
            return bool((item.get("author") or {}).get("id") == me["id"])

        return self.api.find_own(path, mark, wrote, text)

    def comment(self, body: str) -> None:
        notes = f"merge_requests/{needed(self.environ, 'CI_MERGE_REQUEST_IID')}/notes"
        if found := self._find_own(f"{notes}?per_page=100", MARK, "body"):
            self.api.send("PUT", f"{notes}/{found['id']}", body=body)
        else:
            self.api.send("POST", notes, body=body)

    def issue(self, title: str, mark: str, body: str) -> None:
        if found := self._find_own(f"issues?state=opened&labels={LABEL}&per_page=100", mark, "description"):
            self.api.send("PUT", f"issues/{found['iid']}", description=body)
        else:
            self.api.send("POST", "issues", title=title, description=body, labels=LABEL)


def forge() -> Forge:
    return GitLab(os.environ) if os.environ.get("GITLAB_CI") else GitHub(os.environ)


def needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise ReportError(f"{name} is not set: this runs in a pipeline, whose file gives it")
    return value


class Straight(HTTPRedirectHandler):
    """A handler that follows no redirection: the token would go along, wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        return None


def request(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: Item | None = None
) -> tuple[Any, str]:
    """Return the answer and its header ``Link``. Errors name no address: a webhook's is a secret."""
    sent = None if body is None else json.dumps(body).encode()
    sent_headers = {"Content-Type": "application/json", "User-Agent": "mirrors", **(headers or {})}
    try:
        asked = Request(url, sent, sent_headers, method=method)  # noqa: S310 - the pipeline's own settings say where
        with build_opener(Straight).open(asked, timeout=TIMEOUT) as answer:
            text, links = answer.read(), answer.headers.get("Link") or ""
    except HTTPError as error:
        raise RefusedError(method, error.code) from None
    except (OSError, HTTPException, ValueError) as error:
        raise ReportError(f"{method}: no answer ({type(error).__name__})") from None
    return (json.loads(text) if method == "GET" else None), links


def shortened(text: str, longest: int) -> str:
    """Return a text of at most this length, cut at the end of a line; what it folds in is closed again."""
    if len(text) <= longest:
        return text
    kept = text[:longest].rpartition("\n")[0] or text[:longest]
    opened = kept.count("<details>") - kept.count("</details>")
    return f"{kept}{'</details>' * opened}\n\nThe rest is in the pipeline's log.\n"


def shares(lengths: Sequence[int], total: int) -> list[int]:
    """Divide a length among texts: what a short one leaves goes to the others."""
    given, left, count = dict.fromkeys(range(len(lengths)), 0), total, len(lengths)
    for position in sorted(given, key=lambda item: lengths[item]):
        given[position] = min(lengths[position], left // count)
        left, count = left - given[position], count - 1
    return [given[position] for position in range(len(lengths))]


def fenced(text: str) -> str:
    """Return a command's output as a code block: the fence is longer than any in it."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"


def comment(previews: Sequence[Path]) -> str:
    """Write both previews as one comment; an empty file is a preview that failed."""
    to = forge()
    texts = [path.read_text(encoding="utf-8") for path in previews]
    parts = [
        shortened(text, share) or f"### {path.stem} failed\n\nWhy is in [the log]({to.run}).\n"
        for path, text, share in zip(previews, texts, shares([*map(len, texts)], LONGEST), strict=True)
    ]
    to.comment("\n".join([MARK, *parts]))
    return "The comment says what this would do."


def issue(title: str, found: Path) -> str:
    """Write the output of a command as an issue of this title."""
    to, mark = forge(), marked(title)
    body = f"{mark}\n{fenced(shortened(found.read_text(encoding='utf-8'), LONGEST))}\nFound by {to.run}\n"
    to.issue(title, mark, body)
    return f'The issue "{title}" says what was found.'


def marked(title: str) -> str:
    """Return the first line of an issue, by which the next run finds it after people have changed its title.

    It has the project's name: one repository may hold several, with stacks of one name.
    """
    file = Path("Pulumi.yaml")
    name = (
        re.search(r"^name:\s*[\"']?([\w.-]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        if file.is_file()
        else None
    )
    about = f"{name[1] if name else 'project'}: {title}".replace("--", "-")  # which would end it
    return f"<!-- mirrors: {about} -->"


def webhook(text: str) -> str:
    """Send a message as JSON, {"text": …}, which Slack, Mattermost, Rocket.Chat and others take."""
    if not (url := os.environ.get("WEBHOOK_URL")):
        return "No message was sent: WEBHOOK_URL is not set."
    request("POST", url, body={"text": f"{text} {forge().run}"})
    return "The webhook knows of it."


def main() -> None:
    parser = argparse.ArgumentParser(description="Report what a pipeline found.")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("comment", help=comment.__doc__).add_argument("previews", nargs="+", type=Path)
    issues = commands.add_parser("issue", help=issue.__doc__)
    issues.add_argument("title")
    issues.add_argument("found", type=Path)
    commands.add_parser("webhook", help=webhook.__doc__).add_argument("text")
    arguments = vars(parser.parse_args())
    reports: Mapping[str, Callable[..., str]] = {"comment": comment, "issue": issue, "webhook": webhook}
    try:
        sys.stdout.write(f"{reports[arguments.pop('command')](**arguments)}\n")
    except ReportError as error:
        sys.exit(f"Error: {error}")
    except FileNotFoundError as error:
        sys.exit(f"Error: {error.filename}: there is no such file")


if __name__ == "__main__":
    main()
