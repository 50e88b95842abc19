"""The fleet as containers: what they are called, which variables they have, where they answer. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mirrors.config import Settings
from mirrors.config.messages import path
from mirrors.docker.names import Names
from mirrors.docker.settings import Healthcheck, docker_of
from mirrors.errors import ConfigurationError
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.plan import SitePlan
from mirrors.planning.rollout.holds import held_sites_stay
from mirrors.planning.rollout.waves import RolloutPlan, names, rollout_plan
from mirrors.planning.site_ids.facts import Neighbour, SiteFacts
from mirrors.planning.variables.addresses import address_of
from mirrors.planning.variables.names import DATABASE_URL, DOMAIN, MIRRORS_APPLICATION, SITE_ID, number
from mirrors.problems import Problem

STORAGE_DSN = "DEFAULT_STORAGE_DSN"
DATABASE_HOST = "database"
"""What the sites call the container with PostgreSQL, in the network that they have in common."""

LABEL_PASSWORD = "mirrors.passwordVersion"  # noqa: S105 - a label's name

_ASKED = (
    "import http.client, os, sys; "
    "site = http.client.HTTPConnection('127.0.0.1', {port}, timeout={timeout}); "
    "site.request('GET', '{path}', headers={{'Host': os.environ.get('DOMAIN') or '127.0.0.1'}}); "
    "sys.exit(site.getresponse().status >= 400)"
)
"""Redirects are not followed: they are answers, and may lead out of the container."""


@dataclass(frozen=True, slots=True)
class ContainersPlan:
    """``mirrors`` are those to declare; ``postponed`` are new ones whose wave comes after the pause."""

    problems: tuple[Problem, ...]
    original: SitePlan
    mirrors: tuple[SitePlan, ...]
    hints: tuple[SiteFacts, ...]
    rollout: RolloutPlan
    postponed: tuple[str, ...] = ()
    neighbours: Mapping[str, Neighbour] = field(default_factory=dict)


def containers_plan(
    settings: Settings, seen: ObservedFleet, manual_release_sites: Collection[str] = (), *, rotated: bool = False
) -> ContainersPlan:
    """``seen``: the containers that there are; ``rotated``: some of them run with another password than declared.

    Then all mirrors are one wave: they fail as soon as the role has the new password.
    """
    rollout = rollout_plan(settings, rotates_credentials=rotated)
    held = {item.application: settings.hold_of(item) for item in settings.mirrors}
    mirrors = [
        _site_plan(settings, seen, item.application, item.formerly, rollout, held, manual_release_sites)
        for item in settings.mirrors
    ]
    postponed = tuple(site.slug for site in mirrors if site.paused and site.seen.bare)
    original = settings.fleet.original
    problems = (*held_sites_stay(settings, seen), *(_rotated_under_held_sites(rollout) if rotated else ()))
    return ContainersPlan(
        problems,
        _site_plan(settings, seen, original.application, original.formerly, rollout, {}, ()),
        tuple(site for site in mirrors if site.slug not in postponed),
        tuple(_hint(settings, seen, slug) for slug in settings.fleet.slugs),
        rollout,
        postponed,
        seen.neighbours,
    )


def of_other_fleets(settings: Settings, elsewhere: Mapping[str, str]) -> tuple[Problem, ...]:
    """``elsewhere``: {slug: fleet} of declared sites that run as another fleet's on the host.

    An original that was renamed in silence would begin with an empty database beside the one that has the content.
    """
    fleets = sorted({*elsewhere.values()} - {settings.fleet.original.formerly})
    return tuple(_of_fleet(fleet, sorted(slug for slug in elsewhere if elsewhere[slug] == fleet)) for fleet in fleets)


def _of_fleet(fleet: str, slugs: Sequence[str]) -> Problem:
    return Problem(
        "site-of-another-fleet",
        f"{names(slugs, 3)}: on this host, in the fleet {fleet}, and with that one's database.",
        f"If the original was renamed, say so: mirrors:fleet.original.formerly: {fleet}. Else take them off that"
        " fleet's list first",
    )


def _site_plan(
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
        follows=hold == "nothing" or (hold == "variablesMayDeploy" and slug in manual_release_sites),
        held=hold == "everything",
        paused=slug in rollout.paused,
    )


def _hint(settings: Settings, seen: ObservedFleet, slug: str) -> SiteFacts:
    """The application is its slug: nothing else names it. A container that runs shows which id it has."""
    declared = next(site for site in settings.fleet.sites if site.application == slug)
    original = declared is settings.fleet.original
    there = seen.original if original else seen.mirrors.get(slug)
    own = there.variables.get(SITE_ID) if there else None
    observed = number(own.value) if own else None
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
        ours=True,
        managed=managed,
        ran=() if own is None else None,
    )


def neighbour(values: Mapping[str, str]) -> Neighbour | None:
    """Of a container that is no site's of the list and shares its database; None for one without a SITE_ID.

    ``values``: its variables.
    """
    if SITE_ID not in values:
        return None
    site_id = number(values[SITE_ID])
    return Neighbour(() if site_id is None else (site_id,), site_id is None, values.get(MIRRORS_APPLICATION, ""))


def _rotated_under_held_sites(rollout: RolloutPlan) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            "held-site-password-changes",
            "it is held, but the database's password changes (mirrors:docker.database.passwordVersion), and its"
            " container would go on with the old one.",
            "Let it be replaced (hold: false), or keep the version",
            site,
        )
        for site in rollout.held
    )


def plain_variables(settings: Settings, site: SitePlan, site_id: int) -> dict[str, str]:
    """What a site is told besides what it shares with the others: {name: value}; what is declared wins.

    ``MIRRORS_APPLICATION`` is a mirror's alone: an image without it is the original.
    """
    mirror = site.slug != settings.fleet.original.application
    own = {SITE_ID: str(site_id), **({MIRRORS_APPLICATION: site.slug} if mirror else {})}
    surroundings = {
        DOMAIN: domain_of(settings, site.slug, site_id),
        "STAGE": settings.environment,
        "PORT": str(docker_of(settings).port),
    }
    declared = {name: item.value for name, item in site.variables.items() if name not in own}
    return {**surroundings, **declared, **own}


def host_port(settings: Settings, site_id: int) -> int | None:
    """The port of the Docker host that a site answers on; None where only a proxy reaches it.

    Raises ConfigurationError for one that is none.
    """
    published = docker_of(settings).published
    if published is None:
        return None
    if (port := published.base + site_id) > 65535:
        too_high = f"{published.base} and SITE_ID {site_id} are above 65535"
        raise ConfigurationError(
            Problem("port-too-high", too_high, "lower it", path=path(("docker", "publish", "base")))
        )
    return port


def domain_of(settings: Settings, slug: str, site_id: int) -> str:
    """The site's ``DOMAIN``: its declared host name, or the place that it answers at."""
    published = docker_of(settings).published
    place = f"{_bracketed(published.address)}:{host_port(settings, site_id)}" if published else ""
    return docker_of(settings).domains.get(slug) or place


