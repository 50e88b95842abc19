"""One original, one mirror and one stack, whose processes can be killed between any two requests."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from mirrors_sandbox.control import Sandbox

from tests.engine.crash.processes import family, is_provider, kill, sender
from tests.engine.crash.proxy import Passed, Proxy, Side, Strike, proxy_before
from tests.engine.crash.store import Contract, Store
from tests.engine.fleet import NOBODY_SERVES, Fleet
from tests.engine.project import Done, Project, Stack
from tests.engine.secrets import leaks, shown_by, written_by
from tests.sandboxes import frozen_variables, running_sandbox, set_variable

ORIGINAL, MIRROR, STAGE = "acme", "acme-de", "test"
FOREIGN, FOUND = "FOREIGN", "LANGUAGE"
SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")

Kind = Literal["engine", "provider"]


def silently(_line: str) -> None:
    """For what reports to the terminal."""


def _without_secrets(value: Any) -> Any:
    """Return what compares.

    A stored secret is encrypted anew each time; each resource's fingerprints have a key of their own.
    """
    if isinstance(value, dict):
        secret = {"ciphertext", "fingerprint"} & value.keys()
        return "secret" if secret else {key: _without_secrets(item) for key, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Boundary:
    """Between two requests: before the platform has the ``number``-th one, or after it and before the answer."""

    number: int
    side: Side
    request: str

    def __str__(self) -> str:
        return f"{self.side} request {self.number}, {self.request}"


@dataclass
class World:
    """All requests of the engine's processes go through the proxy."""

    project: Project
    sandbox: Sandbox
    proxy: Proxy

    @property
    def stack(self) -> Stack:
        return Stack(self.project, STAGE)

    @property
    def backend(self) -> Path:
        return self.project.state / "pulumi"

    @property
    def database(self) -> Path:
        return self.sandbox.state / "sandbox.sqlite3"

    def store(self) -> Store:
        return Store.of(self.database, MIRROR, STAGE)

    def stores(self) -> dict[str, Store]:
        """Return the same of all applications, the original too."""
        return Store.all(self.database, STAGE)

    def declared(self) -> dict[str, str]:
        """Return the mirror's variables as they must become: the shared ones as the original runs with them now."""
        original = frozen_variables(self.sandbox, ORIGINAL, STAGE)
        return {"SITE_ID": "2", "MIRRORS_APPLICATION": MIRROR, FOUND: "de", **{name: original[name] for name in SHARED}}

    def contract(self, before: Store) -> Contract:
        return Contract("2", self.declared(), before, frozenset({FOREIGN, FOUND}))

    def mirrors_are(self, *slugs: str) -> None:
        mirrors = [{"application": slug} for slug in slugs]
        self.project.configure(lambda config: config["mirrors:fleet"]["value"].update(mirrors=mirrors))

    def language_is(self, language: str) -> None:
        """Declare a variable for all mirrors: a change is a deployment of each."""
        self.project.configure(lambda config: config["mirrors:fleet"]["value"].update(variables={FOUND: language}))

    def inputs(self) -> dict[str, Any]:
        """Return {resource: its inputs} as the state has them, secrets left out."""
        return {item["urn"]: _without_secrets(item.get("inputs")) for item in self.stack.resources()}

    def found(self) -> set[str] | None:
        """Return names that the state says were there before Mirrors; None where it has no mirror."""
        found = [inputs.get("found", ()) for urn, inputs in self.inputs().items() if ":Mirror::" in urn]
        return set(found[0]) if found else None

    def shows_no_secret(self, *declared: Mapping[str, str]) -> None:
        """Neither what was said nor what was stored has the token, or a secret of these shared values."""
        fleet = Fleet(self.project, self.sandbox)
        secrets = {"token": self.sandbox.token}
        for number, values in enumerate(declared):
            secrets[f"password {number}"] = urlsplit(values["DATABASE_URL"]).password or ""
            [secrets[f"key {number}"]] = parse_qs(urlsplit(values["DEFAULT_STORAGE_DSN"]).query)["secret"]
        assert all(len(secret) > 8 for secret in secrets.values())
        assert leaks(secrets, shown_by(fleet)) == []
        assert leaks(secrets, written_by(fleet)) == []

    def up(self) -> Done:
        return self.stack.up("--skip-preview")

    def killed(self, kind: Kind, boundary: Boundary, contract: Contract) -> list[str]:
        """Run an ``up`` with a kill at this boundary; return the invariants that do not hold right after it."""
        violations: list[str] = []

        def strike(passed: Passed) -> None:
            members = family(engine.pid)
            own = sender(members, passed.port)
            assert own is not None
            # Nothing of what an engine has started goes on here; that it ends by itself has a test of its own.
            kill(members if kind == "engine" else [own])
            violations.extend(contract.violations(self.store()))

        self.proxy.begin(Strike(boundary.number, boundary.side, strike))
        with self.project.started(*self.command) as engine:
            stdout, stderr = engine.communicate(timeout=120)
        self.project.said.append(stdout + stderr)
        assert self.proxy.struck is not None, f"{boundary} was never reached: {stdout}{stderr}"
        assert engine.returncode != 0, stdout + stderr
        return violations

    def boundaries(self, contract: Contract) -> dict[Kind, list[Boundary]]:
        """Run an ``up`` without a kill and return its boundaries. The invariants hold at each request too."""
        senders: dict[int, bool] = {}
        violations: list[str] = []

        def watch(passed: Passed) -> None:
            own = sender(family(engine.pid), passed.port)
            senders[len(senders)] = own is not None and is_provider(own)
            violations.extend(contract.violations(self.store()))

        self.proxy.begin(watch=watch)
        with self.project.started(*self.command) as engine:
            stdout, stderr = engine.communicate(timeout=120)
        assert engine.returncode == 0, stdout + stderr
        assert violations == []
        every = list(_boundaries(self.proxy.seen))
        return {"engine": every, "provider": [item for item in every if senders[item.number - 1]]}

    @property
    def command(self) -> tuple[str, ...]:
        return ("pulumi", "up", "--yes", "--skip-preview", "--stack", STAGE, "--non-interactive", "--color", "never")


def _boundaries(requests: list[Passed]) -> Iterator[Boundary]:
    """After a reading request the platform is as before the next one, so only the last has a boundary after it."""
    for number, passed in enumerate(requests, 1):
        words = f"{passed.method} {passed.path.partition('?')[0]}"
        yield Boundary(number, "before", words)
        if passed.writes or number == len(requests):
            yield Boundary(number, "after", words)


@contextmanager
def new_world(directory: Path, *others: str, **options: Any) -> Iterator[World]:
    """Yield a seeded fleet that was never updated.

    The mirror has one variable that the program will declare otherwise, and one that it will not declare.

    ``others``: more mirrors. ``options`` are those of ``Sandbox.start``.
    """
    project = Project.at(directory / "acme", {})
    with running_sandbox(project.state, **options) as sandbox, proxy_before(sandbox.url) as proxy:
        sandbox.seed(original=ORIGINAL, mirrors=(MIRROR, *others), report=silently)
        set_variable(sandbox, MIRROR, STAGE, FOREIGN, "theirs")
        set_variable(sandbox, MIRROR, STAGE, FOUND, "fr")
        project.environment.update(DIVIO_API_URL=proxy.url, DIVIO_API_TOKEN=sandbox.token)
        project.configure(lambda config: config.update(NOBODY_SERVES))
        world = World(project, sandbox, proxy)
        world.mirrors_are(MIRROR, *others)
        world.language_is("de")
        project.run("pulumi", "stack", "select", "--create", STAGE).succeeded()
        yield world
