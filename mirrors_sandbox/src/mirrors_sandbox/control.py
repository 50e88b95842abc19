"""One sandbox, from outside: start it, fill it, stop it. The command line is a thin shell around this; tests use it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mirrors_sandbox.console import Console, Report
from mirrors_sandbox.server_control import ServerControl
from mirrors_sandbox.state import SandboxError
from mirrors_sandbox.task_process import run_task

__all__ = ["Sandbox"]


class Sandbox(ServerControl):
    """A sandbox: its server, and what people and the platform do in its account."""

    def seed(
        self,
        original: str = "acme",
        mirrors: Sequence[str] = ("acme-de", "acme-fr", "acme-ch"),
        numbered: int = 0,
        codebase: Path | str | None = None,
        report: Report = print,
        *,
        python: Path | str | None = None,
        by_hand: Sequence[str] = (),
    ) -> None:
        """Make the account: an original, deployed to Test and Live, and fresh mirrors. An existing part stays as it is.

        Args:
            numbered: how many mirrors ``{original}-0001`` … to make besides those named.
            codebase: directory with the original's code, a git repository or not; the checkout's example by default.
            python: the virtual environment that its releases run with; that of the sandbox by default.
            by_hand: mirrors that run already, set up by hand without Mirrors.

        Raises:
            SandboxError: the sandbox does not run, or what is asked for cannot be made.
        """
        self._must_run()
        chosen = str(Path(codebase).absolute()) if codebase else None
        venv = str(Path(python).absolute()) if python else None
        names = {"original": original, "mirrors": list(mirrors), "by_hand": list(by_hand)}
        run_task(self.state, "seed", report, **names, numbered=numbered, codebase=chosen, python=venv)

    def mirror(self, original: str, name: str, report: Report = print) -> None:
        """Make a fresh mirror.

        Raises:
            SandboxError: there is no such original, or the name is taken.
        """
        self._must_run()
        run_task(self.state, "mirror", report, original=original, name=name)

    def rotate(self, original: str, environment: str, report: Report = print) -> None:
        """Give an environment's database a new password.

        Raises:
            SandboxError: there is no such environment.
        """
        self._must_run()
        run_task(self.state, "rotate", report, original=original, environment=environment)

    def deploy(self, application: str, environment: str, *, wait: bool = True, report: Report = print) -> None:
        """Deploy through the API.

        Raises:
            SandboxError: it cannot be deployed, or the deployment fails.
        """
        self._must_run()
        Console(self.state).deploy(application, environment, wait=wait, report=report)

    def add_fault(self, kind: str, report: Report = print, **options: Any) -> None:
        """Inject a fault; options are the fields of ``mirrors_sandbox.models.Fault``."""
        self._must_run()
        run_task(self.state, "add_fault", report, kind=kind, **options)

    def list_faults(self, report: Report = print) -> None:
        self._must_run()
        run_task(self.state, "list_faults", report)

    def clear_faults(self, report: Report = print) -> None:
        self._must_run()
        run_task(self.state, "clear_faults", report)

    def requests_log(self) -> list[dict[str, Any]]:
        """The API's requests, oldest first; see ``mirrors_sandbox.request_log`` for the keys."""
        path = self.state / "requests.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def clear_requests_log(self) -> None:
        path = self.state / "requests.jsonl"
        if path.exists():
            os.truncate(path, 0)

    def _must_run(self) -> None:
        self.state.known_settings()
        if self.process is None:
            raise SandboxError("the sandbox does not run: start it with `mirrors sandbox start`")
