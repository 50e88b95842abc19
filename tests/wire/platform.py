"""A mirror's Test environment on a real sandbox, with a person beside Mirrors who edits and deploys by hand."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.process import wait_until

from mirrors.divio import Divio, EnvironmentVariable

TIMEOUT = 30.0  # seconds
STAGE = "test"
SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
CANARY = "canary-5c0ff3"
"""Part of the secrets that tests make up: found in nothing that is shown or logged."""

# Another user, who writes in the very moment after Mirrors: a deed for each (environment, name that was written).
# Without a value it is a deletion.
ANOTHER_WRITER = """
CREATE TABLE another_writer (environment TEXT, after TEXT, name TEXT, value TEXT);
CREATE TRIGGER another_writes AFTER INSERT ON sandbox_environmentvariable BEGIN
    UPDATE sandbox_environmentvariable
    SET value = (SELECT w.value FROM another_writer w WHERE w.environment = NEW.environment_id AND w.after = NEW.name)
    WHERE environment_id = NEW.environment_id AND name = (
        SELECT w.name FROM another_writer w WHERE w.environment = NEW.environment_id AND w.after = NEW.name
        AND w.value IS NOT NULL);
    DELETE FROM sandbox_environmentvariable
    WHERE environment_id = NEW.environment_id AND name = (
        SELECT w.name FROM another_writer w WHERE w.environment = NEW.environment_id AND w.after = NEW.name
        AND w.value IS NULL);
END;
CREATE TABLE loose_tongue (environment TEXT, log TEXT);
CREATE TRIGGER tells_all AFTER UPDATE OF success ON sandbox_deployment BEGIN
    UPDATE sandbox_deployment
    SET log = coalesce((SELECT t.log FROM loose_tongue t WHERE t.environment = NEW.environment_id), log)
    WHERE uuid = NEW.uuid;
END;
"""

DELETE_ENVIRONMENT = (
    "DELETE FROM sandbox_environmentvariable WHERE environment_id = ?",
    "DELETE FROM sandbox_serviceinstance WHERE environment_id = ?",
    "DELETE FROM sandbox_deployment WHERE environment_id = ?",
    "DELETE FROM sandbox_environment WHERE uuid = ?",
)


@dataclass(frozen=True)
class Platform:
    """A running sandbox with an original ``acme``, and a client of its own."""

    sandbox: Sandbox
    divio: Divio

    @classmethod
    @contextmanager
    def of(cls, sandbox: Sandbox) -> Iterator["Platform"]:
        with Divio.connect(sandbox.url, sandbox.token) as divio:
            platform = cls(sandbox, divio)
            with platform.database() as connection:
                connection.executescript(ANOTHER_WRITER)
            yield platform

    @property
    def configuration(self) -> dict[str, str]:
        """The configuration of a provider process that reaches it."""
        return {"mirrors:apiUrl": self.sandbox.url, "mirrors:apiToken": self.sandbox.token}

    @property
    def requests(self) -> Path:
        """The log of all requests."""
        return self.sandbox.state / "requests.jsonl"

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Yield the sandbox's own database, for what neither API nor control panel can do."""
        with (
            closing(sqlite3.connect(self.sandbox.state / "sandbox.sqlite3", timeout=TIMEOUT)) as connection,
            connection,
        ):
            yield connection

    def change(self, statement: str, *values: str) -> None:
        with self.database() as connection:
            connection.execute(statement, values)

    @cached_property
    def original(self) -> "Site":
        return self.site("acme")

    def site(self, slug: str) -> "Site":
        application = self.divio.applications.by_slug(slug)
        assert application is not None
        stages = {item.slug: item.uuid for item in self.divio.environments.list(application.uuid)}
        site = Site(self, slug, application.uuid, stages[STAGE], stages["live"])
        site.forget_requests()
        return site


