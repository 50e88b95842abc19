"""Requests: one pooled session, bounded, timed, repeated where that is safe. No other code opens a connection."""

import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from mirrors.divio.address import Address
from mirrors.divio.answers import Model, error_from, fit, parse, sent_at
from mirrors.divio.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DivioError,
    MalformedResponse,
    RequestInfo,
    Throttled,
    ValidationFailed,
)
from mirrors.divio.policy import RetryPolicy, Timing
from mirrors.divio.token import Token

logger = logging.getLogger(__name__)

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """``path`` starts with a slash, or is a link that the platform sent. ``secrets`` are blanked in errors."""

    method: str
    path: str
    query: Query = ()
    body: Mapping[str, Any] | None = None
    secrets: Sequence[str] = ()


@dataclass(frozen=True)
class ApiResponse:
    value: Any
    exchange: RequestInfo


class Transport:
    """Safe to share between threads. ``timeout`` is (connect, read), in seconds."""

    def __init__(
        self,
        address: Address,
        token: Token,
        *,
        max_concurrent_requests: int,
        timeout: tuple[float, float],
        retry: RetryPolicy,
        timing: Timing,
    ) -> None:
        self.address = address
        self.retry = retry
        self.timing = timing
        self._token = token
        self._timeout = timeout
        self._slots = BoundedSemaphore(max_concurrent_requests)
        self._session = session(max_concurrent_requests)
        self._skew = timedelta()

    @property
    def tokens(self) -> tuple[str, ...]:
        return self._token.secrets

    def call(self, model: type[Model], request: Request) -> Model:
        """Send ``request`` and return its answer as ``model``."""
        answer = self.send(request)
        return parse(model, answer.value, answer.exchange)

    def send(self, request: Request) -> ApiResponse:
        """Send a request, and repeat it after a failure that may pass.

        A POST is repeated only when it was throttled, and so certainly not carried out. A request that was refused for
        its token is repeated where there is another token.
        """
        attempt = 1
        while True:
            token = self._token.now
            outcome = self._attempt(request, token)
            if isinstance(outcome, ApiResponse):
                return outcome
            if isinstance(outcome, AuthenticationFailed) and self._token.is_replaced(token):
                continue
            repeatable = outcome.transient and (request.method != "POST" or isinstance(outcome, Throttled))
            if not repeatable or attempt >= self.retry.attempts:
                raise outcome
            self._pause(attempt, outcome)
            attempt += 1

    def create(self, model: type[Model], request: Request, look: Callable[[DivioError, bool], Model | None]) -> Model:
        """Post. Where the outcome is uncertain, or a refusal may mean "it is there already", look first.

        ``look`` gets the failure and whether one of these posts may have been carried out. It returns what it found, or
        None. Without a find a refusal is raised, and an uncertain post repeated.
        """
        attempt, maybe_done = 1, False
        while True:
            try:
                return self.call(model, request)
            except DivioError as error:
                failure = error
            maybe_done = maybe_done or failure.uncertain
            found = look(failure, maybe_done) if _worth_a_look(failure) else None
            if found is not None:
                return found
            if not failure.uncertain or attempt >= self.retry.attempts:
                raise failure
            self._pause(attempt, failure)
            attempt += 1

    def platform_time(self, moment: datetime) -> datetime:
        """Return a moment on the platform's clock, by its last answer: up to some seconds early, never late."""
        try:
            return moment + self._skew
        except OverflowError:  # by its Date header the platform is at the end of time
            return moment

    def close(self) -> None:
        self._session.close()

    def _pause(self, attempt: int, failure: DivioError) -> None:
        self.timing.sleep(self.retry.delay(attempt, self.timing.random(), failure.retry_after))

    def _attempt(self, request: Request, token: str) -> ApiResponse | DivioError:
        """Make one request and return its failure, if any.

        The caller raises it without the exception that caused it: the HTTP library's own holds the request, with token
        and body.
        """
        url = self.address.url(request.path)
        exchange = RequestInfo(request.method, urlsplit(url).path)
        started = self.timing.clock()
        try:
            with self._slots:
                response = self._session.request(
                    request.method,
                    url,
                    params=list(request.query),
                    json=request.body,
                    headers={"Authorization": f"Token {token}"},
                    timeout=self._timeout,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            outcome: ApiResponse | DivioError = self._unanswered(error, exchange)
        else:
            exchange = replace(exchange, status=response.status_code, request_id=self._request_id(response))
            outcome = self._answered(response, exchange, request)
        _log(exchange, self.timing.clock() - started)
        return outcome

    def _answered(
        self, response: requests.Response, exchange: RequestInfo, request: Request
    ) -> ApiResponse | DivioError:
        now = self.timing.now()
        date = sent_at(response)
        self._skew = date - now if date else self._skew
        if not 200 <= response.status_code < 300:
            return error_from(response, exchange, now=now, secrets=(*self._token.secrets, *request.secrets))
        if request.method == "DELETE" or response.status_code == 204:
            return ApiResponse(None, exchange)
        try:
            return ApiResponse(response.json(), exchange)
        except ValueError:
            return MalformedResponse("the answer is cut off or not JSON; is this the address of the API?", exchange)

    def _unanswered(self, error: requests.RequestException, exchange: RequestInfo) -> ConnectionFailed:
        server, (connect, read) = self.address.server, self._timeout
        if refuses_certificate(error):
            return ConnectionFailed(f"the certificate of {server} is not accepted", exchange, transient=False)
        if isinstance(error, requests.ConnectTimeout):
            return ConnectionFailed(f"no connection to {server} within {connect:g} s", exchange)
        if isinstance(error, requests.ReadTimeout):
            return ConnectionFailed(f"no answer from {server} within {read:g} s", exchange)
        return ConnectionFailed(f"no connection to {server}, or it broke", exchange)

    def _request_id(self, response: requests.Response) -> str | None:
        sent = response.headers.get("X-Request-Id")
        return fit(sent, self._token.secrets) if sent else None


def refuses_certificate(error: requests.RequestException) -> bool:
    """Return whether a certificate is the cause. An SSLError of ``requests`` may as well be a connection that broke."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__context__
    return cause is not None


def _worth_a_look(failure: DivioError) -> bool:
    return failure.uncertain or isinstance(failure, ValidationFailed)


def session(connections: int) -> requests.Session:
    made = requests.Session()
    made.trust_env = False  # without this, ~/.netrc replaces the token, and a proxy variable sends it elsewhere
    made.headers.update({"Accept": "application/json"})
    # The session is shared between threads; without cookies there is no state in it that they could trip over.
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def _log(exchange: RequestInfo, seconds: float) -> None:
    logger.debug("%s %s %s %.3f s", exchange.method, exchange.path, exchange.status or "no answer", seconds)
