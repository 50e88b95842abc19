"""Decisions for a fleet of containers: names, variables, addresses and ports. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mirrors.config import Settings
from mirrors.config.wording import format_path
from mirrors.docker.names import ResourceNames
from mirrors.docker.sections import Healthcheck
from mirrors.docker.settings import docker_of
from mirrors.errors import ConfigurationError
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.plan import SitePlan
from mirrors.planning.rollout.holds import find_held_site_changes
from mirrors.planning.rollout.waves import RolloutPlan, format_slugs, plan_rollout
from mirrors.planning.site_ids.facts import SiteFacts, UndeclaredSite
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.names import DATABASE_URL, DOMAIN, MIRRORS_APPLICATION, SITE_ID, parse_site_id
from mirrors.problems import Problem

STORAGE_DSN = "DEFAULT_STORAGE_DSN"
DATABASE_HOST = "database"
"""The host name of the container with PostgreSQL, in the network that the sites share."""

LABEL_PASSWORD = "mirrors.passwordVersion"  # noqa: S105 - a label's name

_HEALTH_PROGRAM = (
    "import http.client, os, sys; "
    "site = http.client.HTTPConnection('127.0.0.1', {port}, timeout={timeout}); "
    "site.request('GET', '{path}', headers={{'Host': os.environ.get('DOMAIN') or '127.0.0.1'}}); "
    "sys.exit(site.getresponse().status >= 400)"
)
"""A program that asks for a page. A redirect counts as an answer, and is not followed out of the container."""


@dataclass(frozen=True, slots=True)
class ContainersPlan:
    """The decisions of one run.

    Args:
        mirrors: The mirrors to declare.
        postponed: The new mirrors whose wave comes after the pause.
    """

    problems: tuple[Problem, ...]
    original: SitePlan
    mirrors: tuple[SitePlan, ...]
    site_facts: tuple[SiteFacts, ...]
    rollout: RolloutPlan
    postponed: tuple[str, ...] = ()
    undeclared_sites: Mapping[str, UndeclaredSite] = field(default_factory=dict)


def plan_containers(
    settings: Settings, seen: ObservedFleet, manual_release_sites: Collection[str] = (), *, rotated: bool = False
) -> ContainersPlan:
    """Plan the containers of a stack.

    Args:
        seen: The containers that exist.
        rotated: Some of them run with another password than the declared one. All mirrors are one wave then, because
            they fail as soon as the role has the new password.
    """
    rollout = plan_rollout(settings, rotates_credentials=rotated)
    held = {item.application: settings.effective_hold(item) for item in settings.mirrors}
    mirrors = [
        _plan_site(settings, seen, item.application, item.formerly, rollout, held, manual_release_sites)
        for item in settings.mirrors
    ]
    postponed = tuple(site.slug for site in mirrors if site.is_paused and site.observed.is_unconfigured)
    original = settings.fleet.original
    problems = (*find_held_site_changes(settings, seen), *(_held_password_problems(rollout) if rotated else ()))
    return ContainersPlan(
        problems,
        _plan_site(settings, seen, original.application, original.formerly, rollout, {}, ()),
        tuple(site for site in mirrors if site.slug not in postponed),
        tuple(_site_facts(settings, seen, slug) for slug in settings.fleet.slugs),
        rollout,
        postponed,
        seen.undeclared_sites,
    )


def check_other_fleets(settings: Settings, elsewhere: Mapping[str, str]) -> tuple[Problem, ...]:
    """Refuse to take sites over from another fleet of the host.

    If an original were renamed without ``formerly``, it would begin with an empty database beside the one with the
    content.

    Args:
        elsewhere: {slug: fleet} of declared sites that run as another fleet's.
    """
    fleets = sorted({*elsewhere.values()} - {settings.fleet.original.formerly})
    return tuple(
        _other_fleet_problem(fleet, sorted(slug for slug in elsewhere if elsewhere[slug] == fleet)) for fleet in fleets
    )


def _other_fleet_problem(fleet: str, slugs: Sequence[str]) -> Problem:
    return Problem(
        "site-of-another-fleet",
        f"{format_slugs(slugs, 3)}: on this host in the fleet {fleet}, with that fleet's database.",
        f"If the original was renamed, declare mirrors:fleet.original.formerly: {fleet}. Otherwise take them off that"
        " fleet's list first",
    )


def _plan_site(
    settings: Settings,
    seen: ObservedFleet,
    slug: str,
    formerly: str | None,
    rollout: RolloutPlan,
    held: Mapping[str, str],
    manual_release_sites: Collection[str],
) -> SitePlan:
    hold = held.get(slug, "nothing")
    return SitePlan(
        slug,
        slug,
        settings.environment,
        formerly,
        settings.variables_of(slug),
        seen.mirrors.get(slug) or ObservedSite(slug, slug, None),
        takes_new_releases=hold == "nothing" or (hold == "variablesMayDeploy" and slug in manual_release_sites),
        is_held=hold == "everything",
        is_paused=slug in rollout.paused,
    )


def _site_facts(settings: Settings, seen: ObservedFleet, slug: str) -> SiteFacts:
    """Return the facts about a site. Its slug is its application, and a container's variables show its SITE_ID."""
    declared = next(site for site in settings.fleet.sites if site.application == slug)
    original = declared is settings.fleet.original
    there = seen.original if original else seen.mirrors.get(slug)
    own = there.variables.get(SITE_ID) if there else None
    observed = parse_site_id(own.value) if own else None
    managed = there is not None and MIRRORS_APPLICATION in there.variables
    unreadable = own is not None and observed is None
    return SiteFacts(
        slug,
        slug,
        original,
        declared.site_id,
        observed,
        declared.formerly,
        unreadable,
        is_managed=True,
        has_owner=managed,
        deployed_ids=() if own is None else None,
    )


