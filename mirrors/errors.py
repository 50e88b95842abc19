"""What goes wrong in this package.

* MirrorsError
  - ConfigurationError: the stack's configuration cannot be used
  - OtherPlatformError: a command that is for Divio, on a stack of another platform
  - PlatformError: a request to the platform failed; the site that it was for
  - AnotherDatabaseError: a new mirror runs with a database that is not the original's
  - WritesRefusedError: the platform refused the first write, so no other was tried
  - ReadBackError: the platform shows a variable otherwise than declared, after a write or before a deployment
  - HeldError, PausedError: a deployment would have to be started at a site that is held, or behind the pause
  - NotCheckedError: a deployment was asked of a process that does not know whether the site is held or paused
  - NewerReleaseError: the original got another release since the rollout began
  - SharedChangedError: the deployed original runs with other values than its mirrors were to get
  - DeploymentFailedError: the platform says that a deployment did not succeed
  - DeploymentUnendedError: a deployment did not end in time
  - DeploymentsInTheWayError: somebody else's deployments left no room for ours until the time was up
  - OtherVariablesError: a deployment succeeded with other variables than the declared ones
  - UnhealthyError: a deployed site does not answer as a healthy one does

Every message is made to be shown to a user as it stands: it names the place and the remedy, and never a secret's value.
"""

import shlex
from collections.abc import Iterable

__all__ = [
    "AnotherDatabaseError",
    "ConfigurationError",
    "DeploymentFailedError",
    "DeploymentUnendedError",
    "DeploymentsInTheWayError",
    "MirrorsError",
    "OtherPlatformError",
    "OtherVariablesError",
    "PlatformError",
    "ReadBackError",
    "SharedChangedError",
    "UnhealthyError",
    "WritesRefusedError",
]


class MirrorsError(Exception):
    """The root of every exception that this package raises on purpose."""


class ConfigurationError(MirrorsError):
    """The configuration cannot be used; ``problems`` holds a line for each thing that is wrong."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class OtherPlatformError(MirrorsError):
    """A command that asks Divio's API, for a stack on another platform. ``instead``: what to do there."""

    def __init__(self, command: str, instead: str) -> None:
        super().__init__(f"mirrors {command} is for Divio, and this stack has mirrors:platform: docker. {instead}")


class PlatformError(MirrorsError):
    """``reason`` has the request, the answer and the remedy in one line."""

    def __init__(self, site: str, reason: str) -> None:
        super().__init__(f"{site}: {reason}")


def confirmation(confirmed: str, stack: str = "") -> str:
    """The command that confirms it, between quotes. ``stack``: its short name; empty where it is not known."""
    stacks = f" -s {shell_word(stack)}" if stack else ""
    return f"'pulumi config set mirrors:confirmDatabase {shell_word(confirmed)}{stacks}'"


def shell_word(text: str) -> str:
    """As a shell reads it as this text: in quotes only where it needs some, in double ones where these are enough.

    >>> shell_word("postgres://db:5432/acme"), shell_word("postgres:///acme?service=x"), shell_word("file:///$a")
    ('postgres://db:5432/acme', '"postgres:///acme?service=x"', "'file:///$a'")
    """
    quoted = shlex.quote(text)
    return quoted if quoted == text or {*text} & {*'"$`\\!'} else f'"{text}"'


class AnotherDatabaseError(MirrorsError):
    """Nothing was written to it. ``runs_with`` is an identity, without credentials; ``confirmed``: what confirms it."""

    def __init__(self, site: str, runs_with: str, shared: str, confirmed: str) -> None:
        super().__init__(
            f"{site}: its newest deployment runs with a DATABASE_URL that points at {runs_with}, the original's points"
            f" at {shared}. If it is a mirror of another fleet, or a site of its own, take it off the list. If it shall"
            f" become a mirror of this one, confirm what it gives up with {confirmation(confirmed)}"
        )


