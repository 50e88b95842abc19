"""A sandbox for a test: a platform on this machine that speaks Divio's API, gone with the test."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

__all__ = ["RunningSandbox", "running_sandbox"]


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that runs.

    Args:
        url: The address of its API.
        token: A token of its account.
        control: The ``mirrors_sandbox.control.Sandbox``, for what people do in the account.
    """

    url: str
    token: str
    control: Any

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables with which a Pulumi command reaches it."""
        return {"DIVIO_API_URL": self.url, "DIVIO_API_TOKEN": self.token}


@contextmanager
def running_sandbox(
    directory: Path,
    original: str = "acme",
    mirrors: Sequence[str] = (),
    *,
    runner: Literal["none", "process"] = "none",
) -> Iterator[RunningSandbox]:
    """Yield a sandbox with an original, deployed to Test and Live, and fresh mirrors. At the end nothing is left.

    Args:
        directory: A folder for its files, such as pytest's ``tmp_path``.
        original: The slug of the original.
        mirrors: The slugs of the mirrors.
        runner: ``process`` runs real sites. ``none`` deploys without them, so set ``rollout.health`` to ``false``.

    Raises:
        ModuleNotFoundError: The distribution ``pulumi-mirrors-sandbox`` is not installed.
    """
    sandbox = import_module("mirrors_sandbox.control").Sandbox(directory / "sandbox")
    try:
        sandbox.start(runner=runner)
        sandbox.seed(original, mirrors, report=lambda _line: None)
        yield RunningSandbox(sandbox.url, sandbox.token, sandbox)
    finally:
        sandbox.reset()
