"""Checks of the platform: configuration, address, the token and what it may read, and the clocks."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from mirrors.cli.configuration import load_each_fleet
from mirrors.cli.doctor.size import check_size
from mirrors.cli.options import connect_divio
from mirrors.cli.stacks import read_all_configuration
from mirrors.config import Settings
from mirrors.config.connection import CONNECTION_ENVIRON, DivioConnection, load_divio_connection
from mirrors.config.models.base import CONFIG_NAMESPACE
from mirrors.config.models.divio import DivioSettings
from mirrors.divio import AuthenticationFailed, Divio, DivioError, InvalidSettings, NotFound, PermissionDenied
from mirrors.errors import MirrorsError
from mirrors.observation.remediation import SANDBOX_VARIABLE, convert_error
from mirrors.planning.environments import CONTROL_PANEL
from mirrors.problems import Problem
from mirrors.problems.findings import (
    CheckFinding,
    findings_with_remedy,
    join_first,
    ok_finding,
    problem_finding,
    warning_finding,
)

TOKEN_REMEDY = "set DIVIO_API_TOKEN, or mirrors:apiToken as a secret, to a valid token of this account"  # noqa: S105 - a remedy
ADDRESS_REMEDY = "check that mirrors:apiUrl, or DIVIO_API_URL, is the platform's address, and that the platform runs"
TOLERATED_SKEW = timedelta(seconds=30)
"""The difference between the clocks that does no harm. Releases are derived from the platform's own times.

The clock of this machine counts only where the start of a deployment is uncertain.
"""


def check_configuration(stack: str, cwd: Path) -> tuple[list[Settings], list[CheckFinding]]:
    """Check the configuration, and that its size fits into the program's environment. One read serves both.

    Returns:
        The settings of each fleet, as far as they can be used, and the findings.
    """
    try:
        configured = read_all_configuration(stack, cwd)
    except MirrorsError as error:
        return [], [
            *findings_with_remedy(
                "configuration", error.problems, "correct what the message names; is the passphrase set?"
            )
        ]
    found, size = load_each_fleet(configured.of_mirrors(), stack, cwd), check_size(configured.values)
    fleets = [item.settings for item in found if item.settings]
    if problems := dict.fromkeys(problem for item in found for problem in item.problems):  # several fleets share keys
        wrong = (replace(item, remedy=item.remedy or "correct what the message names") for item in problems)
        return fleets, [*(problem_finding("configuration", item) for item in wrong), size]
    return fleets, [ok_finding("configuration", f"{sum(len(item.fleet.sites) for item in fleets)} sites"), size]


def check_connection() -> tuple[DivioConnection | None, list[CheckFinding]]:
    """Check the connection that the environment gives, where no stack is named."""
    try:
        return load_divio_connection({}, os.environ), []
    except MirrorsError as error:
        return None, [
            problem_finding("configuration", replace(item, remedy=_name_variable(item))) for item in error.problems
        ]


def _name_variable(problem: Problem) -> str:
    """Return the remedy of a connection that only the environment can give."""
    key = (problem.path or "").removeprefix(f"{CONFIG_NAMESPACE}:")
    return f"set {CONNECTION_ENVIRON.get(key, 'it')}, or name a stack that has it with --stack"


def unreachable_remedy(environ: Mapping[str, str]) -> str:
    """Return the remedy where the platform does not answer. A user of the sandbox can start it."""
    return f"{ADDRESS_REMEDY}, or start it: mirrors sandbox start" if environ.get(SANDBOX_VARIABLE) else ADDRESS_REMEDY


def check_platform(
    connection: DivioConnection | DivioSettings,
    fleets: Sequence[Settings] = (),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[CheckFinding]:
    """Check that Divio answers, the clocks and the token; with fleets also what the token may read."""
    try:
        divio = connect_divio(
            connection.api_url, connection.api_token.get_secret_value(), connection.max_concurrent_requests
        )
        divio.me()
    except AuthenticationFailed as error:
        yield ok_finding("platform", "it answers")
        yield problem_finding("token", replace(convert_error(error), remedy=TOKEN_REMEDY))
        return
    except InvalidSettings as error:
        yield problem_finding("platform", replace(convert_error(error), remedy="correct the address or the token"))
        return
    except DivioError as error:
        yield problem_finding("platform", replace(convert_error(error), remedy=unreachable_remedy(os.environ)))
        return
    yield ok_finding("platform", f"{connection.api_url} answers")
    moment = now()
    yield check_clock(divio.platform_time(moment) - moment)
    try:
        yield ok_finding("token", f"valid, and sees {len(divio.applications.list())} applications")
        if fleets:
            yield check_rights(divio, fleets)
    except (AuthenticationFailed, PermissionDenied) as error:
        yield problem_finding("token", replace(convert_error(error), remedy=TOKEN_REMEDY))
    except DivioError as error:
        remedy = "wait until the platform answers, and run mirrors doctor again"
        yield problem_finding("platform", replace(convert_error(error), remedy=remedy))


def check_clock(skew: timedelta) -> CheckFinding:
    """Compare the clocks.

    Args:
        skew: How far the platform's clock is ahead of this machine's. Its header has whole seconds.
    """
    seconds = abs(skew.total_seconds())
    if abs(skew) <= TOLERATED_SKEW:
        return ok_finding("clock", "agrees with the platform's")
    side = "behind" if skew > timedelta() else "ahead of"
    said = f"{seconds:.0f} s {side} the platform's"
    return warning_finding("clock", Problem("clock-differs", said, "set this machine's clock, e.g. with NTP"))


def check_rights(divio: Divio, fleets: Sequence[Settings]) -> CheckFinding:
    """Check what the token may read. The first write shows whether it may write, and stops the update if not."""
    slugs, environment = [slug for item in fleets for slug in item.fleet.slugs], fleets[0].environment
    refused = [item for slug in slugs if (item := _find_unreadable(divio, slug, environment))]
    if refused:
        said, helps = join_first([item.said for item in refused]), rights_remedy(refused, environment)
        return problem_finding("rights", Problem("sites-not-readable", said, helps))
    return ok_finding("rights", f"variables and deployments of all {len(slugs)} sites can be read")


class UnreadableSite(NamedTuple):
    """A site that cannot be read.

    Args:
        said: The reason, with the site's slug.
        is_there: The application is visible, and only lacks the environment.
    """

    said: str
    is_there: bool = False


def rights_remedy(refused: Sequence[UnreadableSite], environment: str) -> str:
    """Return the remedy: one for applications that lack the environment, another for those that are not visible."""
    without = [item for item in refused if item.is_there]
    create = f"create the environment {environment} in {CONTROL_PANEL}"
    if len(without) == len(refused):
        return create
    seen = (
        "give the token's account the right to the applications' environments; declare the new name of a renamed one,"
        " with formerly; correct other names"
    )
    return f"{create}; for the others: {seen}" if without else seen


def _find_unreadable(divio: Divio, slug: str, environment: str) -> UnreadableSite | None:
    application = divio.applications.by_slug(slug)
    if application is None:
        return UnreadableSite(f"{slug} is not visible")
    try:
        found = [item.uuid for item in divio.environments.list(application.uuid) if item.slug == environment]
        if not found:
            return UnreadableSite(f"{slug} has no environment {environment}", is_there=True)
        divio.environment_variables.list(found)
        deployments = divio.deployments.list(found[0])
        if deployments:
            divio.deployments.environment_variables(deployments[0].uuid)
    except (PermissionDenied, NotFound) as error:
        return UnreadableSite(f"{slug}: {error}")
    return None
