"""Read a stack's present configuration from inside a provider process.

The engine configures a provider as in the last ``up``, both before the program runs and where no program runs. The
platform refuses a token that was replaced since, and ``pulumi config`` knows the new one.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from mirrors.config.connection import CONNECTION_ENVIRON, PROVIDER_KEYS, load_divio_connection
from mirrors.errors import ConfigurationError

_PREFIX = "mirrors:"
QUIET_OPTIONS = ("--non-interactive", "--color", "never")
_TOKEN = "apiToken"  # noqa: S105 - the name of a key
COMMAND_TIMEOUT = 60.0
"""Seconds for the command. It takes half a second, most of that for the passphrase."""


class TokenNotFoundError(Exception):
    """The reason why no other token is known. The message has no secret."""


def add_current_token(raw: Mapping[str, str], stack: str | None, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the engine's values, with the present token where neither they nor the environment have one.

    That is the case where the last ``up`` had its token from the environment.
    """
    if raw.get(_TOKEN) or environ.get(CONNECTION_ENVIRON[_TOKEN]):
        return raw
    try:
        return {**raw, _TOKEN: read_current_token(raw, stack, environ)}
    except TokenNotFoundError:
        return raw  # the missing token becomes an error of its own


def read_current_token(raw: Mapping[str, str], stack: str | None, environ: Mapping[str, str]) -> str:
    """Return the present token for the platform that ``raw`` names. No other platform gets it.

    Raises:
        TokenNotFoundError: No other token is known.
    """
    today = {key: value for key, value in _read_configuration(stack).items() if key in PROVIDER_KEYS}
    try:
        token = load_divio_connection(today, environ).api_token.get_secret_value()
        same = _address(today, environ) == _address(raw, environ)
    except ConfigurationError as error:
        raise TokenNotFoundError(str(error)) from None
    if not same:
        raise TokenNotFoundError("today's mirrors:apiUrl is another one; for one up, set DIVIO_API_URL to it")
    return token


def _address(raw: Mapping[str, str], environ: Mapping[str, str]) -> str:
    return str(load_divio_connection({**raw, _TOKEN: "-"}, environ).api_url)


@cache
def _read_configuration(stack: str | None) -> Mapping[str, str]:
    """Return the raw values of the namespace ``mirrors``, keys without it. Raises TokenNotFoundError.

    The command runs in the project's folder, where the engine starts the process.
    """
    if stack is None:
        raise TokenNotFoundError("the calls of this version of Pulumi do not name the stack")
    command = shutil.which("pulumi")
    if command is None:
        raise TokenNotFoundError("there is no pulumi on the PATH")
    try:
        entries = json.loads(
            _run_command((command, "config", "--json", "--show-secrets", "--stack", stack, *QUIET_OPTIONS))
        )
        return {key.removeprefix(_PREFIX): item["value"] for key, item in entries.items() if key.startswith(_PREFIX)}
    except subprocess.CalledProcessError as error:
        raise TokenNotFoundError(f"pulumi config --stack {stack}: {_one_line(error.stderr)}") from None
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        raise TokenNotFoundError(f"pulumi config --stack {stack}: {type(error).__name__}") from None


def _run_command(command: Sequence[str]) -> str:
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    done = subprocess.run(command, check=True, timeout=COMMAND_TIMEOUT, **pipes)  # noqa: S603 - the engine's own command
    return str(done.stdout)


def _one_line(output: str) -> str:
    return "; ".join(line.strip() for line in output.splitlines() if line.strip()) or "it said nothing"
