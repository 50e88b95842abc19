"""What a program does before it declares anything: read, look, plan, and refuse with everything that is wrong."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

import pulumi

from mirrors.config import Settings, load
from mirrors.config.messages import shown, suggestion
from mirrors.divio import Divio, DivioError
from mirrors.observe import Observer
from mirrors.observe_samples import samples
from mirrors.planning.addresses import is_loopback
from mirrors.planning.pins import unpinned
from mirrors.planning.plan import FleetPlan, OriginalPlan, plan
from mirrors.planning.waves import ROLL_OUT, described
from mirrors.remedies import explained

NAMESPACE = "mirrors"
SANDBOX_PASSPHRASE = "sandbox"  # noqa: S105 - published: it encrypts nothing but a rehearsal's state
_SECRET_KEYS = {
    "apiToken": " mirrors:apiToken",
    "secrets": " --path mirrors:secrets.all.NAME",
    "sharedValues": " --path mirrors:sharedValues.DATABASE_URL",
}
_PLAIN_KEYS = ("fleet", "overrides")
"""A secret in one of these would become a plain variable, in clear in the state and on the platform."""
SAID_ALL = 32
"""The exit code that tells Pulumi's language host that the program has said what is wrong."""


@dataclass(frozen=True)
class Prepared:
    """A configuration and a plan without problems; ``raw``: the values as they came, also secret ones."""

    settings: Settings
    plan: FleetPlan
    original: OriginalPlan
    raw: Mapping[str, str] = field(repr=False)


def prepare() -> Prepared:
    """Configuration, observation and plan. Says every problem and leaves the program if there is one."""
    raw = _raw_configuration()
    loaded = load(raw, pulumi.get_stack(), os.environ)
    if loaded.settings is None:
        refuse(loaded.problems)
    settings = loaded.settings
    divio = Divio.connect(
        settings.api_url,
        settings.api_token.get_secret_value(),
        max_concurrent_requests=settings.max_concurrent_requests,
    )
    try:
        seen = Observer(divio, settings).fleet()
        planned = plan(settings, seen, rolled_out(os.environ), samples(divio, settings, seen))
    except DivioError as error:
        refuse([*loaded.problems, explained(error, os.environ)])
    problems = [
        *loaded.problems,
        *_in_clear(raw, os.environ),
        *_published_passphrase(settings, os.environ),
        *_unknown_sites(settings, os.environ),
        *planned.problems,
    ]
    if problems or planned.original is None:
        refuse(problems)
    _say(settings, planned)
    return Prepared(settings, planned, planned.original, raw)


def rolled_out(environ: Mapping[str, str]) -> list[str]:
    """The sites that ``mirrors deploy`` names for a release that is followed by hand."""
    return environ.get(ROLL_OUT, "").split()


def _say(settings: Settings, planned: FleetPlan) -> None:
    preview, parallel = pulumi.runtime.is_dry_run(), settings.rollout.parallel
    seen = {site.slug: site.seen for site in planned.mirrors}
    if preview and (note := unpinned(settings, seen, pulumi.get_stack())):
        pulumi.log.info(note)
    for line in described(planned.rollout) if preview or planned.rollout.repairing else ():
        pulumi.log.info(line)
    if planned.postponed:
        pulumi.log.info(f"rollout: new, and not reached before the pause: {', '.join(planned.postponed)}")
    at_once = pulumi.runtime.settings.SETTINGS.parallel
    if isinstance(at_once, int) and 0 < at_once < min(parallel, len(planned.mirrors)):
        pulumi.log.warn(
            f"mirrors:rollout.parallel is {parallel}, but Pulumi does {at_once} things at once here."
            f" Set PULUMI_PARALLEL={parallel}, or run the command with --parallel {parallel}"
        )


def refuse(problems: Iterable[str]) -> NoReturn:
    for problem in problems:
        pulumi.log.error(problem)
    sys.exit(SAID_ALL)


def _in_clear(raw: Mapping[str, str], environ: Mapping[str, str]) -> list[str]:
    """What holds secrets must be set as a secret: the engine writes anything else in clear into files and state."""
    secret = set(json.loads(environ.get("PULUMI_CONFIG_SECRET_KEYS", "[]")))
    return [
        f"mirrors:{key}: it is set in clear. Set it anew, for example: pulumi config set --secret{example}"
        for key, example in _SECRET_KEYS.items()
        if key in raw and f"{NAMESPACE}:{key}" not in secret
    ] + [
        f"mirrors:{key}: a secret stands in it, but what it declares is no secret to the state or the platform. Set it"
        " under the site's slug, or under all, with: pulumi config set --secret --path mirrors:secrets.all.NAME;"
        f" and remove it from mirrors:{key}, or set that without --secret"
        for key in _PLAIN_KEYS
        if f"{NAMESPACE}:{key}" in secret
    ]


def _unknown_sites(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """A name that is nobody's would be rolled out nowhere, and nobody would see it."""
    known = settings.fleet.slugs
    return [
        f"{ROLL_OUT} (environment variable): this fleet has no site {shown(site)}; {suggestion(site, known)}"
        for site in dict.fromkeys(rolled_out(environ))
        if site not in known
    ]


def _published_passphrase(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """The state holds secrets. Those of a real account must not be encrypted with a passphrase that everybody knows."""
    host = urlsplit(settings.api_url).hostname or ""
    if environ.get("PULUMI_CONFIG_PASSPHRASE") != SANDBOX_PASSPHRASE or is_loopback(host):
        return []
    return [
        f"this stack would encrypt the secrets of {host} with the sandbox's published passphrase. Set a"
        " PULUMI_CONFIG_PASSPHRASE of your own and make the stack anew with it: see the README, a real account"
    ]


def _raw_configuration() -> dict[str, str]:
    """The values of our namespace, whatever the project is called, as the engine hands them to the program."""
    prefix = f"{NAMESPACE}:"
    everything = json.loads(os.environ.get("PULUMI_CONFIG", "{}"))
    return {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
