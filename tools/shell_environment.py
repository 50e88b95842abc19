"""Write ``.state/env``: what a shell needs to drive the sandbox's two stacks with plain ``pulumi``.

The file holds no secret. A shell that sources it reads the sandbox's address and token from the files that the sandbox
keeps them in. So a sandbox that has started anew needs no new file.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

# Sandbox stacks only: everything that it protects is in the sandbox, on this machine. A real account needs another one.
PASSPHRASE = "sandbox"  # noqa: S105 - published on purpose

HEAD = """\
# Source this file in a POSIX shell: it makes `pulumi` and `mirrors` work on the sandbox's stacks.
"""
PATH_TEMPLATE = """\
case "$PATH" in
    {folders}:*) ;;
    *) PATH={folders}:"$PATH" ;;
esac
export PATH
"""
# Without a sandbox nothing is left over from the user's shell, where it could be a real account's.
FILE_TEMPLATE = """\
unset {name}
if [ -r {file} ]; then
    {name}="$(cat {file})"
    export {name}
fi
"""


def variables(checkout: Path) -> Mapping[str, str]:
    """Return the plain environment variables."""
    state = checkout / ".state"
    return {
        "VIRTUAL_ENV": str(checkout / ".venv"),
        "PULUMI_HOME": str(state / "pulumi-home"),
        "PULUMI_BACKEND_URL": f"file://{state / 'pulumi'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # By itself the engine does four a core: many mirrors would wait, whatever mirrors:rollout.parallel says.
        "PULUMI_PARALLEL": "64",
        "MIRRORS_SANDBOX_DIR": str(state / "sandbox"),
    }


def render(checkout: Path) -> str:
    """Return the text of the file; `checkout` may hold blanks and quotes."""
    folders = shlex.quote(f"{checkout / '.venv' / 'bin'}:{checkout / '.tools' / 'bin'}")
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables(checkout).items()]
    sandbox = checkout / ".state" / "sandbox"
    files = {"DIVIO_API_URL": sandbox / "url", "DIVIO_API_TOKEN": sandbox / "token"}
    read = [FILE_TEMPLATE.format(name=name, file=shlex.quote(str(path))) for name, path in files.items()]
    return "".join([HEAD, PATH_TEMPLATE.format(folders=folders), *lines, *read])


def write(checkout: Path) -> Path:
    """Write the file, readable by its owner only, and make the folder of the stacks' state."""
    state = checkout / ".state"
    (state / "pulumi").mkdir(parents=True, exist_ok=True)
    part = state / "env.part"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(render(checkout))
    return part.replace(state / "env")


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[1])
