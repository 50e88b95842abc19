"""The plugin ``docker`` of Pulumi, if this machine has it: on PATH, or in the plugin cache of its user."""

import os
import shutil
from importlib.metadata import version
from pathlib import Path

NAME = "pulumi-resource-docker"
NONE = (
    f"no plugin {NAME}: the tests of the real 'pulumi up' were left out. Get it with 'pulumi plugin install resource"
    f" docker {version('pulumi-docker')}', or put it on PATH"
)


def plugin_folder() -> Path | None:
    """Return the folder of the executable."""
    if found := shutil.which(NAME):
        return Path(found).parent
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    cached = home / "plugins" / f"resource-docker-v{version('pulumi-docker')}"
    return cached if (cached / NAME).is_file() else None
