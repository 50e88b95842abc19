"""Divio's own client, as it is on PyPI, in a virtual environment of its own.

``python divio_cli.py`` with the interpreter of that environment reads a list of command lines as JSON. It answers with
the output of each one. The client takes seconds to import, and that once is enough.
"""

import fcntl
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

VERSION = "4.0.5"
TIMEOUT = 300.0  # seconds
UNREACHABLE = re.compile(
    r"ConnectionError|ConnectTimeout|NameResolution|ProxyError|ReadTimeout|network is unreachable", re.IGNORECASE
)
LIBRARY = "library"
"""In place of a command: a method of the client that only an interactive command calls."""


class UnreachableError(Exception):
    """The registry of packages does not answer, or not in time; the message is pip's last line, if it has one."""


def installed(directory: Path, constraints: Path) -> Path:
    """Return the environment's folder of commands. Make it once on a machine. Raises UnreachableError.

    ``constraints``: a file of pip's, with the versions of what the client shares with this project.
    """
    environment = directory / f"divio-cli-{VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "divio-cli.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = environment / "complete"
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True, timeout=TIMEOUT)
            _install(environment / "bin" / "python", constraints)
            done.touch()
    return environment / "bin"


def _install(python: Path, constraints: Path) -> None:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--constraint", str(constraints)]
    command = [str(python), "-m", "pip", "install", *options, f"divio-cli=={VERSION}"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"pip has not ended after {TIMEOUT:.0f} seconds") from None
    if ran.returncode and UNREACHABLE.search(ran.stderr):
        raise UnreachableError(ran.stderr.strip().splitlines()[-1])
    assert ran.returncode == 0, ran.stderr


def said(commands: Path, lines: Sequence[Sequence[str]], environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """``[{code, text}]``, one for each command line."""
    command = [str(commands / "python"), "-I", str(Path(__file__).absolute())]
    ran = subprocess.run(
        command, input=json.dumps(lines), env=environment, capture_output=True, text=True, timeout=TIMEOUT
    )
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, Any]] = json.loads(ran.stdout.splitlines()[-1])
    return answers


def main() -> None:
    """In the environment, where there is nothing of this project."""
    print(json.dumps([answer(line) for line in json.load(sys.stdin)]))  # noqa: T201


def answer(line: list[str]) -> dict[str, Any]:
    import traceback

    from click.testing import CliRunner
    from divio_cli.cli import cli  # type: ignore[import-not-found]
    from divio_cli.cloud import CloudClient, get_endpoint  # type: ignore[import-not-found]

    if line[0] == LIBRARY:
        found = getattr(CloudClient(get_endpoint()), line[1])(*line[2:])
        return {"code": 0, "text": json.dumps(found)}
    sys.argv = ["divio", *line]
    done = CliRunner().invoke(cli, line)
    expected = done.exception is None or isinstance(done.exception, SystemExit)
    trouble = "" if expected else "".join(traceback.format_exception(done.exception))
    return {"code": done.exit_code, "text": done.output + trouble}


if __name__ == "__main__":
    main()