class WritesRefusedError(MirrorsError):
    """``by_hand`` says what somebody would have to do instead, in the safe order and without secrets."""

    def __init__(self, site: str, reason: str, by_hand: str) -> None:
        super().__init__(
            f"{site}: the platform takes no such write from us: {reason}. Nothing more was written or deployed."
            f" To go on by hand, in the Control Panel: {by_hand}"
        )


class ReadBackError(MirrorsError):
    """Nothing was deployed: the site goes on with what it has. ``state``: how the environment was left."""

    def __init__(self, site: str, names: Iterable[str], state: str = "") -> None:
        left = f"; {state}" if state else ""
        super().__init__(
            f"{site}: the platform does not have as declared: {', '.join(names)}. Nothing was deployed{left}."
            " Somebody else may be writing at the same time; run the command again"
        )


class HeldError(MirrorsError):
    """Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            f"{site}: it is held, and what it runs is not known to be what is declared, so it would have to be deployed"
            " with the newest image. Either roll it out to this site (hold: false), or let it be deployed all the same"
            " (hold: variablesMayDeploy)"
        )


class PausedError(MirrorsError):
    """Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            f"{site}: it is behind mirrors:rollout.pauseAfter, and what it runs is not known to be what is declared, so"
            " it would have to be deployed before its wave. Raise pauseAfter when the rollout may reach it"
        )


class NotCheckedError(MirrorsError):
    """Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            f"{site}: it is not known whether this run may deploy it: the process that was to deploy it has not checked"
            " its inputs, so the site may be held or paused. Nothing was deployed. Run the command again"
        )


class NewerReleaseError(MirrorsError):
    """Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            f"{site}: the original has got another release since this rollout began, and a deployment would take that"
            " one, which no earlier wave has tried. Nothing was deployed. Run the command again: the first wave gets it"
            " first"
        )


class SharedChangedError(MirrorsError):
    """The original was deployed, and no mirror."""

    def __init__(self, site: str, names: Iterable[str]) -> None:
        super().__init__(
            f"{site}: it is deployed, and runs with another {', '.join(names)} now than when this command looked, so"
            " its mirrors would have got values that are out of date. None of them was deployed. Run the command again"
        )


class DeploymentFailedError(MirrorsError):
    """The instances that were serving before go on serving."""

    def __init__(self, site: str, deployment: str, log: str) -> None:
        super().__init__(
            f"{site}: deployment {deployment} failed; the site goes on with what it ran before."
            f" Correct the cause and run the command again.{_ends(log)}"
        )


class DeploymentsInTheWayError(MirrorsError):
    def __init__(self, site: str) -> None:
        super().__init__(
            f"{site}: other deployments ran whenever ours should start, until mirrors:rollout.timeout was over."
            " See in the Control Panel who starts them, and run the command again"
        )


class OtherVariablesError(MirrorsError):
    def __init__(self, site: str, deployment: str, names: Iterable[str], log: str) -> None:
        super().__init__(
            f"{site}: deployment {deployment} succeeded, but runs with other values than declared of:"
            f" {', '.join(names)}. Somebody else wrote them in between; run the command again.{_ends(log)}"
        )


class DeploymentUnendedError(MirrorsError):
    """``reason`` has the deployment, how long it was waited for, and the remedy."""

    def __init__(self, site: str, reason: str, log: str) -> None:
        super().__init__(f"{site}: {reason.rstrip('.')}.{_ends(log)}")


class UnhealthyError(MirrorsError):
    """``found``: the request and its answer. The failure stays until the site is healthy."""

    def __init__(self, site: str, deployment: str, found: str, seconds: float) -> None:
        super().__init__(
            f"{site}: it runs deployment {deployment}, but was not healthy within {seconds:g} s: {found}. Correct the"
            " site and run the command again, or set what healthy means: mirrors:rollout.health (false: ask nobody)"
        )


def _ends(log: str) -> str:
    return f" Its log ends:\n{log}" if log else ""
