"""What goes wrong on a Docker host.

* MirrorsError
  - DockerError: the host does not answer, or refuses what it is asked
  - ContainerFailedError: a site's container ended, or was not healthy in time; or a command in one failed
"""

from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = ["ContainerFailedError", "DockerError"]


class DockerError(MirrorsError):
    """The problem names the host and what was asked of it. ``code``: a key of the catalogue."""

    def __init__(self, code: str, message: str, remedy: str = "", details: str = "") -> None:
        super().__init__(Problem(code, message, remedy, details=details))


class ContainerFailedError(MirrorsError):
    """``found``: what is wrong, without a full stop; ``log``: the container's last lines, without secrets."""

    def __init__(self, code: str, site: str, found: str, log: str) -> None:
        ends = f"Its log ends:\n{log}" if log else "It has printed nothing."
        remedy = "Correct the cause and run the command again"
        super().__init__(Problem(code, f"{found}.", remedy, site, details=ends))