@dataclass
class Site:
    """An application; ``environment`` is its Test. ``requests`` are those since the last ``forget_requests``.

    ``first``: where these begin in the platform's log.
    """

    platform: Platform
    slug: str
    application: str
    environment: str
    live: str
    first: int = field(default=0)

    @property
    def name(self) -> str:
        return f"{self.slug} ({STAGE})"

    def by_hand(self, name: str, value: str, *, sensitive: bool = False) -> EnvironmentVariable:
        """Set a variable, whether there is one of this name or not."""
        api = self.platform.divio.environment_variables
        for known in api.list(self.environment, name):
            return api.update(known.uuid, value, sensitive)
        return api.create(self.environment, name, value, sensitive)

    def deleted_by_hand(self, name: str) -> None:
        for known in self.platform.divio.environment_variables.list(self.environment, name):
            self.platform.divio.environment_variables.delete(known.uuid)

    def is_to_be_found_at(self, domain: str) -> None:
        """No site serves on this platform, so an environment has no address of its own."""
        moved = "UPDATE sandbox_environment SET built_in = json_set(built_in, '$.DOMAIN', ?) WHERE uuid = ?"
        self.platform.change(moved, domain, self.environment)

    def deployed_by_hand(self, environment: str | None = None) -> str:
        """Return the uuid of a deployment that has succeeded."""
        api = self.platform.divio.deployments
        ended = api.wait(api.start(environment or self.environment).uuid, timeout=TIMEOUT)
        assert ended.succeeded
        return ended.uuid

    def stored(self) -> dict[str, tuple[str, bool]]:
        """Return what the platform has: {name: (value, is sensitive)}, hidden values too."""
        query = "SELECT name, value, is_sensitive FROM sandbox_environmentvariable WHERE environment_id = ?"
        with self.platform.database() as connection:
            rows = connection.execute(query, (self.environment,)).fetchall()
        return {name: (value, bool(sensitive)) for name, value, sensitive in rows}

    def frozen(self, deployment: str) -> Mapping[str, str | None]:
        return self.platform.divio.deployments.environment_variables(deployment).environment_variables

    def deployments(self) -> list[str]:
        """Newest first."""
        return [item.uuid for item in self.platform.divio.deployments.list(self.environment)]

    def will_meet(self, kind: str, **settings: Any) -> None:
        """The next deployment meets a fault."""
        self.platform.sandbox.add_fault(
            kind, report=lambda _: None, path=f"^{self.slug}/{STAGE}$", remaining=1, settings=settings
        )

    def somebody_writes(self, name: str, value: str, *, after: str) -> None:
        """Give ``name`` another value, as another user, as soon as the variable ``after`` was made."""
        self.platform.change("INSERT INTO another_writer VALUES (?, ?, ?, ?)", self.environment, after, name, value)

    def somebody_deletes(self, name: str, *, after: str) -> None:
        self.platform.change("INSERT INTO another_writer VALUES (?, ?, ?, NULL)", self.environment, after, name)

    def log_says(self, text: str) -> None:
        """The log of the next deployment quotes this, in clear."""
        self.platform.change("INSERT INTO loose_tongue VALUES (?, ?)", self.environment, text)

    def finish(self, deployment: str) -> None:
        """A deployment that hung ends well."""
        self.platform.change(
            "UPDATE sandbox_deployment SET success = 1, status = 'done',"
            " ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE uuid = ?",
            deployment,
        )

    def is_deleted(self, *, application: bool = True) -> None:
        """Delete the environment in the Control Panel, or the whole application."""
        for statement in DELETE_ENVIRONMENT:
            self.platform.change(statement, self.environment)
        if application:
            self.platform.change("DELETE FROM sandbox_application WHERE uuid = ?", self.application)

    def forget_requests(self) -> None:
        self.first = self.platform.requests.stat().st_size

    def requests(self, *, alone: bool = False) -> list[str]:
        """Return the requests about this application: ``POST SITE_ID``, ``GET variables`` or ``POST deployment``.

        ``alone``: leave out those that are about other applications as well.
        """
        with self.platform.requests.open("rb") as log:  # what is before would be read again and again
            log.seek(self.first)
            lines = [json.loads(line) for line in log]
        lines = [line for line in lines if not alone or len(_applications(line)) == 1]
        return [_words(line) for line in lines if self.slug in _applications(line)]

    def writes(self) -> list[str]:
        return [line for line in self.requests() if not line.startswith("GET")]

    def wait_for_request(self, words: str) -> None:
        assert wait_until(lambda: words in self.requests(), TIMEOUT), self.requests()


def _applications(line: Mapping[str, Any]) -> list[str]:
    """Which ones a request is about: one, or several at once."""
    named = line.get("application", [])
    return [named] if isinstance(named, str) else named


def _words(line: Mapping[str, Any]) -> str:
    collection, *rest = line["path"].removeprefix("/apps/v3/").strip("/").split("/")
    thing = {"environment-variables": "variables", "deployments": "deployments"}[collection]
    if thing == "deployments" and rest:
        thing = "/".join(["deployment", *rest[1:]])
    return f"{line['method']} {line.get('name', thing)}"
