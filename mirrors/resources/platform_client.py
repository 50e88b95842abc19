"""The client of a provider process, from the configuration that the engine passes."""

import os
from collections.abc import Iterable
from functools import partial

from pulumi.dynamic import Config

from mirrors.config.connection import CONNECTION_ENVIRON, DivioConnection
from mirrors.divio import Divio
from mirrors.resources.current_token import TokenNotFoundError, read_current_token
from mirrors.resources.locked_cache import locked_cache
from mirrors.resources.progress_lines import log_progress


def raw_values(config: Config, keys: Iterable[str]) -> dict[str, str]:
    """Return the keys of the namespace ``mirrors`` that are set, with their raw values."""
    return {key: value for key in keys if (value := config.get(f"mirrors:{key}")) is not None}


@locked_cache
def connect_client(connection: DivioConnection, stack: str | None = None) -> Divio:
    """Return one client for all providers of a process. They share its sessions and its bound on requests.

    Args:
        stack: The stack whose configuration may have another token, if the platform refuses this one.
    """
    return Divio.connect(
        str(connection.api_url),
        connection.api_token.get_secret_value(),
        max_concurrent_requests=connection.max_concurrent_requests,
        another_token=partial(_read_other_token, connection, stack),
    )


def _read_other_token(connection: DivioConnection, stack: str | None) -> str | None:
    if os.environ.get(CONNECTION_ENVIRON["apiToken"]):
        return None  # it overrides each configuration, and the platform has refused it
    try:
        return read_current_token({"apiUrl": str(connection.api_url)}, stack, os.environ)
    except TokenNotFoundError as error:
        log_progress(f"the platform refuses the token, and the configuration gave no other one: {error}")
        return None
