"""The exceptions of this package. Each carries its problems as data, and shows them as a user reads them."""

import shlex
from collections.abc import Iterable
from dataclasses import replace

from mirrors.problems import Problem


class MirrorsError(Exception):
    """The root of every exception that this package raises on purpose."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.line for problem in problems))


class ConfigurationError(MirrorsError):
    """The configuration cannot be used."""


class UnsupportedPlatformError(MirrorsError):
    """A command that does not work on the stack's platform.

    Args:
        instead: What the user can do on that platform.
    """

    def __init__(self, command: str, platform: str, instead: str) -> None:
        message = f"mirrors {command} does not work with mirrors:platform: {platform}."
        super().__init__(Problem("command-is-for-another-platform", message, instead))


class PlatformError(MirrorsError):
    """A failed request to the platform.

    Args:
        site: The site that it was for. The problem gets its name.
        problem: The problem of the request.
        message: A message in place of the problem's own.
    """

    def __init__(self, site: str, problem: Problem, message: str = "") -> None:
        super().__init__(replace(problem, site=site, message=message or problem.message))


def confirmation(confirmed: str, stack: str = "") -> str:
    """Return the command that confirms a database, in quotes.

    Args:
        stack: The short name of the stack; empty where it is not known.
    """
    stacks = f" -s {shell_word(stack)}" if stack else ""
    return f"'pulumi config set mirrors:confirmDatabase {shell_word(confirmed)}{stacks}'"


def shell_word(text: str) -> str:
    """Return text as a shell reads it: with quotes only where it needs some, and double quotes where those suffice.

    >>> shell_word("postgres://db:5432/acme"), shell_word("postgres:///acme?service=x"), shell_word("file:///$a")
    ('postgres://db:5432/acme', '"postgres:///acme?service=x"', "'file:///$a'")
    """
    quoted = shlex.quote(text)
    return quoted if quoted == text or {*text} & {*'"$`\\!'} else f'"{text}"'


def another_database(site: str, runs_with: str, shared: str, confirmed: str, stack: str = "", *, where: str) -> Problem:
    """Return the problem of a new mirror whose database is not the original's.

    Args:
        runs_with: The identity of its database, without credentials.
        shared: The identity of the original's database.
        confirmed: The identity that confirms it.
        where: The place of the address, such as ``its DATABASE_URL``.
    """
    return Problem(
        "mirror-has-another-database",
        f"{where} points at {runs_with}, the original's at {shared}.",
        "If it is a mirror of another fleet, or a site of its own, take it off the list. To make it a mirror of this"
        f" one, confirm the database that it gives up with {confirmation(confirmed, stack)}",
        site,
    )


class DatabaseMismatchError(MirrorsError):
    """A mirror whose deployment runs with another database. Mirrors wrote nothing to it.

    Args:
        runs_with: The identity of its database, without credentials.
        shared: The identity of the original's database.
        confirmed: The identity that confirms it.
    """

    def __init__(self, site: str, runs_with: str, shared: str, confirmed: str) -> None:
        where = "its newest deployment runs with a DATABASE_URL that"
        super().__init__(another_database(site, runs_with, shared, confirmed, where=where))


class WritesRefusedError(MirrorsError):
    """The platform refused the first write, so Mirrors tried no other one.

    Args:
        by_hand: The steps to do by hand, in the safe order and without secrets.
    """

    def __init__(self, site: str, reason: Problem, by_hand: str) -> None:
        refused = f"the platform refused the write: {reason.message} {reason.remedy}".rstrip(". ")
        super().__init__(
            Problem(
                "writes-refused",
                f"{refused}. Nothing more was written or deployed.",
                f"To go on by hand, in the Control Panel: {by_hand}",
                site,
            )
        )


class VariableVerificationError(MirrorsError):
    """The platform shows another value than the declared one, after a write or before a deployment.

    Nothing was deployed: the site keeps what it has.

    Args:
        state: The state of the environment after it.
    """

    def __init__(self, site: str, names: Iterable[str], state: str = "") -> None:
        left = f"; {state}" if state else ""
        super().__init__(
            Problem(
                "variables-not-as-written",
                f"the platform does not have as declared: {', '.join(names)}. Nothing was deployed{left}.",
                "Somebody else may be writing at the same time; run the command again",
                site,
            )
        )


class HeldError(MirrorsError):
    """A held site that would need a deployment. Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            Problem(
                "held-site-needs-deployment",
                "it is held, and what it runs is not known to be what is declared, so it would have to be deployed with"
                " the newest image.",
                "Either roll it out to this site (hold: false), or let it be deployed all the same"
                " (hold: variablesMayDeploy)",
                site,
            )
        )