def url_of(settings: Settings, slug: str, site_id: int) -> str | None:
    published, domain = docker_of(settings).published, domain_of(settings, slug, site_id)
    return address_of(domain) if slug in docker_of(settings).domains or not published else f"http://{domain}/"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def database_url(settings: Settings, password: str) -> str:
    """The password has only characters that need no escape in an address."""
    database, role = docker_of(settings).database, Names.of(settings).role
    name = database.name or role
    return f"postgres://{database.user or name}:{password}@{DATABASE_HOST}:5432/{name}"


def storage_dsn(settings: Settings) -> str:
    media = docker_of(settings).media
    return f"file://{media.path}/?url={media.url.replace('/', '%2F')}"


def owns(settings: Settings, name: str) -> bool:
    """Whether the stack has a service of its own for a shared variable, so that no value is declared for it."""
    return name in settings.fleet.shared and name not in settings.shared_values


def owns_database(settings: Settings) -> bool:
    return owns(settings, DATABASE_URL)


def owns_media(settings: Settings) -> bool:
    return owns(settings, STORAGE_DSN)


def go_duration(seconds: int) -> str:
    """As Go writes it, and Docker's provider reads it back: anything else would be a difference for ever.

    >>> go_duration(5), go_duration(60), go_duration(5400)
    ('5s', '1m0s', '1h30m0s')
    """
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"


def health_command(check: Healthcheck, port: int) -> list[str]:
    """What Docker runs in a site's container, with its own word for the kind of command first."""
    if check.command:
        return list(check.command)
    asked = _ASKED.format(port=port, timeout=check.timeout, path=check.path.replace("'", "%27").replace("\\", "%5C"))
    return ["CMD", "python3", "-c", asked]


def proxy_labels(settings: Settings, slug: str) -> dict[str, str]:
    """What the proxy reads: the site's host name, and the port that its container listens on."""
    proxy, port = docker_of(settings).proxy, docker_of(settings).port
    if proxy is None:
        return {}
    domain = docker_of(settings).domains[slug]
    name = Names.of(settings).site(slug).replace(".", "-")
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
