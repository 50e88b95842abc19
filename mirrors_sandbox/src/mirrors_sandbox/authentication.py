"""``Authorization: Token <token>``, as Divio's API wants it, against the one token of the sandbox."""

import hmac
from typing import Any

from django.conf import settings
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class Account:
    """The holder of the token. The sandbox knows one account, which may see and change everything."""

    uuid = "mfrwg33vnz2ca2ltebxw4zjamq"
    email = "account@sandbox.invalid"
    first_name = "Sandbox"
    last_name = "Account"
    pk = uuid
    is_authenticated = True
    is_active = True


class SandboxTokenAuthentication(TokenAuthentication):
    """DRF's own parsing of the header and its own 401 bodies; only the look-up of the token differs."""

    keyword = "Token"

    def authenticate_credentials(self, key: str) -> Any:
        """``(account, None)``, or ``AuthenticationFailed``. Takes as long for a near miss as for any other."""
        if not hmac.compare_digest(key.encode(), settings.SANDBOX_TOKEN.encode()):
            raise AuthenticationFailed("Invalid token.")
        return Account(), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return self.keyword
