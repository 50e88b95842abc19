"""Errors on a Docker host.

* MirrorsError
  - DockerError: the host does not answer, or refuses a request
  - ContainerFailedError: a site's container ended or was unhealthy, or a command in it failed
"""

from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = ["ContainerFailedError", "DockerError"]


class DockerError(MirrorsError):
    """A failed request to a Docker host. The problem names the host and the request.

    Args:
        code: A key of the catalogue.
    """

    def __init__(self, code: str, message: str, remedy: str = "", details: str = "") -> None:
        super().__init__(Problem(code, message, remedy, details=details))


class ContainerFailedError(MirrorsError):
    """A site's container, or a command in it, failed.

    Args:
        code: A key of the catalogue.
        site: The site, with its environment.
        found: The failure, without a full stop.
        log: The container's last lines, without secrets.
    """

    def __init__(self, code: str, site: str, found: str, log: str) -> None:
        ends = f"Its log ends:\n{log}" if log else "It has printed nothing."
        remedy = "Correct the cause and run the command again"
        super().__init__(Problem(code, f"{found}.", remedy, site, details=ends))
