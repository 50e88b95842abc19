"""The user that a database server runs as where root starts it.

PostgreSQL refuses to run as root, and MariaDB should not. Started by root, both run as ``nobody``, who cannot enter the
state directory (0700). The sandbox does not open that directory to others: the machine is not its own. The data then
lies in a directory of its own below the system's directory for lasting temporary files.
"""

import os
import pwd
import stat
import tempfile
from pathlib import Path

from mirrors_sandbox.state import SandboxError

__all__ = ["base_for_nobody", "give_to_server", "identity", "others_reach"]

UNPRIVILEGED = "nobody"


def others_reach(path: Path) -> bool:
    """Return whether any user may execute the file: it and the way to it are open to others."""
    way = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
    return way and bool(path.stat().st_mode & stat.S_IXOTH)


def base_for_nobody(name: str) -> Path:
    """Make a directory that lasts over a restart of the machine if it can. Only the server reaches what is in it.

    Raises:
        SandboxError: no directory for temporary files is open to other users.
    """
    candidates = [Path("/var/tmp"), Path(tempfile.gettempdir())]  # noqa: S108 - mkdtemp makes the name unique
    for parent in candidates:
        if parent.is_dir() and all(item.stat().st_mode & stat.S_IXOTH for item in [parent, *parent.parents]):
            base = Path(tempfile.mkdtemp(prefix=f"mirrors-{name}-", dir=parent))
            give_to_server(base)
            return base
    raise SandboxError("the database server cannot run as root, and no temporary directory is open to other users")


def give_to_server(path: Path) -> None:
    """Give the file or directory to the user that a server runs as. A user's own server needs no gift."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def identity() -> dict[str, int]:
    """Arguments of :func:`spawn`: nothing for a user, another user for root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid}
