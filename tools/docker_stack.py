"""``make up PLATFORM=docker`` needs two things besides the stack: its configuration, and Pulumi's plugin ``docker``.

``python -m tools.docker_stack IMAGE DATABASE_IMAGE`` writes ``Pulumi.docker.yaml`` once; an image that is named counts
each time, an empty one is left as it is. ``python -m tools.docker_stack sites`` prints where the sites are.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
FILE = CHECKOUT / "Pulumi.docker.yaml"
PLUGIN = "pulumi-resource-docker"
COMMAND = ["python", "manage.py", "mirrors_migrate"]
FIRST: dict[str, Any] = {
    "mirrors:environment": "test",
    "mirrors:platform": "docker",
    "mirrors:docker": {
        "build": {"directory": ".", "dockerfile": "examples/acme/Dockerfile"},
        "releaseCommand": COMMAND,
        "siteCommand": COMMAND,
        "healthcheck": {"interval": "2s"},
    },
}


def configure(image: str, database: str) -> None:
    """Write the stack's configuration. Everything else in the file stays."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    config = document.setdefault("config", FIRST)
    section = config["mirrors:docker"]
    if image:
        section.pop("build", None)
        section["image"] = image
    if database:
        section.setdefault("database", {})["image"] = database
    FILE.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def plugin() -> str | None:
    """Return the problem where there is no plugin and none can be fetched."""
    name = f"resource-docker-v{version('pulumi-docker')}"
    if shutil.which(PLUGIN) or (CHECKOUT / ".state" / "pulumi-home" / "plugins" / name).is_dir():
        return None
    own = Path.home() / ".pulumi" / "plugins" / name
    if own.is_dir():
        here = CHECKOUT / ".state" / "pulumi-home" / "plugins"
        here.mkdir(parents=True, exist_ok=True)
        (here / name).symlink_to(own)
        return None
    fetch = ["pulumi", "plugin", "install", "resource", "docker", version("pulumi-docker")]
    done = subprocess.run(fetch, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    said = done.stderr.strip().splitlines()[-1:] or ["it says nothing"]
    return f"there is no {PLUGIN}, and '{' '.join(fetch)}' failed: {said[0]}. Put it on PATH, or run that where it can"


def sites() -> str:
    """Return a line for each site."""
    asked = ["pulumi", "stack", "output", "sites", "--json", "--stack", "docker", "--cwd", str(CHECKOUT)]
    rows = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    return "".join(f"{row['application']:12} SITE_ID {row['siteId']:<4} {row['url']}\n" for row in rows)


def main(arguments: list[str]) -> int:
    if arguments == ["sites"]:
        sys.stdout.write(sites())
        return 0
    image, database = arguments
    configure(image, database)
    if wrong := plugin():
        sys.stderr.write(f"docker: {wrong}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
