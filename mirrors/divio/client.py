"""The client: one object, safe to share between threads."""

import random as chance
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from mirrors.divio.address import ApiAddress
from mirrors.divio.applications import Applications
from mirrors.divio.deployments import Deployments
from mirrors.divio.domain import Account
from mirrors.divio.environment_variables import EnvironmentVariables
from mirrors.divio.environments import Environments
from mirrors.divio.errors import InvalidSettings
from mirrors.divio.policy import PollPolicy, RetryPolicy, Timing, utc_now
from mirrors.divio.request import Request
from mirrors.divio.responses import ACCOUNT_PATH
from mirrors.divio.token import AnotherToken, Token, no_other_token
from mirrors.divio.transport import Transport


class Divio:
    """Divio's API v3, or a platform that speaks it. ``connect`` makes a client and sends nothing yet."""

    def __init__(self, transport: Transport, *, page_size: int, poll: PollPolicy) -> None:
        self._transport = transport
        self.applications = Applications(transport, page_size)
        self.environments = Environments(transport, page_size)
        self.environment_variables = EnvironmentVariables(transport, page_size)
        self.deployments = Deployments(transport, page_size, poll)

    @classmethod
    def connect(
        cls,
        url: str,
        token: str,
        *,
        max_concurrent_requests: int = 8,
        another_token: AnotherToken = no_other_token,
        timeout: tuple[float, float] = (5.0, 30.0),
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        poll: PollPolicy = PollPolicy(),  # noqa: B008 - frozen
        page_size: int = 1_000,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = chance.random,
        now: Callable[[], datetime] = utc_now,
    ) -> Self:
        """Return a client for the API at ``url``, for example ``https://api.divio.com``. Raises InvalidSettings.

        Args:
            url: The API's address.
            token: The token that each request carries.
            timeout: (connect, read) in seconds, for each request.
            max_concurrent_requests: For all threads together.
            page_size: The wanted length of a page. The platform may send shorter ones.
            another_token: Asked once for another token, where the platform refuses this one. The request is sent again.
        """
        address = ApiAddress.parse(url)
        _check_token(token)
        _check_limits(max_concurrent_requests, timeout, page_size)
        transport = Transport(
            address,
            Token(token, another_token),
            max_concurrent_requests=max_concurrent_requests,
            timeout=timeout,
            retry=retry,
            timing=Timing(clock, sleep, random, now),
        )
        return cls(transport, page_size=page_size, poll=poll)

    @property
    def tokens(self) -> tuple[str, ...]:
        """Each token that was ever sent. No message to a user may hold one."""
        return self._transport.tokens

    def me(self) -> Account:
        """Return the account that the token belongs to. It is the way to check a token.

        Raises:
            AuthenticationFailed: The platform refuses the token.
        """
        return self._transport.call(Account, Request("GET", ACCOUNT_PATH))

    def platform_time(self, moment: datetime) -> datetime:
        """Return a moment on the platform's clock, by its last answer: up to some seconds early, never late."""
        return self._transport.platform_time(moment)

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Divio at {self._transport.address}>"


def _check_token(token: str) -> None:
    """Refuse a token that cannot be sent. The HTTP library would quote such a header in its error."""
    if not token:
        raise InvalidSettings("the access token is empty")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidSettings("the access token has a space or another character that no token has")


def _check_limits(max_concurrent_requests: int, timeout: tuple[float, float], page_size: int) -> None:
    if max_concurrent_requests < 1:
        raise InvalidSettings(f"max_concurrent_requests is {max_concurrent_requests}, but one is the least")
    if len(timeout) != 2 or min(timeout) <= 0:
        raise InvalidSettings(f"timeout is {timeout}, but takes (connect, read) in seconds, both above 0")
    if page_size < 1:
        raise InvalidSettings(f"page_size is {page_size}, but one is the least")
