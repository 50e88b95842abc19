"""A client of Divio's API v3: the subset that fleets need, and the only code that speaks HTTP to a platform."""

from mirrors.divio.client import Divio
from mirrors.divio.domain import (
    Account,
    Application,
    Deployment,
    Environment,
    EnvironmentVariable,
    FrozenVariables,
)
from mirrors.divio.errors import (
    AuthenticationFailed,
    BrokenAnswer,
    ConnectionFailed,
    DeploymentRunning,
    DeploymentTimeout,
    DivioError,
    Exchange,
    InvalidSettings,
    NotFound,
    PermissionDenied,
    ServerFailed,
    Throttled,
    TooLong,
    UnexpectedAnswer,
    ValidationFailed,
)
from mirrors.divio.policy import PollPolicy, RetryPolicy

__all__ = [
    "Account",
    "Application",
    "AuthenticationFailed",
    "BrokenAnswer",
    "ConnectionFailed",
    "Deployment",
    "DeploymentRunning",
    "DeploymentTimeout",
    "Divio",
    "DivioError",
    "Environment",
    "EnvironmentVariable",
    "Exchange",
    "FrozenVariables",
    "InvalidSettings",
    "NotFound",
    "PermissionDenied",
    "PollPolicy",
    "RetryPolicy",
    "ServerFailed",
    "Throttled",
    "TooLong",
    "UnexpectedAnswer",
    "ValidationFailed",
]
