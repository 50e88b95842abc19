"""What goes wrong on a Docker host.

* MirrorsError
  - DockerError: the host does not answer, or refuses what it is asked
  - ContainerFailedError: a site's container ended, or was not healthy in time; or a command in one failed
"""

from mirrors.errors import MirrorsError

__all__ = ["ContainerFailedError", "DockerError"]


class DockerError(MirrorsError):
    """The message names the host, what was asked of it, and the remedy."""


class ContainerFailedError(MirrorsError):
    """``found``: what is wrong; ``log``: the container's last lines, without secrets."""

    def __init__(self, site: str, found: str, log: str) -> None:
        ends = f" Its log ends:\n{log}" if log else " It has printed nothing."
        super().__init__(f"{site}: {found}. Correct the cause and run the command again.{ends}")
