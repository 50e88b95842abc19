"""``python -m tools.docker_engine start | stop``: the Docker engine for the tests."""

from __future__ import annotations

import sys

from tools.docker_engine.engine import start, stop
from tools.docker_engine.images import build_images
from tools.docker_engine.layout import Layout, UnavailableError, say


def main(arguments: list[str]) -> int:
    """Start or stop the engine. It is no failure that there is none: the tests that need one report it, too."""
    layout = Layout.of()
    if arguments == ["stop"]:
        stop(layout)
        return 0
    if arguments != ["start"]:
        sys.stderr.write(f"{__doc__}\n")
        return 64
    try:
        host = start(layout)
        build_images(layout, host)
    except UnavailableError as error:
        layout.host_file.unlink(missing_ok=True)
        say(f"no engine for the tests: {error}")
        return 0
    say(f"the tests use {host}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