def neighbour_from(values: Mapping[str, str]) -> UndeclaredSite | None:
    """Return the ids of a container that shares the database and is not declared; None for one without a SITE_ID.

    Args:
        values: {name: value} of its variables.
    """
    if SITE_ID not in values:
        return None
    site_id = parse_site_id(values[SITE_ID])
    return UndeclaredSite(() if site_id is None else (site_id,), site_id is None, values.get(MIRRORS_APPLICATION, ""))


def _held_password_problems(rollout: RolloutPlan) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            "held-site-password-changes",
            "it is held, but the database's password changes (mirrors:docker.database.passwordVersion). Its container"
            " would keep the old password.",
            "Set hold: false for this site, or keep the version",
            site,
        )
        for site in rollout.held
    )


def plain_variables(settings: Settings, site: SitePlan, site_id: int) -> dict[str, str]:
    """Return {name: value} of a site's own variables in clear. Declared values win over the surroundings.

    Only a mirror has ``MIRRORS_APPLICATION``: an image without it is the original.
    """
    mirror = site.slug != settings.fleet.original.application
    own = {SITE_ID: str(site_id), **({MIRRORS_APPLICATION: site.slug} if mirror else {})}
    surroundings = {
        DOMAIN: site_domain(settings, site.slug, site_id),
        "STAGE": settings.environment,
        "PORT": str(docker_of(settings).port),
    }
    declared = {name: item.value for name, item in site.variables.items() if name not in own}
    return {**surroundings, **declared, **own}


def host_port(settings: Settings, site_id: int) -> int | None:
    """Return the port of the Docker host that a site answers on; None where only a proxy reaches it.

    Raises:
        ConfigurationError: The port is above 65535.
    """
    published = docker_of(settings).published
    if published is None:
        return None
    if (port := published.base + site_id) > 65535:
        too_high = f"{published.base} and SITE_ID {site_id} are above 65535"
        raise ConfigurationError(
            Problem("port-too-high", too_high, "lower it", path=format_path(("docker", "publish", "base")))
        )
    return port


def site_domain(settings: Settings, slug: str, site_id: int) -> str:
    """Return the site's ``DOMAIN``: its declared host name, or the address and port that it answers at."""
    published = docker_of(settings).published
    place = f"{_bracket_ipv6(published.address)}:{host_port(settings, site_id)}" if published else ""
    return docker_of(settings).domains.get(slug) or place


def site_url(settings: Settings, slug: str, site_id: int) -> str | None:
    published, domain = docker_of(settings).published, site_domain(settings, slug, site_id)
    return make_site_url(domain) if slug in docker_of(settings).domains or not published else f"http://{domain}/"


def _bracket_ipv6(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def database_url(settings: Settings, password: str) -> str:
    """Return the address of the stack's database. The password has only characters that need no escape."""
    database, role = docker_of(settings).database, ResourceNames.of(settings).role
    name = database.name or role
    return f"postgres://{database.user or name}:{password}@{DATABASE_HOST}:5432/{name}"


def storage_dsn(settings: Settings) -> str:
    media = docker_of(settings).media
    return f"file://{media.path}/?url={media.url.replace('/', '%2F')}"


def owns_service(settings: Settings, name: str) -> bool:
    """Return whether the stack has a service of its own for a shared variable, and declares no value for it."""
    return name in settings.fleet.shared and name not in settings.shared_values


def owns_database(settings: Settings) -> bool:
    return owns_service(settings, DATABASE_URL)


def owns_media(settings: Settings) -> bool:
    return owns_service(settings, STORAGE_DSN)


def to_go_duration(seconds: int) -> str:
    """Return a duration as Go writes it and Docker's provider reads it back. Every preview would show another form.

    >>> to_go_duration(5), to_go_duration(60), to_go_duration(5400)
    ('5s', '1m0s', '1h30m0s')
    """
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"


def health_command(check: Healthcheck, port: int) -> list[str]:
    """Return the command that Docker runs in a site's container. Its first word is the kind of command."""
    if check.command:
        return list(check.command)
    asked = _HEALTH_PROGRAM.format(
        port=port, timeout=check.timeout, path=check.path.replace("'", "%27").replace("\\", "%5C")
    )
    return ["CMD", "python3", "-c", asked]


def proxy_labels(settings: Settings, slug: str) -> dict[str, str]:
    """Return the labels that the proxy reads: the site's host name, and the port that its container listens on."""
    proxy, port = docker_of(settings).proxy, docker_of(settings).port
    if proxy is None:
        return {}
    domain = docker_of(settings).domains[slug]
    name = ResourceNames.of(settings).site(slug).replace(".", "-")
    by_kind = {
        "caddy": {"caddy": domain, "caddy.reverse_proxy": f"{{{{upstreams {port}}}}}"},
        "traefik": {
            "traefik.enable": "true",
            "traefik.docker.network": proxy.network,
            f"traefik.http.routers.{name}.rule": f"Host(`{domain}`)",
            f"traefik.http.services.{name}.loadbalancer.server.port": str(port),
        },
    }
    return {**by_kind[proxy.kind], **proxy.labels}
