"""The places where secrets must not be: files, the output of commands, and the machine's process list."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psutil
from mirrors_sandbox.logins import passwords

from tests.engine.fleet import Fleet
from tests.sandboxes import frozen_variables, get

PAUSE = 0.2  # seconds between two looks at the process list


def original_of(fleet: Fleet) -> str:
    """Return the original's present name: a journey may end with another one than it begins with."""
    listed = get(fleet.sandbox, "applications/", slug="acme")["results"]
    return "acme" if listed else "brand"


def canaries_of(fleet: Fleet) -> dict[str, str]:
    """Return the secrets that must not show, by kind: the token, and each environment's of database and storage."""
    found = {"token": fleet.sandbox.token}
    for stage in ("test", "live"):
        frozen = frozen_variables(fleet.sandbox, original_of(fleet), stage)
        found[f"{stage} database password"] = unquote(urlsplit(frozen["DATABASE_URL"]).password or "")
        [found[f"{stage} storage secret"]] = parse_qs(urlsplit(frozen["DEFAULT_STORAGE_DSN"]).query)["secret"]
    kept = passwords(fleet.sandbox.state)
    found.update({f"password of the admin of {environment}": password for environment, password in kept.items()})
    assert all(len(value) > 8 for value in found.values()), "each must be long enough to be found"
    return found


def leaks(canaries: Mapping[str, str], texts: Mapping[str, str | bytes]) -> list[str]:
    """Which canary is in which text, without its value."""
    return [
        f"{name} in {where}"
        for where, text in texts.items()
        for name, value in canaries.items()
        if value.encode() in (text if isinstance(text, bytes) else text.encode())
    ]


def written_by(fleet: Fleet) -> dict[str, bytes]:
    """Return the engine's files (state, history, backups, workspaces, logs), the project's, and the sandbox's logs."""
    project = fleet.project
    folders = (project.state / "pulumi", project.state / "pulumi-home")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += project.directory.glob("*.yaml")
    files += [fleet.sandbox.state.log, fleet.sandbox.state / "requests.jsonl"]
    return {str(path.relative_to(project.directory)): path.read_bytes() for path in files}


def shown_by(fleet: Fleet) -> dict[str, str]:
    """Return all that the project's commands have said so far."""
    return {f"output {number}": text for number, text in enumerate(fleet.project.said)}


@contextmanager
def nothing_leaks(fleet: Fleet) -> Iterator[None]:
    """Neither the secrets of the beginning nor those of the end show in what was said and written meanwhile."""
    before = canaries_of(fleet)
    yield
    for canaries in (before, canaries_of(fleet), {"value of a test": "c4n4ry"}):
        assert leaks(canaries, shown_by(fleet)) == []
        assert leaks(canaries, written_by(fleet)) == []


@dataclass
class ProcessList:
    """The command lines of all processes of this machine, as anybody sees them."""

    seen: set[str] = field(default_factory=set)

    def look(self) -> None:
        for process in psutil.process_iter(["cmdline"]):
            self.seen.add(" ".join(process.info["cmdline"] or ()))

    def as_texts(self) -> dict[str, str]:
        return {f"process {number}": line for number, line in enumerate(sorted(self.seen))}


@contextmanager
def watched_processes() -> Iterator[ProcessList]:
    """Look at the process list again and again until the end of the context."""
    listed, over = ProcessList(), threading.Event()

    def watch() -> None:
        listed.look()
        while not over.wait(PAUSE):
            listed.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield listed
    finally:
        over.set()
        watcher.join()


def history_of(backend: Path) -> list[Path]:
    """Return the engine's own records of past updates."""
    return [path for kind in ("history", "backups") for path in (backend / ".pulumi" / kind).rglob("*.json*")]
