"""Errors on a Docker host. No code tells them apart by type: each is a MirrorsError with the code of its problem."""

from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = ["container_error", "docker_host_error"]


def docker_host_error(code: str, message: str, remedy: str = "", details: str = "") -> MirrorsError:
    """Return the error of a request to a Docker host. The message names the host and the request.

    Args:
        code: A key of the catalogue.
    """
    return MirrorsError(Problem(code, message, remedy, details=details))


def container_error(code: str, site: str, found: str, log: str) -> MirrorsError:
    """Return the error of a site's container that ended or was unhealthy, or of a command in it.

    Args:
        code: A key of the catalogue.
        site: The site, with its environment.
        found: The failure, without a full stop.
        log: The container's last lines, without secrets.
    """
    ends = f"Its log ends:\n{log}" if log else "It has printed nothing."
    return MirrorsError(Problem(code, f"{found}.", "Correct the cause and run the command again", site, details=ends))
