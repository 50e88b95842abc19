"""A GitHub or GitLab of a few lines, as far as pipelines speak to one; and the receiver of a webhook."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers import running

HOOK = "/hook-c4n4ry"
"""The path is a secret: who knows it may post."""

PAGE = 2
"""Items on a page of a list: few, so that there are several."""

Item = dict[str, Any]

ME = {"id": 41, "login": "acme-releases"}
BOT = "github-actions[bot]"


@dataclass
class Record:
    """The messages to the forge and the webhook; ``refuses`` is a status that answers every request."""

    comments: list[Item] = field(default_factory=list)
    issues: list[Item] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    refuses: int = 0
    bot: bool = True
    """True if GitHub's token is that of a job, which may not ask whose it is."""

    def items(self, path: str) -> list[Item]:
        return self.comments if path.rstrip("/0123456789").endswith(("comments", "notes")) else self.issues

    @property
    def text(self) -> str:
        return json.dumps([self.comments, self.issues, self.messages])


class Server(ThreadingHTTPServer):
    record: Record

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/user":
            self.answer(ME, status=403 if self.record.bot and self.headers["Authorization"] else 200)
            return
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        everything = self.record.items(parts.path)
        following = f'<{self.home}{parts.path}?page={page + 1}>; rel="next"' if page * PAGE < len(everything) else ""
        self.answer(everything[(page - 1) * PAGE : page * PAGE], following)

    def do_POST(self) -> None:
        body = self.body()
        if self.path == HOOK:
            self.record.messages.append(body["text"])
        else:
            items = self.record.items(self.path)
            number = len(items) + 1
            items.append({"id": number + 100, "number": number, "iid": number, **self.author(), **body})
        self.answer({})

    def do_PATCH(self) -> None:
        items, number = self.record.items(self.path), int(self.path.rpartition("/")[2])
        next(item for item in items if number in (item["id"], item["number"])).update(self.body())
        self.answer({})

    def do_PUT(self) -> None:
        self.do_PATCH()

    @property
    def record(self) -> Record:
        assert isinstance(self.server, Server)
        return self.server.record

    @property
    def home(self) -> str:
        assert isinstance(self.server, Server)
        return self.server.url

    def author(self) -> Item:
        """Return the author as GitHub and as GitLab write it."""
        return {"user": {"login": BOT if self.record.bot else ME["login"]}, "author": ME}

    def body(self) -> Item:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, content: Any, following: str = "", status: int = 200) -> None:
        self.record.tokens |= {value for name in ("Authorization", "PRIVATE-TOKEN") if (value := self.headers[name])}
        self.send_response(self.record.refuses or status)
        if following:
            self.send_header("Link", following)
        if 300 <= self.record.refuses < 400:
            self.send_header("Location", HOOK)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not to the terminal."""


@contextmanager
def forge() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.record = Record()
    with running(server):
        yield server
