"""The place where a site's container answers: its port, its ``DOMAIN``, its URL, and the labels for a proxy. Pure."""

from mirrors.config import Settings
from mirrors.config.messages.wording import format_path
from mirrors.docker.config.settings import docker_of
from mirrors.docker.sites.names import ResourceNames
from mirrors.errors import ConfigurationError
from mirrors.planning.variables.addresses import make_site_url
from mirrors.problems import Problem


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