class PausedError(MirrorsError):
    """A paused site that would need a deployment. Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            Problem(
                "paused-site-needs-deployment",
                "it is behind mirrors:rollout.pauseAfter, and what it runs is not known to be what is declared, so it"
                " would have to be deployed before its wave.",
                "Raise pauseAfter when the rollout may reach it",
                site,
            )
        )


class NotCheckedError(MirrorsError):
    """A site that this provider process has not checked. Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            Problem(
                "site-not-checked",
                "it is not known whether this run may deploy it: the process that was to deploy it has not checked its"
                " inputs, so the site may be held or paused. Nothing was deployed.",
                "Run the command again",
                site,
            )
        )


class NewerReleaseError(MirrorsError):
    """A release of the original that no earlier wave has tried. Nothing was deployed."""

    def __init__(self, site: str) -> None:
        super().__init__(
            Problem(
                "newer-release",
                "the original has got another release since this rollout began, and a deployment would take that one,"
                " which no earlier wave has tried. Nothing was deployed.",
                "Run the command again: the first wave gets it first",
                site,
            )
        )


class SharedValuesChangedError(MirrorsError):
    """An original whose deployment runs with other shared values than this run read. No mirror was deployed."""

    def __init__(self, site: str, names: Iterable[str]) -> None:
        super().__init__(
            Problem(
                "shared-values-changed",
                f"it is deployed, and runs with another {', '.join(names)} now than when this command looked, so its"
                " mirrors would have got values that are out of date. None of them was deployed.",
                "Run the command again",
                site,
            )
        )


class DeploymentFailedError(MirrorsError):
    """A deployment that failed. The site keeps what it ran before."""

    def __init__(self, site: str, deployment: str, log: str) -> None:
        super().__init__(
            Problem(
                "deployment-failed",
                f"deployment {deployment} failed; the site goes on with what it ran before.",
                "Correct the cause and run the command again",
                site,
                details=_ends(log),
            )
        )


class ConcurrentDeploymentError(MirrorsError):
    """Other deployments left no time for one of Mirrors until the timeout."""

    def __init__(self, site: str) -> None:
        super().__init__(
            Problem(
                "other-deployments-running",
                "other deployments ran each time that Mirrors tried to start one, until mirrors:rollout.timeout ended.",
                "See in the Control Panel who starts them, and run the command again",
                site,
            )
        )


class DeployedVariablesMismatchError(MirrorsError):
    """A deployment that succeeded with other variables than the declared ones."""

    def __init__(self, site: str, deployment: str, names: Iterable[str], log: str) -> None:
        super().__init__(
            Problem(
                "deployed-with-other-variables",
                f"deployment {deployment} succeeded, but runs with other values than declared of: {', '.join(names)}.",
                "Another user or program changed them during the deployment. Run the command again",
                site,
                details=_ends(log),
            )
        )


class DeploymentTimeoutError(MirrorsError):
    """A deployment that did not end in time.

    Args:
        reason: The problem that says how long Mirrors waited.
    """

    def __init__(self, site: str, reason: Problem, log: str) -> None:
        super().__init__(replace(reason, site=site, details=_ends(log)))


class UnhealthyError(MirrorsError):
    """A deployed site that is unhealthy. The failure stays until the site is healthy.

    Args:
        found: The request and its answer.
    """

    def __init__(self, site: str, deployment: str, found: str, seconds: float) -> None:
        super().__init__(
            Problem(
                "site-unhealthy",
                f"it runs deployment {deployment}, but was not healthy within {seconds:g} s: {found}.",
                "Correct the site and run the command again, or set what healthy means: mirrors:rollout.health (false:"
                " ask nobody)",
                site,
            )
        )


def _ends(log: str) -> str:
    return f"Its log ends:\n{log}" if log else ""
