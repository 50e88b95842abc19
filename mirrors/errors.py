"""The exceptions of this package. Each carries its problems as data, and shows them as a user reads them."""

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


def _ends(log: str) -> str:
    return f"Its log ends:\n{log}" if log else ""
