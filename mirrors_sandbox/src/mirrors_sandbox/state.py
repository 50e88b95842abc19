"""The state directory: where everything that the sandbox knows lies, readable by its owner alone.

```text
sandbox.sqlite3   the control plane's objects          settings.json   port and runner, kept over restarts
token             the API's access token               secret_key      Django's
admin_password    of the control panel's user          url             address of the API
sandbox.pid       the server's process                 sandbox.log     its output
requests.jsonl    one line a request                   processes/      one file for each process that runs
postgres/         the database server, or mariadb/     storage/        one directory for each object storage
site_passwords.json  of the seeded sites' users
codebases/        bare git repositories                releases/       immutable directories
sites/            a log for each site
```
"""

import json
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

__all__ = [
    "DIRECTORY_VARIABLE",
    "DatabaseKind",
    "Runner",
    "SandboxError",
    "Settings",
    "StateDirectory",
    "write_private",
]

DIRECTORY_VARIABLE = "MIRRORS_SANDBOX_DIR"
TOKEN_VARIABLE = "MIRRORS_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_DIRECTORY = ".state/sandbox"

Runner = Literal["process", "none"]
DatabaseKind = Literal["postgresql", "mariadb"]


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the message is one line that says why and what helps. Never a secret."""


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    temporary.replace(path)


@dataclass(frozen=True)
class Settings:
    """Settings that the first start decides, so that addresses survive a restart."""

    port: int
    runner: Runner
    site_ports_from: int
    deployment_seconds: float = 0.0
    database_port: int = 0
    database: DatabaseKind = "postgresql"

    def dump(self) -> str:
        return json.dumps(self.__dict__)


@dataclass(frozen=True)
class StateDirectory:
    root: Path

    @classmethod
    def at(cls, directory: Path | str | None = None) -> "StateDirectory":
        """Return the given directory, the one that the environment names, or the checkout's, in this order."""
        chosen = directory or os.environ.get(DIRECTORY_VARIABLE) or DEFAULT_DIRECTORY
        return cls(Path(chosen).absolute())

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    @property
    def exists(self) -> bool:
        return self.root.is_dir()

    @property
    def log(self) -> Path:
        return self / "sandbox.log"

    @property
    def token(self) -> str:
        return self._read("token")

    @property
    def url(self) -> str:
        return self._read("url")

    def prepare(self) -> None:
        """Make the directory and its secrets, once."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("processes", "storage", "codebases", "releases", "sites"):
            (self / name).mkdir(exist_ok=True, mode=0o700)
        self._generate("token", os.environ.get(TOKEN_VARIABLE) or secrets.token_hex(20))
        self._generate("secret_key", secrets.token_urlsafe(50))
        self._generate("admin_password", secrets.token_urlsafe(12))

    def settings(self) -> Settings | None:
        """The settings of an earlier start; None before the first.

        Raises:
            SandboxError: the file cannot be read.
        """
        path = self / "settings.json"
        if not path.exists():
            return None
        try:
            return Settings(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise SandboxError(f"{path} is damaged: restore it, or end the processes and remove {self.root}") from error

    def known_settings(self) -> Settings:
        """Return the settings of the last start.

        Raises:
            SandboxError: the sandbox was never started, or its settings cannot be read.
        """
        settings = self.settings()
        if settings is None:
            raise SandboxError(f"there is no sandbox in {self.root}: start one with `mirrors sandbox start`")
        return settings

    def save(self, settings: Settings) -> None:
        write_private(self / "settings.json", settings.dump())
        write_private(self / "url", f"http://127.0.0.1:{settings.port}")

    def set_database_port(self, port: int) -> None:
        self.save(replace(self.known_settings(), database_port=port))

    def _generate(self, name: str, value: str) -> None:
        if not (self / name).exists():
            write_private(self / name, value)

    def _read(self, name: str) -> str:
        path = self / name
        if not path.exists():
            raise SandboxError(f"there is no sandbox in {self.root}: start one with `mirrors sandbox start`")
        return path.read_text(encoding="utf-8").strip()
