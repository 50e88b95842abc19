"""A client of Divio's API v3: the part that fleets need, and the only code that sends requests to a platform."""

from mirrors.divio.client import Divio
from mirrors.divio.domain import (
    Account,
    Application,
    Deployment,
    DeploymentVariables,
    Environment,
    EnvironmentVariable,
)
from mirrors.divio.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DeploymentRunning,
    DeploymentTimeout,
    DivioError,
    InvalidSettings,
    MalformedResponse,
    NotFound,
    PermissionDenied,
    RequestInfo,
    ServerFailed,
    Throttled,
    TooManyPages,
    UnexpectedAnswer,
    ValidationFailed,
)
from mirrors.divio.policy import PollPolicy, RetryPolicy

__all__ = [
    "Account",
    "Application",
    "AuthenticationFailed",
    "ConnectionFailed",
    "Deployment",
    "DeploymentRunning",
    "DeploymentTimeout",
    "DeploymentVariables",
    "Divio",
    "DivioError",
    "Environment",
    "EnvironmentVariable",
    "InvalidSettings",
    "MalformedResponse",
    "NotFound",
    "PermissionDenied",
    "PollPolicy",
    "RequestInfo",
    "RetryPolicy",
    "ServerFailed",
    "Throttled",
    "TooManyPages",
    "UnexpectedAnswer",
    "ValidationFailed",
]
