"""The HTTP session, and what its failures mean."""

import ssl
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter

from mirrors.divio.errors import ConnectionFailed, RequestInfo


def make_session(connections: int) -> requests.Session:
    """Return a session that threads may share. It takes nothing from the environment of the process."""
    made = requests.Session()
    made.trust_env = False  # without this, ~/.netrc replaces the token, and a proxy variable sends it elsewhere
    made.headers.update({"Accept": "application/json"})
    # The session is shared between threads; without cookies there is no state in it that they could trip over.
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def refuses_certificate(error: requests.RequestException) -> bool:
    """Return whether a certificate is the cause. An SSLError of ``requests`` may also be a broken connection."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__context__
    return cause is not None


def describe_connection_error(
    error: requests.RequestException, request_info: RequestInfo, server: str, timeout: tuple[float, float]
) -> ConnectionFailed:
    """Return the failure of a request that got no answer.

    Args:
        error: The failure as the HTTP library has it.
        request_info: The request.
        server: The host that it was for.
        timeout: (connect, read), in seconds.
    """
    connect, read = timeout
    if refuses_certificate(error):
        return ConnectionFailed(f"the certificate of {server} is not accepted", request_info, transient=False)
    if isinstance(error, requests.ConnectTimeout):
        return ConnectionFailed(f"no connection to {server} within {connect:g} s", request_info)
    if isinstance(error, requests.ReadTimeout):
        return ConnectionFailed(f"no answer from {server} within {read:g} s", request_info)
    return ConnectionFailed(f"no connection to {server}, or it broke", request_info)
