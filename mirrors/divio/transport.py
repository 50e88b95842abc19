"""Requests: one pooled session, with bounds, time-outs and safe repetition. No other code opens a connection."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from urllib.parse import urlsplit

import requests

from mirrors.divio.address import ApiAddress
from mirrors.divio.errors import (
    AuthenticationFailed,
    DivioError,
    MalformedResponse,
    RequestInfo,
    Throttled,
    ValidationFailed,
)
from mirrors.divio.policy import RetryPolicy, Timing
from mirrors.divio.request import ApiResponse, Request
from mirrors.divio.responses import ModelT, error_from, parse_date_header, parse_model, sanitize
from mirrors.divio.session import describe_connection_error, make_session
from mirrors.divio.token import Token

logger = logging.getLogger(__name__)


class Transport:
    """A session that threads share.

    Args:
        timeout: (connect, read), in seconds.
    """

    def __init__(
        self,
        address: ApiAddress,
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
        self._session = make_session(max_concurrent_requests)
        self._skew = timedelta()

    @property
    def tokens(self) -> tuple[str, ...]:
        return self._token.secrets

    def call(self, model: type[ModelT], request: Request) -> ModelT:
        """Send ``request`` and return its answer as ``model``."""
        answer = self.send(request)
        return parse_model(model, answer.value, answer.request_info)

    def send(self, request: Request) -> ApiResponse:
        """Send a request, and repeat it after a failure that may pass.

        A POST is repeated only when it was throttled, and so certainly not carried out. A request whose token was
        refused is repeated if there is another token.
        """
        attempt = 1
        while True:
            token = self._token.current
            outcome = self._send_once(request, token)
            if isinstance(outcome, ApiResponse):
                return outcome
            if isinstance(outcome, AuthenticationFailed) and self._token.replace_refused(token):
                continue
            repeatable = outcome.transient and (request.method != "POST" or isinstance(outcome, Throttled))
            if not repeatable or attempt >= self.retry.attempts:
                raise outcome
            self._pause(attempt, outcome)
            attempt += 1

    def create(
        self, model: type[ModelT], request: Request, find_existing: Callable[[DivioError, bool], ModelT | None]
    ) -> ModelT:
        """Post, and look for the object before a repetition.

        A look is needed where the outcome is uncertain, or where a refusal may mean that the object exists.

        Args:
            find_existing: Gets the failure, and whether one of these posts may have been carried out. It returns the
                object, or None. Without an object a refusal is raised, and an uncertain post repeated.
        """
        attempt, maybe_done = 1, False
        while True:
            try:
                return self.call(model, request)
            except DivioError as error:
                failure = error
            maybe_done = maybe_done or failure.uncertain
            found = find_existing(failure, maybe_done) if _needs_lookup(failure) else None
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

    def _send_once(self, request: Request, token: str) -> ApiResponse | DivioError:
        """Make one request and return its answer or its failure.

        The caller raises the failure without its cause: the HTTP library's exception holds the request, with token and
        body.
        """
        url = self.address.url(request.path)
        request_info = RequestInfo(request.method, urlsplit(url).path)
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
            outcome: ApiResponse | DivioError = describe_connection_error(
                error, request_info, self.address.server, self._timeout
            )
        else:
            request_info = replace(request_info, status=response.status_code, request_id=self._request_id(response))
            outcome = self._read_answer(response, request_info, request)
        _log_request(request_info, self.timing.clock() - started)
        return outcome

    def _read_answer(
        self, response: requests.Response, request_info: RequestInfo, request: Request
    ) -> ApiResponse | DivioError:
        now = self.timing.now()
        date = parse_date_header(response)
        self._skew = date - now if date else self._skew
        if not 200 <= response.status_code < 300:
            return error_from(response, request_info, now=now, secrets=(*self._token.secrets, *request.secrets))
        if request.method == "DELETE" or response.status_code == 204:
            return ApiResponse(None, request_info)
        try:
            return ApiResponse(response.json(), request_info)
        except ValueError:
            return MalformedResponse("the answer is cut off or not JSON; is this the address of the API?", request_info)

    def _request_id(self, response: requests.Response) -> str | None:
        sent = response.headers.get("X-Request-Id")
        return sanitize(sent, self._token.secrets) if sent else None


def _needs_lookup(failure: DivioError) -> bool:
    return failure.uncertain or isinstance(failure, ValidationFailed)


def _log_request(request_info: RequestInfo, seconds: float) -> None:
    logger.debug("%s %s %s %.3f s", request_info.method, request_info.path, request_info.status or "no answer", seconds)
