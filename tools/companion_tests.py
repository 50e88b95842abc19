"""``python -m tools.companion_tests``: the companion's tests on each pair of Python and Django that it is made for.

Each pair has a virtual environment of its own in ``.tools/companion``, from ``django_mirrors/tests/requirements.lock``.
What is tested is the wheel, unpacked beside it, so that a file that the wheel lacks is missed here and not by a site.
PostgreSQL is the server of this checkout's own environment, one for all pairs; the tests find it in
``MIRRORS_TEST_POSTGRES``.

Whatever follows ``--`` goes to pytest: ``python -m tools.companion_tests 3.11 -- -k registry``.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.django.postgres import running_postgres

__all__ = ["DJANGO", "find_interpreter", "main"]

ROOT = Path(__file__).resolve().parents[1]
COMPANION = ROOT / "django_mirrors"
LOCK = COMPANION / "tests" / "requirements.lock"
ENVIRONMENTS = ROOT / ".tools" / "companion"
DJANGO = {"3.9": "4.2", "3.11": "5.2", "3.13": "6.0"}
"""Which Django the lock gives each Python."""


class MissingInterpreterError(Exception):
    """A Python that the companion supports is not on this machine, so nothing would be known about it."""


def candidates(version: str) -> Iterator[str]:
    """Yield interpreters that may be Python ``version``: on ``PATH``, of pyenv, known to uv. Download none."""
    if found := shutil.which(f"python{version}"):
        yield found
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
        for folder in sorted(Path(root, "versions").glob(f"{version}.*")):
            yield str(folder / "bin" / f"python{version}")
    uv = [_uv(), "python", "find", "--no-python-downloads", version]
    if found := subprocess.run(uv, capture_output=True, text=True, check=False).stdout.strip():
        yield found


def find_interpreter(version: str) -> str:
    """Return the path of a Python ``version`` that runs: a shim of pyenv may be there and lead nowhere.

    :raises MissingInterpreterError: there is none
    """
    for candidate in candidates(version):
        program = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
        try:
            result = subprocess.run([candidate, "-c", program], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if result.stdout.startswith(f"{version} "):
            return result.stdout.strip().partition(" ")[2]
    raise MissingInterpreterError(
        f"Python {version} is missing, so the companion cannot be tested with Django {DJANGO[version]}: "
        f"install it, on PATH, with pyenv or with `uv python install {version}`"
    )


@contextmanager
def exclusive() -> Iterator[None]:
    """Let two runs make the environments one after the other."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with (ENVIRONMENTS / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def environment(version: str, interpreter: str) -> Path:
    """Return the interpreter of the pair's environment. Make it anew when the lock or the Python has changed."""
    folder = ENVIRONMENTS / version
    stamp, wanted = folder / "stamp", f"{folder}\n{interpreter}\n{LOCK.read_text(encoding='utf-8')}"
    with exclusive():
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _run([_uv(), "venv", "--quiet", "--python", interpreter, str(folder)])
            # The tests start hundreds of processes, each of which would compile Django anew.
            options = ["--quiet", "--require-hashes", "--no-deps", "--compile-bytecode"]
            _run([_uv(), "pip", "install", *options, "--python", str(folder / "bin" / "python"), "-r", str(LOCK)])
            stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin" / "python"


def build(target: Path) -> Path:
    """Build the wheel, unpack it into ``target`` and return the folder to import from."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=COMPANION, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with zipfile.ZipFile(next(target.glob("*.whl"))) as wheel:
        wheel.extractall(target / "installed")
    return target / "installed"


def run_tests(python: Path, installed: Path, postgres: str, options: Sequence[str]) -> int:
    """Run pytest in the companion's folder and return its exit code."""
    # As with Django itself: hundreds of processes would each compile it anew.
    subprocess.run([str(python), "-m", "compileall", "-q", str(installed)], check=True)
    variables = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MIRRORS_TEST_POSTGRES": postgres,
    }
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=COMPANION, env=variables, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Test the named Pythons, or all; return 1 if a test failed, 2 if an interpreter is missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.companion_tests", description=__doc__)
    parser.add_argument("python", nargs="*", help=f"of {', '.join(DJANGO)} (all)")
    own, options = _split(arguments)
    versions = parser.parse_args(own).python or list(DJANGO)
    if unknown := set(versions) - set(DJANGO):
        parser.error(f"no such Python: {', '.join(sorted(unknown))}; there are {', '.join(DJANGO)}")
    try:
        interpreters = {version: find_interpreter(version) for version in versions}
    except MissingInterpreterError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    with tempfile.TemporaryDirectory(prefix="mirrors-companion-") as folder, running_postgres() as server:
        installed = build(Path(folder))
        codes = [
            _test(version, environment(version, interpreter), installed, server.url("postgres"), options)
            for version, interpreter in interpreters.items()
        ]
    return int(any(codes))


def _test(version: str, python: Path, installed: Path, postgres: str, options: Sequence[str]) -> int:
    print(f"companion: Python {version}, Django {DJANGO[version]}", flush=True)  # noqa: T201
    started = time.monotonic()
    code = run_tests(python, installed, postgres, options)
    print(f"companion: Python {version}: {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201
    return code


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the arguments before and after ``--``."""
    given = list(arguments)
    place = given.index("--") if "--" in given else len(given)
    return given[:place], given[place + 1 :]


def _uv() -> str:
    return str(Path(sys.executable).parent / "uv")


def _run(command: Sequence[str]) -> None:
    cache = os.environ.get("UV_CACHE_DIR", str(ROOT / ".tools" / "uv"))
    subprocess.run(command, check=True, env={**os.environ, "UV_CACHE_DIR": cache})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
