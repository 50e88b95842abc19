"""``python -m tools.probe`` reports how a platform's API behaves, and shows nothing of the account. It only reads."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from mirrors.cli.options import directory_option, handle_errors
from mirrors.cli.stacks import read_configuration
from mirrors.config import parse_configuration
from mirrors.config.connection import DivioConnection, load_divio_connection
from mirrors.config.files.project_files import ProjectFiles
from mirrors.divio import AuthenticationFailed
from mirrors.divio.errors import RequestInfo
from tools.probe.questions import answers
from tools.probe.raw import RawAnswer, RawReader
from tools.probe.schema import summary
from tools.probe.stand_ins import LeakError, StandIns, as_json

API = "/apps/v3/"
WRONG_TOKEN = "0" * 40  # no account has it
STAGE = "test"


@click.command()
@click.option("-s", "--stack", help="Ask about the first two applications of this stack's fleet.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a file.")
@directory_option
@handle_errors
def main(stack: str | None, output: Path | None, cwd: Path) -> None:
    """Report how the platform's API behaves. You may pass the report on; read it before you do."""
    raw = read_configuration(stack, cwd).values if stack else {}
    connection = load_divio_connection(raw, os.environ)
    fleet = parse_configuration(raw, stack, os.environ, ProjectFiles.find(cwd, stack)).fleet if stack else None
    token = connection.api_token.get_secret_value()
    seen = Probe(connection, fleet.slugs[:2] if fleet else ()).run()
    text = report(seen, StandIns([token]))
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
    click.echo(f"{output}: {len(seen)} answers, redacted. Read it before you pass it on.", err=True)


def report(seen: Mapping[str, RawAnswer], stand_ins: StandIns) -> str:
    """Return the report as JSON. Raise ClickException where something of the account would be in it."""
    exchanges = {label: _exchange(answer, stand_ins) for label, answer in seen.items() if label != "schema"}
    content = {
        "answers": answers(seen, stand_ins),
        "schema": summary(seen["schema"].body) if seen["schema"].status == 200 else {},
        "exchanges": exchanges,
    }
    try:
        return stand_ins.certify(as_json(content))
    except LeakError as leak:
        withheld = f"the report is withheld: a {leak} of the account would be in it. Report this as a bug."
        raise click.ClickException(withheld) from leak


def _exchange(answer: RawAnswer, stand_ins: StandIns) -> dict[str, Any]:
    return {
        "path": stand_ins.path(answer.path),
        "query": sorted({name for name, _ in answer.query}),
        "status": answer.status,
        "body": stand_ins.body(answer.body, error=answer.status >= 400),
    }


class Probe:
    """Some twenty GET requests, one after another.

    Args:
        connection: The platform, and the token of the account.
        slugs: The original's and a mirror's; empty where no fleet is declared.
    """

    def __init__(self, connection: DivioConnection, slugs: tuple[str, ...]) -> None:
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
        """Return the uuids of the declared applications, or of the first two that the platform lists."""
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


if __name__ == "__main__":
    main(prog_name="python -m tools.probe")
