"""Errors of one site. No code tells them apart by type: each is a MirrorsError with the code of its problem."""

from collections.abc import Iterable
from dataclasses import replace

from mirrors.errors import MirrorsError
from mirrors.problems import Problem
from mirrors.problems.databases import another_database

AGAIN = "Run the command again"


def platform_error(site: str, problem: Problem, message: str = "") -> MirrorsError:
    """Return the error of a failed request to the platform.

    Args:
        site: The site that it was for.
        problem: The problem of the request.
        message: A message in place of the problem's own.
    """
    return MirrorsError(replace(problem, site=site, message=message or problem.message))


def write_not_tried(site: str, refused_for: str) -> MirrorsError:
    """Return the error of a write after another one was refused."""
    message = f"not tried: the platform refused the write for {refused_for}, see there"
    return MirrorsError(Problem("write-not-tried", message, site=site))


def writes_refused(site: str, reason: Problem, by_hand: str) -> MirrorsError:
    """Return the error of a refused first write. Mirrors tries no other write.

    Args:
        by_hand: The steps to do by hand, in the safe order and without secrets.
    """
    refused = f"the platform refused the write: {reason.message} {reason.remedy}".rstrip(". ")
    message = f"{refused}. Nothing more was written or deployed."
    return MirrorsError(Problem("writes-refused", message, f"To go on by hand, in the Control Panel: {by_hand}", site))


def database_mismatch(site: str, runs_with: str, shared: str, confirmed: str) -> MirrorsError:
    """Return the error of a mirror whose deployment runs with another database. Mirrors wrote nothing to it.

    Args:
        runs_with: The identity of its database, without credentials.
        shared: The identity of the original's database.
        confirmed: The identity that confirms it.
    """
    where = "its newest deployment runs with a DATABASE_URL that"
    return MirrorsError(another_database(site, runs_with, shared, confirmed, where=where))


def held_site(site: str) -> MirrorsError:
    """Return the error of a held site that would need a deployment. Nothing was deployed."""
    message = (
        "it is held, and Mirrors cannot confirm that it runs what is declared. A deployment would take the newest"
        " image."
    )
    remedy = "Set hold: false to roll out to this site, or hold: variablesMayDeploy to allow this deployment"
    return MirrorsError(Problem("held-site-needs-deployment", message, remedy, site))


def paused_site(site: str) -> MirrorsError:
    """Return the error of a paused site that would need a deployment. Nothing was deployed."""
    message = (
        "it is behind mirrors:rollout.pauseAfter, and Mirrors cannot confirm that it runs what is declared. A"
        " deployment now would come before its wave."
    )
    remedy = "Raise pauseAfter when the rollout may reach it"
    return MirrorsError(Problem("paused-site-needs-deployment", message, remedy, site))


def site_not_checked(site: str) -> MirrorsError:
    """Return the error of a site that this provider process has not checked. Nothing was deployed."""
    message = (
        "this provider process has not checked its inputs, so Mirrors does not know whether it is held or paused."
        " Nothing was deployed."
    )
    return MirrorsError(Problem("site-not-checked", message, AGAIN, site))


def shared_values_changed(site: str, names: Iterable[str]) -> MirrorsError:
    """Return the error of an original whose deployment runs with other shared values. No mirror was deployed."""
    message = f"it was deployed, and {', '.join(names)} changed since this command read it. No mirror was deployed."
    return MirrorsError(Problem("shared-values-changed", message, AGAIN, site))


def site_unhealthy(site: str, deployment: str, found: str, seconds: float) -> MirrorsError:
    """Return the error of a deployed site that is unhealthy. The failure stays until the site is healthy.

    Args:
        found: The request and its answer.
    """
    message = f"it runs deployment {deployment}, but was not healthy within {seconds:g} s: {found}."
    remedy = (
        "Correct the site and run the command again, or change what counts as healthy: mirrors:rollout.health (false:"
        " no check)"
    )
    return MirrorsError(Problem("site-unhealthy", message, remedy, site))


def variables_not_as_written(site: str, names: Iterable[str], state: str = "") -> MirrorsError:
    """Return the error of a site whose platform shows other values than declared, after a write or before a deployment.

    Nothing was deployed: the site keeps what it has.

    Args:
        site: The site.
        names: The variables that differ.
        state: The state of the environment after it.
    """
    left = f"; {state}" if state else ""
    message = f"the platform does not have as declared: {', '.join(names)}. Nothing was deployed{left}."
    remedy = "Someone else may be writing at the same time; run the command again"
    return MirrorsError(Problem("variables-not-as-written", message, remedy, site))


def newer_release(site: str) -> MirrorsError:
    """Return the error of a release of the original that no earlier wave has tried. Nothing was deployed."""
    message = (
        "the original has got another release since this rollout began, and a deployment would take that one, which no"
        " earlier wave has tried. Nothing was deployed."
    )
    remedy = "Run the command again: the first wave gets it first"
    return MirrorsError(Problem("newer-release", message, remedy, site))


def deployment_failed(site: str, deployment: str, log: str) -> MirrorsError:
    """Return the error of a deployment that failed. The site keeps what it ran before."""
    message = f"deployment {deployment} failed; the site goes on with what it ran before."
    remedy = "Correct the cause and run the command again"
    return MirrorsError(Problem("deployment-failed", message, remedy, site, details=_format_log_end(log)))


def deployment_timed_out(site: str, reason: Problem, log: str) -> MirrorsError:
    """Return the error of a deployment that did not end in time.

    Args:
        site: The site.
        reason: The problem that says how long Mirrors waited.
        log: The end of the deployment's log.
    """
    return MirrorsError(replace(reason, site=site, details=_format_log_end(log)))


def other_deployments_running(site: str) -> MirrorsError:
    """Return the error of a site where other deployments left no time for one of Mirrors until the timeout."""
    message = "other deployments ran each time that Mirrors tried to start one, until mirrors:rollout.timeout ended."
    remedy = "See in the Control Panel who starts them, and run the command again"
    return MirrorsError(Problem("other-deployments-running", message, remedy, site))


def deployed_with_other_variables(site: str, deployment: str, names: Iterable[str], log: str) -> MirrorsError:
    """Return the error of a deployment that succeeded with other variables than the declared ones."""
    message = f"deployment {deployment} succeeded, but runs with other values than declared of: {', '.join(names)}."
    remedy = "Another user or program changed them during the deployment. Run the command again"
    return MirrorsError(Problem("deployed-with-other-variables", message, remedy, site, details=_format_log_end(log)))


def _format_log_end(log: str) -> str:
    return f"Its log ends:\n{log}" if log else ""
