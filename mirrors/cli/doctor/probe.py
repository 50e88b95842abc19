"""``mirrors doctor --probe``: how a platform's API behaves, told without anything of the account. It only reads."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from mirrors.cli.doctor.questions import answers
from mirrors.cli.doctor.redaction import LeakError, Redactor, as_json
from mirrors.cli.doctor.schema import summary
from mirrors.cli.stacks import raw_configuration
from mirrors.config import load
from mirrors.config.connection import Connection, load_connection
from mirrors.config.files import Files
from mirrors.divio import AuthenticationFailed
from mirrors.divio.errors import RequestInfo
from mirrors.divio.raw import RawAnswer, RawReader
from mirrors.errors import MirrorsError
from mirrors.problems import Problem

API = "/apps/v3/"
WRONG_TOKEN = "0" * 40  # nobody's
STAGE = "test"


def probe(stack: str | None, cwd: Path, output: Path | None) -> None:
    """Raises MirrorsError or DivioError where nothing can be found out."""
    raw = raw_configuration(stack, cwd) if stack else {}
    connection = load_connection(raw, os.environ)
    fleet = load(raw, stack, os.environ, Files.of(cwd, stack)).fleet if stack else None
    token = connection.api_token.get_secret_value()
    seen = Probe(connection, fleet.slugs[:2] if fleet else ()).run()
    text = report(seen, Redactor([token]))
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        said = f"{output} cannot be written: {error.strerror}"
        raise MirrorsError(Problem("report-unwritable", said)) from error
    click.echo(f"{output}: {len(seen)} answers, redacted. Read it before you give it to somebody", err=True)


def report(seen: Mapping[str, RawAnswer], redactor: Redactor) -> str:
    """JSON. Raises MirrorsError where something of the account would be in it."""
    exchanges = {label: _exchange(answer, redactor) for label, answer in seen.items() if label != "schema"}
    content = {
        "answers": answers(seen, redactor),
        "schema": summary(seen["schema"].body) if seen["schema"].status == 200 else {},
        "exchanges": exchanges,
    }
    try:
        return redactor.certify(as_json(content))
    except LeakError as leak:
        said = f"the report is withheld: a {leak} of the account would be in it."
        raise MirrorsError(Problem("report-withheld", said, "Please report this")) from leak


def _exchange(answer: RawAnswer, redactor: Redactor) -> dict[str, Any]:
    return {
        "path": redactor.path(answer.path),
        "query": sorted({name for name, _ in answer.query}),
        "status": answer.status,
        "body": redactor.body(answer.body, error=answer.status >= 400),
    }


class Probe:
    """Some twenty GET requests, one after another. ``slugs``: of the original and a mirror, where they are known."""

    def __init__(self, connection: Connection, slugs: tuple[str, ...]) -> None:
        self.reader = RawReader(connection.api_url, connection.api_token.get_secret_value())
        self.slugs = slugs
        self.seen: dict[str, RawAnswer] = {}

    def run(self) -> dict[str, RawAnswer]:
        me = self.reader.get("/iam/v3/me/")
        if me.status != 200:
            said = "the token was refused, use a valid access token"
            raise AuthenticationFailed(said, RequestInfo("GET", "/iam/v3/me/", me.status))
        self.seen["me"] = me
        self._ask("schema", "schema.json")
        self._ask("default page", "applications/")
        for role, application in zip(("original", "mirror"), self._applications(), strict=False):
            self._application(role, application)
        self._ask("variables without a filter", "environment-variables/")
        self._errors()
        return self.seen

    def _ask(self, label: str, path: str, *query: tuple[str, str], token: str | None = None) -> Any:
        answer = self.seen[label] = self.reader.get(f"{API}{path}", *query, token=token)
        return answer.body if answer.status == 200 else None

    def _list(self, label: str, path: str, *query: tuple[str, str]) -> list[dict[str, Any]]:
        body = self._ask(label, path, *query)
        results = body.get("results") if isinstance(body, dict) else None
        return [item for item in results or [] if isinstance(item, dict) and "uuid" in item]

    def _applications(self) -> list[str]:
        """Their uuids: of the declared ones, or else of the first that are listed."""
        if self.slugs:
            found = [self._list(f"slug {number}", "applications/", ("slug", s)) for number, s in enumerate(self.slugs)]
            return [str(items[0]["uuid"]) for items in found if items]
        return [str(item["uuid"]) for item in self._list("applications", "applications/")[:2]]

    def _application(self, role: str, uuid: str) -> None:
        self._ask(role, f"applications/{uuid}/")
        environments = self._list(f"{role} environments", "environments/", ("application", uuid))
        chosen = next((item for item in environments if item.get("slug") == STAGE), next(iter(environments), None))
        if chosen is not None:
            self._ask(f"{role} environment", f"environments/{chosen['uuid']}/")
            self._ask(f"{role} variables", "environment-variables/", ("environment", str(chosen["uuid"])))
            self._deployment(role, str(chosen["uuid"]))

    def _deployment(self, role: str, environment: str) -> None:
        listed = self._list(f"{role} deployments", "deployments/", ("environment", environment))
        done = next((item for item in listed if item.get("success") is True), None)
        if done is not None:
            self._ask(f"{role} deployment", f"deployments/{done['uuid']}/")
            self._ask(f"{role} frozen variables", f"deployments/{done['uuid']}/environment-variables/")

    def _errors(self) -> None:
        self._ask("bad token", "applications/", token=WRONG_TOKEN)
        self._ask("unknown object", f"applications/{uuid4()}/")
        self._ask("page 999", "applications/", ("page", "999"))
        self._ask("large page", "applications/", ("page_size", "100000"))
